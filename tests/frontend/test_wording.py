"""What happened and how things stand, in sentences."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from frontend import moments, wording
from governance.approvals.policy import Requirement
from governance.audit.event import Event

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)


def _every_event() -> set[str]:
    def below(kind: type[Event]) -> set[type[Event]]:
        return {kind}.union(*(below(child) for child in kind.__subclasses__()))

    import governance.approvals.services
    import governance.monitoring.services  # noqa: F401

    found = {event.type for event in below(Event) if event is not Event and event.__module__.startswith("governance.")}
    return {event_type for event_type in found if event_type}


def test_every_event_of_the_domain_has_a_sentence() -> None:
    assert _every_event() <= wording.EVENTS.keys()


def test_a_sentence_carries_the_events_own_words() -> None:
    said = wording.happened("approvals.candidate.signed", {"revision": 2, "stance": "object", "role": "board_member"})
    assert said == "Revision 2 was signed: object, as board member"


def test_an_event_from_elsewhere_speaks_for_itself() -> None:
    assert wording.happened("somebody.else.did", {}) == "somebody.else.did"


def _report(*verdicts: str, **others: list[str | None]) -> dict[str, object]:
    return {
        "criteria": [{"tier": 0, "cells": [{"verdict": verdict} for verdict in verdicts]}],
        **{name: [{"verdict": verdict} for verdict in others.get(name, [])] for name in ("conditions", "tensions")},
    }


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        (("FAIL", "INSUFFICIENT", "INSUFFICIENT", "PASS"), "1 of 4 checks fails (tier 0), 2 lack evidence"),
        (("INSUFFICIENT", "PASS"), "1 of 2 checks lacks evidence"),
        (("PASS", "PASS"), "all 2 checks pass"),
    ],
)
def test_the_whole_is_said_in_a_sentence_and_never_as_a_total(verdicts: tuple[str, ...], said: str) -> None:
    assert wording.checks(_report(*verdicts)) == said


def test_what_is_asked_beside_the_criteria_is_never_called_a_pass() -> None:
    said = wording.checks(_report("PASS", conditions=["FAIL", "PASS"], tensions=["INSUFFICIENT", "FAIL", "FAIL", None]))
    assert said == "1 condition does not hold, 2 tensions do not keep within the band, 1 tension lacks evidence"


def test_a_candidate_says_for_whom_it_waits() -> None:
    unmet = [
        Requirement("sign-offs:board_member", False, "", have=0, need=2),
        Requirement("sign-offs:representative:limited", False, "", have=0, need=1),
        Requirement("gate", False, ""),
    ]
    assert wording.waits_for(unmet) == "2 board members and 1 representative of limited"


@pytest.mark.parametrize(
    ("away", "said"),
    [
        (timedelta(days=-400), "1 year ago"),
        (timedelta(days=65), "in 2 months"),
        (timedelta(hours=-3), "3 hours ago"),
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=5), "in a moment"),
    ],
)
def test_time_is_relative_in_its_largest_unit(away: timedelta, said: str) -> None:
    assert moments.relative(NOW + away, now=NOW) == said
