"""Objective provenance: what a training run says that it aimed at. Pure.

A run that traded values against each other while it trained says so in the tag `edgewise.objective`, in YAML or JSON:
by fixed factors, or by a learned policy that chose them, which is an artifact with a digest and was observed in use.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from governance.errors import Invalid, Problem
from governance.evidence import decimals, declared
from lineage import tags

REMEDY = "Write it as docs/how-to/connect-mlflow.md says."


def _text(value: Any) -> Any:
    """Turn a number into a decimal string of nine digits."""
    return decimals.text(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


Number = Annotated[str, BeforeValidator(_text), Field(pattern=r"^-?[0-9]{1,20}(\.[0-9]{1,20})?$")]
Words = Annotated[str, Field(min_length=1, max_length=200)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Scalarised(_Part):
    """One number was optimised: each of `terms`, a value's name, times a fixed factor."""

    kind: Literal["scalarised"]
    terms: dict[Words, Number] = Field(min_length=1, max_length=50)
    specification: str = ""


class Range(_Part):
    """How large a factor was in use."""

    low: Number
    mean: Number
    high: Number


class LearnedPolicy(_Part):
    """A learned policy chose the factors: the artifact `policy`, by its `digest`; `observed` are the factors that it
    chose, by deployment context and value."""

    kind: Literal["learned-policy"]
    policy: Annotated[str, Field(pattern=r"^models:/[^/@:]+/[1-9][0-9]*$")]
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    observed: dict[Words, dict[Words, Range]] = Field(min_length=1, max_length=50)
    specification: str = ""


Objective = Scalarised | LearnedPolicy
_ADAPTER: TypeAdapter[Objective] = TypeAdapter(Annotated[Objective, Field(discriminator="kind")])


def read(text: str, *, run: str) -> Objective:
    """Return the objective that a run's tag states. Raises Invalid that names run, member, line and remedy."""

    def refuse(problems: tuple[Problem, ...]) -> Invalid:
        message = f"The tag {tags.OBJECTIVE} of run {run} cannot be read. {problems[0]}"
        return Invalid(message, code="objective-unusable", problems=problems)

    return declared.read(text, _ADAPTER, remedy=REMEDY, refuse=refuse, is_union=True)


def document(objective: Objective, *, run: str) -> dict[str, Any]:
    """Return an objective as data with the run that states it, in the form in which signers see it."""
    return {"run": run} | objective.model_dump(mode="json")
