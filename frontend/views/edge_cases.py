"""Edge cases: what is kept as precedent, and the recorded reading of what is held out."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from frontend import unsent
from frontend.forms.edge_cases import EdgeCasesForm, OpenEdgeCasesForm
from frontend.http import PageRequest, action, done, page
from frontend.pages import edge_cases as pages
from governance.evidence import services
from governance.systems import selectors as systems


@page
def edge_cases(request: PageRequest, key: str) -> HttpResponse:
    """Every set."""
    return _show(request, key)


@action(verb="evidence.edge_cases.write", page="edge-cases", form=EdgeCasesForm)
def write(request: PageRequest, system_key: str) -> HttpResponse:
    """Write a set, or its next version."""
    form = EdgeCasesForm(request.POST)
    if form.is_valid():
        with form.refusals():
            made = services.write_edge_cases(
                system_key=system_key, text=form.cleaned_data["text"], by=request.user, at=timezone.now()
            )
            return done(request, f"Version {made.version} of {made.key} is written.", "edge-cases", system_key)
    return _show(request, system_key, status=form.status, form=form)


@action(verb="evidence.edge_cases.open", page="edge-cases", form=OpenEdgeCasesForm)
def read(request: PageRequest, system_key: str) -> HttpResponse:
    """Show the cases of a held-out set, once it is recorded who reads them."""
    form = OpenEdgeCasesForm(request.POST)
    if form.is_valid():
        with form.refusals():
            found = services.open_edge_cases(
                system_key=system_key, **form.cleaned_data, by=request.user, at=timezone.now()
            )
            return _show(request, system_key, opened=found.edge_cases, read=found.edge_cases.content()["cases"])
    return _show(request, system_key, status=form.status, refused=form)


def _show(request: PageRequest, key: str, *, status: int = 200, **changed: object) -> HttpResponse:
    system = systems.system(key=key, by=request.user)
    content = pages.content(system=system, by=request.user, at=timezone.now()) | changed
    unsent.give_back(request, by=request.user, forms=[content["form"]])
    return render(request, "evidence/edge_cases.html", content, status=status)
