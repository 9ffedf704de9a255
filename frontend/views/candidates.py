"""Release candidates: read, signed, decided."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from frontend import unsent
from frontend.forms.candidates import (
    CloseRouteForm,
    ConflictForm,
    DecideForm,
    OpenCandidateForm,
    SignForm,
    WithdrawForm,
)
from frontend.forms.service import ServiceForm
from frontend.http import PageRequest, action, done, page
from frontend.pages import candidates as pages
from frontend.pages import routes
from frontend.pages import systems as system_pages
from governance.approvals import looking, selectors, services
from governance.gates import selectors as gates
from governance.gates import services as gate_services
from governance.systems import selectors as systems


@page
def candidate(request: PageRequest, candidate_id: int) -> HttpResponse:
    """One release candidate."""
    return _show(request, candidate_id)


@page
def revision(request: PageRequest, candidate_id: int, number: int) -> HttpResponse:
    """A candidate as an earlier revision put it forward."""
    found = selectors.candidate(candidate_id=candidate_id, by=request.user)
    shown = selectors.revision(candidate=found, number=number)
    content = pages.content(candidate=found, revision=shown, by=request.user, at=timezone.now())
    return render(request, "candidates/candidate.html", content)


@action(verb="approvals.candidate.open", page="system", form=OpenCandidateForm)
def open_candidate(request: PageRequest, system_key: str) -> HttpResponse:
    """Put a judged version forward."""
    form = OpenCandidateForm(request.POST)
    system = systems.system(key=system_key, by=request.user)
    now = timezone.now()
    if form.is_valid():
        with form.refusals():
            report = gates.report(report_id=form.cleaned_data["report_id"], by=request.user)
            opened = looking.open_candidate(
                system_key=system_key,
                version=report.model_version,
                context_key=report.context_key,
                by=request.user,
                at=now,
            )
            return done(request, f"Candidate {opened} is open.", "candidate", opened.pk)
    shown = system_pages.content(system=system, by=request.user, at=now) | {"form": form}
    return render(request, "systems/system.html", shown, status=form.status)


@action(verb="approvals.candidate.sign", page="candidate", form=SignForm)
def sign(request: PageRequest, candidate_id: int) -> HttpResponse:
    """Sign what was shown."""
    form = SignForm(request.POST)
    if form.is_valid():
        with form.refusals():
            services.sign(candidate_id=candidate_id, **form.cleaned_data, by=request.user, at=timezone.now())
            return done(request, "Your word is on record.", "candidate", candidate_id)
    return _show(request, candidate_id, sign=form)


@action(verb="approvals.candidate.decide", page="candidate", form=DecideForm)
def decide(request: PageRequest, candidate_id: int) -> HttpResponse:
    """Decide what was shown."""
    form = DecideForm(request.POST)
    if form.is_valid():
        with form.refusals():
            made = looking.decide(candidate_id=candidate_id, **form.cleaned_data, by=request.user, at=timezone.now())
            return done(request, f"Decided: {made.outcome}.", "candidate", candidate_id)
    return _show(request, candidate_id, decide=form)


@action(verb="approvals.candidate.refresh", page="candidate")
def refresh(request: PageRequest, candidate_id: int) -> HttpResponse:
    """Bring a candidate up to date."""
    form = ServiceForm(request.POST)
    with form.refusals():
        made = looking.refresh_candidate(candidate_id=candidate_id, by=request.user, at=timezone.now())
        return done(request, f"This is revision {made.number}; nobody has signed it yet.", "candidate", candidate_id)
    return _show(request, candidate_id, refresh=form)


@action(verb="approvals.candidate.withdraw", page="candidate", form=WithdrawForm)
def withdraw(request: PageRequest, candidate_id: int) -> HttpResponse:
    """Withdraw a candidate."""
    form = WithdrawForm(request.POST)
    if form.is_valid():
        with form.refusals():
            services.withdraw_candidate(
                candidate_id=candidate_id, **form.cleaned_data, by=request.user, at=timezone.now()
            )
            return done(request, "The candidate is withdrawn.", "candidate", candidate_id)
    return _show(request, candidate_id, withdraw=form)


@action(verb="approvals.conflict.declare", page="candidate", form=ConflictForm)
def declare_conflict(request: PageRequest, candidate_id: int) -> HttpResponse:
    """Declare a conflict of interest."""
    form = ConflictForm(request.POST)
    if form.is_valid():
        with form.refusals():
            services.declare_conflict(
                candidate_id=candidate_id, **form.cleaned_data, by=request.user, at=timezone.now()
            )
            return done(request, "Your conflict of interest is on record.", "candidate", candidate_id)
    return _show(request, candidate_id, conflict=form)


@action(verb="gates.route.close", page="candidate", form=CloseRouteForm)
def close_route(request: PageRequest, candidate_id: int, route_id: int) -> HttpResponse:
    """Close a route of the report that a candidate rests on."""
    form = CloseRouteForm(request.POST, of=route_id)
    if form.is_valid():
        with form.refusals():
            gates.route(route_id=route_id, by=request.user)
            gate_services.close_route(route_id=route_id, **form.cleaned_data, by=request.user, at=timezone.now())
            return done(request, "The route is closed.", "candidate", candidate_id)
    return _show(request, candidate_id, **{routes.key(route_id): form})


def _show(request: PageRequest, candidate_id: int, **sent: ServiceForm) -> HttpResponse:
    """Show the page, with the form that was sent, if one was."""
    found = selectors.candidate(candidate_id=candidate_id, by=request.user)
    newest = selectors.newest_revision(found)
    content = pages.content(candidate=found, revision=newest, by=request.user, at=timezone.now(), sent=sent)
    unsent.give_back(request, by=request.user, forms=content["forms"].values())
    status = max((form.status for form in sent.values()), default=200)
    return render(request, "candidates/candidate.html", content, status=status)
