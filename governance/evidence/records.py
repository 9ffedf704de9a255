"""The words of evidence as plain data: a source, and what was measured for one cell. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

LEVELS = ("model", "response", "interaction", "deployment")
"""Evidence levels from the weakest to the strongest; a lower one never satisfies a higher requirement."""

EVERYWHERE = "*"
"""The context of a case that was evaluated for every deployment context alike."""

UNDEFINED = "undefined"
"""The signal that of the cases of a derived metric none counts, so that there is no rate."""

EVERYBODY = "all"
"""The group of everybody."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a measurement comes from.

    `evidence` is the id of the evaluation run, `subject` the digest of the model that was evaluated, `level` one of
    LEVELS, `measured_at` an RFC 3339 time (or empty), `per_case` False when only aggregates were handed in.
    """

    evidence: str
    subject: str
    level: str
    measured_at: str = ""
    per_case: bool = True


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One-sided lower and upper bounds at `alpha`, each alone, for methods that need the raw values."""

    alpha: str
    lower: str
    upper: str


@dataclass(frozen=True, kw_only=True)
class ObservationData:
    """What was measured for one dimension x group x context. Numbers are decimal strings of nine digits.

    `successes` is set for proportions, `sd` (n - 1) for means. `low` and `high` bound the estimate at `alpha` on each
    side by `method`; they are None where nothing can be bounded. `ladder` holds the bounds at alpha / 1 ... alpha / m
    when they cannot be recomputed from counts (bca). `values_digest` is the digest of the values measured.
    """

    dimension: str
    metric: str
    group: str
    context: str
    aggregate: str
    n: int
    successes: int | None
    estimate: str
    sd: str | None
    alpha: str
    method: str
    low: str | None
    high: str | None
    ladder: tuple[Rung, ...]
    values_digest: str
    source: Source

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """What the observation is about: no two of one set may share it."""
        return (self.dimension, self.metric, self.aggregate, self.group, self.context)


@dataclass(frozen=True, kw_only=True)
class MeasuredSignal:
    """An edge signal that was measured over `n` cases; `value` is a decimal string of nine digits. That of a tension is
    about two metrics, of which the other is `beside` in `beside_dimension`, and about one group; UNDEFINED is about a
    metric and a group."""

    signal: str
    dimension: str
    metric: str
    context: str
    value: str
    n: int
    source: Source
    beside: str = ""
    beside_dimension: str = ""
    group: str = ""

    @property
    def key(self) -> tuple[str, str, str, str, str, str, str]:
        """What the signal is about: no two of one set may share it."""
        beside = (self.beside, self.beside_dimension)
        return (self.signal, self.dimension, self.metric, self.context, *beside, self.group)


class Measured(Protocol):
    """The part of a criterion that says how to measure."""

    @property
    def dimension(self) -> str: ...
    @property
    def metric(self) -> str: ...
    @property
    def aggregate(self) -> str: ...
    @property
    def alpha(self) -> Decimal: ...
    @property
    def bound(self) -> str: ...
    @property
    def groups(self) -> tuple[str, ...]: ...
