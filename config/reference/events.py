"""docs/reference/events.md: everything that can stand in the log, from the events that the apps declare."""

from __future__ import annotations

import importlib
import inspect
from dataclasses import fields

from django.apps import apps
from django.utils.module_loading import module_has_submodule

from config.reference.markdown import code, page, table
from governance.audit.event import Event

INTRODUCTION = """\
Every action records what happened as one entry of the log, in its own transaction. An entry names the event's type,
the opaque ids of the actor and of the subject, the system, the time, and the fields below. A *sealed* field stands in
the entry only as a salted digest; its value lies beside the log and can lawfully be erased, while every proof still
holds."""


def events() -> list[type[Event]]:
    """Return every event that an installed app declares in its module `events`, by its type."""
    declared: list[type[Event]] = []
    for config in apps.get_app_configs():
        if config.module is not None and module_has_submodule(config.module, "events"):
            module = importlib.import_module(f"{config.name}.events")
            declared += [value for value in vars(module).values() if _is_declared_in(value, module.__name__)]
    return sorted(declared, key=lambda event: event.type)


def render() -> str:
    """Return the page."""
    listed = events()
    overview = table(("Type", "What happened"), [(code(event.type), _summary(event)) for event in listed])
    sections = [part for event in listed for part in (f"## {event.type}", _summary(event), _fields(event))]
    return page("Events", INTRODUCTION, overview, *sections)


def _is_declared_in(value: object, module: str) -> bool:
    return inspect.isclass(value) and issubclass(value, Event) and value.__module__ == module


def _summary(event: type[Event]) -> str:
    return " ".join((inspect.getdoc(event) or "").split())


def _fields(event: type[Event]) -> str:
    rows = [
        (code(field.name), code(str(field.type)), "sealed" if field.metadata.get("sealed") else "")
        for field in fields(event)
        if field.name != "subject"
    ]
    return table(("Field", "Form", ""), rows) if rows else "It has no fields of its own."
