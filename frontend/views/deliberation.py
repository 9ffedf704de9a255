"""Deliberations: prepared, led, spoken in, voted on."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from frontend import unsent
from frontend.forms.deliberation import BallotForm, CloseForm, OpenVotingForm, PositionForm, PrepareForm
from frontend.forms.service import ServiceForm
from frontend.http import PageRequest, action, done, page
from frontend.pages import deliberation as pages
from frontend.pages import preparing
from governance.deliberation import selectors, services
from governance.systems import selectors as systems


@page
def deliberation(request: PageRequest, deliberation_id: int) -> HttpResponse:
    """One deliberation."""
    return _show(request, deliberation_id)


@page
def new(request: PageRequest, key: str) -> HttpResponse:
    """The form in which a question about the working draft, or about a gate report, is prepared."""
    system = systems.system(key=key, by=request.user)
    content = preparing.begin(system=system, report=request.GET.get("report", ""), by=request.user, at=timezone.now())
    unsent.give_back(request, by=request.user, forms=[content["form"]])
    return render(request, "deliberation/prepare.html", content)


@action(verb="deliberation.deliberation.prepare", page="deliberation-new", form=PrepareForm)
def prepare(request: PageRequest, system_key: str) -> HttpResponse:
    """Prepare a question; whoever drafted the specification proposes it."""
    system = systems.system(key=system_key, by=request.user)
    form = PrepareForm(request.POST).seat(preparing.groups(system))
    if form.is_valid():
        with form.refusals():
            made = services.prepare(
                system_key=system_key,
                **form.cleaned_data,
                proposer=preparing.proposer(system, digest=form.cleaned_data["subject_digest"], by=request.user),
                by=request.user,
                at=timezone.now(),
            )
            return done(request, f"{made} is prepared; open it when everybody has a seat.", "deliberation", made.pk)
    return render(request, "deliberation/prepare.html", {"system": system, "form": form}, status=form.status)


@action(verb="deliberation.deliberation.open", page="deliberation")
def open_deliberation(request: PageRequest, deliberation_id: int) -> HttpResponse:
    """Freeze the roll and open."""
    form = ServiceForm(request.POST)
    with form.refusals():
        services.open_deliberation(deliberation_id=deliberation_id, by=request.user, at=timezone.now())
        return done(request, "The roll is frozen; it is open for statements.", "deliberation", deliberation_id)
    return _show(request, deliberation_id, open=form)


@action(verb="deliberation.voting.open", page="deliberation", form=OpenVotingForm)
def open_voting(request: PageRequest, deliberation_id: int) -> HttpResponse:
    """Open the vote."""
    form = OpenVotingForm(request.POST)
    if form.is_valid():
        with form.refusals():
            services.open_voting(
                deliberation_id=deliberation_id, **form.cleaned_data, by=request.user, at=timezone.now()
            )
            return done(request, "Voting is open.", "deliberation", deliberation_id)
    return _show(request, deliberation_id, open_voting=form)


@action(verb="deliberation.ballot.cast", page="deliberation", form=BallotForm)
def cast_ballot(request: PageRequest, deliberation_id: int) -> HttpResponse:
    """Cast a ballot; the receipt stands on the page that follows."""
    form = BallotForm(request.POST)
    if form.is_valid():
        with form.refusals():
            ballot = services.cast_ballot(
                deliberation_id=deliberation_id, **form.cleaned_data, by=request.user, at=timezone.now()
            )
            return done(
                request, f"Your ballot is entry {ballot.leaf_id}; keep this number.", "deliberation", deliberation_id
            )
    return _show(request, deliberation_id, ballot=form)


@action(verb="deliberation.position.state", page="deliberation", form=PositionForm)
def state_position(request: PageRequest, deliberation_id: int) -> HttpResponse:
    """State a position, or a dissent."""
    form = PositionForm(request.POST)
    if form.is_valid():
        with form.refusals():
            services.state_position(
                deliberation_id=deliberation_id, **form.cleaned_data, by=request.user, at=timezone.now()
            )
            return done(request, "What you hold is on record.", "deliberation", deliberation_id)
    return _show(request, deliberation_id, position=form)


@action(verb="deliberation.deliberation.decide", page="deliberation")
def decide(request: PageRequest, deliberation_id: int) -> HttpResponse:
    """Count the ballots."""
    form = ServiceForm(request.POST)
    with form.refusals():
        services.decide(deliberation_id=deliberation_id, by=request.user, at=timezone.now())
        return done(request, "The ballots are counted under every rule.", "deliberation", deliberation_id)
    return _show(request, deliberation_id, decide=form)


@action(verb="deliberation.deliberation.close", page="deliberation", form=CloseForm)
def close(request: PageRequest, deliberation_id: int) -> HttpResponse:
    """Answer the participants, and close."""
    form = CloseForm(request.POST)
    if form.is_valid():
        with form.refusals():
            services.close(deliberation_id=deliberation_id, **form.cleaned_data, by=request.user, at=timezone.now())
            return done(request, "The answer is published.", "deliberation", deliberation_id)
    return _show(request, deliberation_id, close=form)


def _show(request: PageRequest, deliberation_id: int, **sent: ServiceForm) -> HttpResponse:
    """Show the page, with the form that was sent, if one was."""
    found = selectors.deliberation(deliberation_id=deliberation_id, by=request.user)
    content = pages.content(deliberation=found, by=request.user, at=timezone.now())
    content["forms"] |= sent
    unsent.give_back(request, by=request.user, forms=content["forms"].values())
    status = max((form.status for form in sent.values()), default=200)
    return render(request, "deliberation/deliberation.html", content, status=status)
