"""Sets of edge cases as values: situations worth keeping as precedent, with who sees them how, and the ruling. Pure.

A set is for development, or held out: then every use of it is recorded, and once a model was trained on it, it is held
out no longer.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from governance import canonical as canonical_json
from governance.errors import Invalid, Problem
from governance.evidence import declared

SCHEMA = "edgewise/edge-cases/v1"
DEVELOPMENT, HELD_OUT = "development", "held-out"
DATASET = "edgewise/"
"""How the name of a data set in MLflow begins that is a set of edge cases; the set's key follows."""
DATASET_DIGEST = 32
"""Characters of a set's digest that MLflow has room for."""
REMEDY = "Write it as docs/how-to/keep-edge-cases.md says."

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Prose = Annotated[str, Field(min_length=1, max_length=4000, pattern=r"\S")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Perspective(_Part):
    """How one stakeholder group sees the situation."""

    group: Slug
    view: Prose


class EdgeCase(_Part):
    """One situation: what was asked or happened, from whose side it looks how, and what was ruled."""

    id: Slug
    situation: Prose
    perspectives: Annotated[list[Perspective], Field(min_length=1, max_length=50)]
    happened: str = Field(default="", max_length=4000)
    ruling: Prose


class EdgeCases(_Part):
    """A set with its split."""

    key: Slug
    title: Annotated[str, Field(min_length=1, max_length=200)]
    split: Literal["development", "held-out"]
    cases: Annotated[list[EdgeCase], Field(min_length=1, max_length=5000)]

    @model_validator(mode="after")
    def _tells_cases_apart(self) -> EdgeCases:
        names = [case.id for case in self.cases]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"The case {twice[0]} stands here twice")
        return self


def read(text: str) -> EdgeCases:
    """Return the set in YAML or JSON. Raises Invalid that names each member that is wrong, with its line."""
    return declared.read(text, TypeAdapter(EdgeCases), remedy=REMEDY, refuse=_refused)


def canonical(found: EdgeCases) -> dict[str, Any]:
    """Return the canonical document of a set."""
    return {"schema": SCHEMA, **found.model_dump(mode="json")}


def digest(found: EdgeCases) -> str:
    """Return the hexadecimal SHA-256 of the canonical document (RFC 8785)."""
    return canonical_json.digest(canonical(found))


def dataset_of(*, key: str, digest: str) -> tuple[str, str]:
    """Return name and digest under which a run logs that it used a set."""
    return f"{DATASET}{key}", digest[:DATASET_DIGEST]


def _refused(problems: tuple[Problem, ...]) -> Invalid:
    return Invalid(f"The edge cases are refused. {problems[0]}", code="invalid-edge-cases", problems=problems)
