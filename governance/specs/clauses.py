"""What a value specification says, as frozen values. Numbers with a fraction are exact decimals."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

SCHEMA = "edgewise/specification/v1"
LEVELS = ("model", "response", "interaction", "deployment")
BOUNDS = {"proportion": ("clopper-pearson", "wilson"), "mean": ("t", "bca")}
EVERY_CONTEXT = "*"
EVERYBODY = "all"


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """What one metric must show, for each of `groups` separately, in each context that `contexts` covers.

    `alpha` is one-sided; `tolerance` is in the metric's own unit; `level` is the lowest evidence level that counts.
    """

    metric: str
    aggregate: str
    comparator: str
    threshold: Decimal
    tolerance: Decimal
    alpha: Decimal
    min_n: int
    bound: str
    level: str
    groups: tuple[str, ...]
    contexts: tuple[str, ...]
    correction: str


@dataclass(frozen=True, kw_only=True)
class Among:
    """Which cases count: those whose `column` says, or whose `metric` came out as, `equals` (as text)."""

    equals: str
    column: str | None = None
    metric: str | None = None


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A metric that is derived, case by case, from others that were recorded, over the cases for which all of `among`
    hold: `of` itself; with `squared_error_of`, its squared difference to the probability in that column (Brier 1950);
    or 1 where a case misses any of the marks `misses_any_of`, and 0 where it meets them all."""

    metric: str
    among: tuple[Among, ...]
    why: str
    of: str | None = None
    misses_any_of: tuple[str, ...] | None = None
    squared_error_of: str | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """The recorded metrics that say what a case comes to."""
        return self.misses_any_of or (self.of or "",)


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """One value, judged in its own unit. Tier 0 is never crossed."""

    key: str
    name: str
    protects: str
    whose_value: str
    direction: str
    unit: str
    tier: int
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True, kw_only=True)
class Tension:
    """Two dimensions or metrics known to conflict, and the band in which their inconsistency is expected."""

    between: tuple[str, str]
    measure: str
    band: tuple[Decimal, Decimal]
    leaving_acceptable: bool
    why: str

    @property
    def path(self) -> str:
        """Where changes of it stand in a diff."""
        return f"tensions.{' and '.join(sorted(self.between))} ({self.measure})"


@dataclass(frozen=True, kw_only=True)
class YieldRule:
    """Which edge signal, over which value, sends the question to people by which route."""

    signal: str
    dimension: str
    metric: str
    over: Decimal
    route: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What else must hold of one dimension where `contexts` cover: `holds_if` is an expression in CEL (see
    `expressions`) over what its own criteria measured."""

    key: str
    dimension: str
    holds_if: str
    contexts: tuple[str, ...]
    why: str


@dataclass(frozen=True, kw_only=True)
class Tightening:
    """What an overlay asks beyond the base; None leaves the inherited value. No comparator means every criterion
    of that metric."""

    dimension: str
    metric: str
    comparator: str | None = None
    threshold: Decimal | None = None
    tolerance: Decimal | None = None
    alpha: Decimal | None = None
    min_n: int | None = None
    level: str | None = None

    def concerns(self, dimension: str, criterion: Criterion) -> bool:
        """Say whether this tightening speaks of `criterion` of the dimension with the key `dimension`."""
        same = (self.dimension, self.metric) == (dimension, criterion.metric)
        return same and self.comparator in (None, criterion.comparator)


@dataclass(frozen=True, kw_only=True)
class Overlay:
    """What a deployment context, and every context below it, asks beyond the base."""

    key: str
    tighten: tuple[Tightening, ...]


@dataclass(frozen=True, kw_only=True)
class SignOffRule:
    """How many holders of a role must sign; with `group`, for that stakeholder group."""

    role: str
    count: int
    group: str | None = None


@dataclass(frozen=True, kw_only=True)
class ApprovalPolicy:
    """Who signs, who may veto, whose hands are too close (`separation`), and how long an approval stands."""

    sign_offs: tuple[SignOffRule, ...]
    veto_groups: tuple[str, ...]
    separation: tuple[str, ...]
    validity_days: int
    cooling_off_hours: int


@dataclass(frozen=True, kw_only=True)
class Specification:
    """A value specification: what is protected, how it is judged, where, and who decides."""

    key: str
    title: str
    version: str
    review_by: str
    purpose: str
    dimensions: tuple[Dimension, ...]
    measures: tuple[Measure, ...]
    conditions: tuple[Condition, ...]
    tensions: tuple[Tension, ...]
    yield_rules: tuple[YieldRule, ...]
    contexts: tuple[Overlay, ...]
    approval_policy: ApprovalPolicy

    def deciding_groups(self) -> set[str]:
        """Return the keys of the groups that sign or may veto."""
        signing = {rule.group for rule in self.approval_policy.sign_offs if rule.group}
        return signing | set(self.approval_policy.veto_groups)

    def groups(self) -> set[str]:
        """Return the keys of every group that is measured, signs or may veto."""
        measured = {group for d in self.dimensions for criterion in d.criteria for group in criterion.groups}
        return measured | self.deciding_groups()
