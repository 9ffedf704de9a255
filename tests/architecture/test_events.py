from __future__ import annotations

import re
from dataclasses import fields
from typing import get_args, get_origin, get_type_hints

import pytest

from config.reference.events import events
from governance.audit.event import Event
from tests.architecture.sources import ROOT, modules

EVENTS = events()
PLAIN = {str, int, bool, type(None), list, dict}
CONFIDENTIAL = {"name", "email", "reason", "text"}
"""Fields in which people's own words or identities stand, wherever an event about a person or a vote has them."""
every_event = pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)


def test_no_two_events_share_a_type() -> None:
    types = [event.type for event in EVENTS]
    assert len(types) == len(set(types)) > 0


@every_event
def test_an_event_is_named_in_the_past_tense_of_its_app(event: type[Event]) -> None:
    app = event.__module__.split(".")[1]
    assert re.fullmatch(rf"{app}\.[a-z_]+\.[a-z_]+", event.type)
    assert event.__doc__


@every_event
def test_some_service_records_the_event(event: type[Event]) -> None:
    wanted = re.compile(rf"\b{event.__name__}\(")
    users = [path for path in modules("governance") if path.name != "events.py" and wanted.search(path.read_text())]
    assert users, f"{event.__name__} is never recorded."


@every_event
def test_the_catalogue_names_the_event(event: type[Event]) -> None:
    assert f"\n## {event.type}\n" in (ROOT / "docs" / "reference" / "events.md").read_text()


@every_event
def test_an_event_holds_nothing_that_the_log_could_not_write_down(event: type[Event]) -> None:
    hints = get_type_hints(event)
    for field in fields(event):
        assert kinds(hints[field.name]) <= PLAIN, field.name


@every_event
def test_peoples_own_words_are_sealed(event: type[Event]) -> None:
    app = event.__module__.split(".")[1]
    if app in ("accounts", "approvals", "deliberation"):
        assert [f.name for f in fields(event) if f.name in CONFIDENTIAL and not f.metadata.get("sealed")] == []


def kinds(hint: object) -> set[object]:
    """Return every plain type inside a type hint."""
    origin = get_origin(hint)
    inner = {kind for argument in get_args(hint) for kind in kinds(argument)}
    return inner | ({origin} & PLAIN) if origin is not None or inner else {hint}
