"""Value specifications: read as a document, drafted, put forward, ratified."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from frontend import unsent
from frontend.forms.specs import DraftForm, PutForwardForm, RatifyForm
from frontend.http import PageRequest, action, done, page, posted
from frontend.pages import comparison
from frontend.pages import specs as pages
from governance.errors import Invalid
from governance.specs import editions, reading, selectors, services
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
def compare(request: PageRequest, key: str) -> HttpResponse:
    """Two ratified versions, or one and the working draft, beside each other."""
    system = systems.system(key=key, by=request.user)
    old, new = request.GET.get("old", ""), request.GET.get("new", "")
    content = comparison.content(system=system, old=old, new=new, by=request.user)
    return render(request, "specs/compare.html", content)


@page
def draft(request: PageRequest, key: str) -> HttpResponse:
    """The working draft."""
    return _show(request, key)


@page
def source(request: PageRequest, key: str, number: str = "") -> HttpResponse:
    """A ratified version, or without a number the draft, as it was written: a file."""
    system = systems.system(key=key, by=request.user)
    text = (
        selectors.version(system=system, number=number, by=request.user).text
        if number
        else selectors.require_draft(system=system).draft_text
    )
    return _file(text.encode(), "application/yaml", f"{key}-{number or 'draft'}.yaml")


@page
def canonical(request: PageRequest, key: str, number: str = "") -> HttpResponse:
    """The canonical JSON of a ratified version, or without a number of the draft: a file that hashes to its digest."""
    system = systems.system(key=key, by=request.user)
    try:
        edition = (
            editions.ratified(selectors.version(system=system, number=number, by=request.user))
            if number
            else editions.drafted(selectors.require_draft(system=system))
        )
    except Invalid as refusal:
        raise Http404(refusal.message) from refusal
    return _file(editions.canonical_bytes(edition), "application/json", f"{key}-{number or 'draft'}.json")


@posted(page="draft", form=DraftForm)
def lint(request: PageRequest, key: str) -> HttpResponse:
    """Say what is wrong with a text, without saving it."""
    system = systems.system(key=key, by=request.user)
    text = request.POST.get("text", "")
    found = reading.lint(text, today=timezone.now().date(), home=selectors.home(system=system))
    told: dict[str, Any] = {"problems": found.problems, "warnings": found.warnings, "linted": True}
    if request.htmx:
        return render(request, "specs/_findings.html", told)
    return _show(request, key, sent=DraftForm(request.POST), **told)


@action(verb="specs.draft.save", page="draft", form=DraftForm)
def save_draft(request: PageRequest, system_key: str) -> HttpResponse:
    """Save the draft."""
    form = DraftForm(request.POST)
    if form.is_valid():
        with form.refusals():
            services.save_draft(system_key=system_key, **form.cleaned_data, by=request.user, at=timezone.now())
            return done(request, "The draft is saved.", "draft", system_key)
    return _show(request, system_key, status=form.status, sent=form, problems=form.problems)


@action(verb="specs.draft.put_forward", page="draft", form=PutForwardForm)
def put_forward(request: PageRequest, system_key: str) -> HttpResponse:
    """Put the draft up for a deliberation."""
    form = PutForwardForm(request.POST)
    if form.is_valid():
        with form.refusals():
            services.put_forward(system_key=system_key, **form.cleaned_data, by=request.user, at=timezone.now())
            return done(request, "The draft is in deliberation.", "draft", system_key)
    return _show(request, system_key, status=form.status, put_forward=form)


@action(verb="specs.version.ratify", page="draft", form=RatifyForm)
def ratify(request: PageRequest, system_key: str) -> HttpResponse:
    """Ratify the draft."""
    form = RatifyForm(request.POST)
    if form.is_valid():
        with form.refusals():
            made = services.ratify(system_key=system_key, **form.cleaned_data, by=request.user, at=timezone.now())
            return done(request, f"Version {made.version} is in force.", "specification", system_key)
    return _show(request, system_key, status=form.status, ratify=form)


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _show(
    request: PageRequest, key: str, *, status: int = 200, sent: DraftForm | None = None, **changed: object
) -> HttpResponse:
    system = systems.system(key=key, by=request.user)
    content = pages.draft(system=system, by=request.user, at=timezone.now(), sent=sent) | changed
    unsent.give_back(request, by=request.user, forms=[content["form"]])
    return render(request, "specs/draft.html", content, status=status)
