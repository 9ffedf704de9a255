"""Value specifications: read as a document, drafted, put forward, ratified."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from frontend.forms.specs import DraftForm, PutForwardForm, RatifyForm
from frontend.http import PageRequest, action, done, page
from frontend.pages import specs as pages
from governance.specs import reading, selectors, services
from governance.systems import selectors as systems


@page
def in_force(request: PageRequest, key: str) -> HttpResponse:
    """The version in force, or what to do when there is none."""
    system = systems.system(key=key, by=request.user)
    shown = selectors.in_force(system=system)
    if shown is None:
        return render(request, "specs/none.html", pages.draft(system=system, by=request.user, at=timezone.now()))
    content = pages.version(system=system, shown=shown, by=request.user, at=timezone.now())
    return render(request, "specs/version.html", content)


@page
def version(request: PageRequest, key: str, number: str) -> HttpResponse:
    """One ratified version."""
    system = systems.system(key=key, by=request.user)
    shown = selectors.version(system=system, number=number, by=request.user)
    content = pages.version(system=system, shown=shown, by=request.user, at=timezone.now())
    return render(request, "specs/version.html", content)


@page
def draft(request: PageRequest, key: str) -> HttpResponse:
    """The working draft."""
    return _show(request, key)


@login_required
@require_POST
def lint(request: PageRequest, key: str) -> HttpResponse:
    """Say what is wrong with a text, without saving it."""
    form = DraftForm(request.POST)
    problems = reading.lint(request.POST.get("text", ""))
    if request.htmx:
        return render(request, "specs/_findings.html", {"problems": problems, "linted": True})
    return _show(request, key, form=form, problems=problems, linted=True)


@action(verb="specs.draft.save", form=DraftForm)
def save_draft(request: PageRequest, system_key: str) -> HttpResponse:
    """Save the draft."""
    form = DraftForm(request.POST)
    if form.is_valid():
        with form.refusals():
            services.save_draft(system_key=system_key, **form.cleaned_data, by=request.user, at=timezone.now())
            return done(request, "The draft is saved.", "draft", system_key)
    return _show(request, system_key, status=form.status, form=form, problems=form.problems)


@action(verb="specs.draft.put_forward", form=PutForwardForm)
def put_forward(request: PageRequest, system_key: str) -> HttpResponse:
    """Put the draft up for a deliberation."""
    form = PutForwardForm(request.POST)
    if form.is_valid():
        with form.refusals():
            services.put_forward(system_key=system_key, **form.cleaned_data, by=request.user, at=timezone.now())
            return done(request, "The draft is in deliberation.", "draft", system_key)
    return _show(request, system_key, status=form.status, put_forward=form)


@action(verb="specs.version.ratify", form=RatifyForm)
def ratify(request: PageRequest, system_key: str) -> HttpResponse:
    """Ratify the draft."""
    form = RatifyForm(request.POST)
    if form.is_valid():
        with form.refusals():
            made = services.ratify(system_key=system_key, **form.cleaned_data, by=request.user, at=timezone.now())
            return done(request, f"Version {made.version} is in force.", "specification", system_key)
    return _show(request, system_key, status=form.status, ratify=form)


def _show(request: PageRequest, key: str, *, status: int = 200, **changed: object) -> HttpResponse:
    system = systems.system(key=key, by=request.user)
    content = pages.draft(system=system, by=request.user, at=timezone.now()) | changed
    return render(request, "specs/draft.html", content, status=status)
