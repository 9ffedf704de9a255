"""docs/reference/states.md: every aggregate's states, from the tables that the database holds as well."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType

from django.apps import apps
from django.db import models
from django.utils.module_loading import module_has_submodule

from config.reference.markdown import code, page, table

INTRODUCTION = """\
Each diagram is one table of the code, which the service functions check and a trigger of the database holds as well:
a change of state that is not drawn here is refused, by raw SQL too."""


@dataclass(frozen=True)
class Lifecycle:
    """The states of one aggregate (`choices`, the first of `transitions` being where it begins) and its `table`."""

    choices: type[models.TextChoices]
    transitions: Mapping[models.TextChoices, tuple[str, ...]]
    table: str

    @property
    def name(self) -> str:
        """The aggregate in words, such as `write back`."""
        return re.sub(r"(?<!^)(?=[A-Z])", " ", self.choices.__name__.removesuffix("State")).lower()


def lifecycles() -> list[Lifecycle]:
    """Return every aggregate with states, by its table."""
    return sorted(_found(), key=lambda lifecycle: lifecycle.table)


def render() -> str:
    """Return the page."""
    parts = [part for lifecycle in lifecycles() for part in _section(lifecycle)]
    return page("States", INTRODUCTION, *parts)


def _found() -> Iterator[Lifecycle]:
    for config in apps.get_app_configs():
        if config.module is None or not module_has_submodule(config.module, "states"):
            continue
        states = importlib.import_module(f"{config.name}.states")
        for transitions in _tables_of(states):
            choices = type(next(iter(transitions)))
            yield Lifecycle(choices, transitions, _database_table(config.get_models(), choices))


def _tables_of(states: ModuleType) -> list[Mapping[models.TextChoices, tuple[str, ...]]]:
    return [value for name, value in sorted(vars(states).items()) if name.endswith("TRANSITIONS")]


def _database_table(candidates: Iterator[type[models.Model]], choices: type[models.TextChoices]) -> str:
    for model in candidates:
        for field in model._meta.concrete_fields:
            if field.name == "state" and field.choices == choices.choices:
                return model._meta.db_table
    raise LookupError(f"No table has the states of {choices.__name__}.")


def _section(lifecycle: Lifecycle) -> tuple[str, ...]:
    meant = [(code(state.value), state.label) for state in lifecycle.choices if state.label != state.value]
    return (
        f"## {lifecycle.name.capitalize()}",
        f"{(lifecycle.choices.__doc__ or '').strip()} Table {code(lifecycle.table)}.",
        _diagram(lifecycle.transitions),
        *([table(("State", "Means"), meant)] if meant else []),
    )


def _diagram(transitions: Mapping[models.TextChoices, tuple[str, ...]]) -> str:
    lines = [f"[*] --> {next(iter(transitions))}"]
    for before, afters in transitions.items():
        lines += [f"{before} --> {after}" for after in afters or ("[*]",)]
    return "\n".join(["```mermaid", "stateDiagram-v2", *(f"    {line}" for line in lines), "```"])
