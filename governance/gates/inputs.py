"""Everything that a gate report is computed from, as data that can be written down and read back. Pure.

The engine judges only what came through `read`, so a report can always be recomputed from its own inputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from operator import itemgetter
from typing import Any

from governance.evidence import decimals
from governance.evidence.records import LEVELS, MeasuredSignal, ObservationData
from governance.gates import members
from governance.specs.clauses import BOUNDS, Tension, YieldRule
from governance.specs.effective import EffectiveCondition, EffectiveCriterion, EffectiveSpecification

Stored = Sequence[Mapping[str, Any]]

SECTIONS = (
    "specification",
    "subject",
    "observations",
    "measured_signals",
    "incumbent",
    "siblings",
    "not_before",
    "approved_metrics",
)
SPECIFICATION = (
    "key",
    "version",
    "digest",
    "context",
    "uncovered",
    "criteria",
    "conditions",
    "tensions",
    "yield_rules",
)
OBSERVED = ("dimension", "metric", "aggregate", "group", "context")
SIGNALLED = ("signal", "dimension", "metric", "context", "beside", "beside_dimension", "group")
MOST_CASES = 10**15
"""Beyond it a count is no number of cases, and no bound can be computed."""
ALLOWED = {
    "comparator": (">=", "<="),
    "direction": ("higher", "lower"),
    "correction": ("holm", "bonferroni", "none"),
    "level": LEVELS,
}


@dataclass(frozen=True, kw_only=True)
class GateInputs:
    """What is judged: `subject` is the model's digest; `uncovered` are dimensions of tier 0 that nobody asks about in
    the context; `siblings` what was observed of other versions, by which a tension ranks them; `not_before` an RFC 3339
    time or empty; `approved_metrics` the metrics with an approved provenance sheet."""

    key: str
    version: str
    digest: str
    context: str
    uncovered: tuple[str, ...]
    criteria: tuple[EffectiveCriterion, ...]
    conditions: tuple[EffectiveCondition, ...]
    tensions: tuple[Tension, ...]
    yield_rules: tuple[YieldRule, ...]
    subject: str
    observations: tuple[ObservationData, ...]
    measured_signals: tuple[MeasuredSignal, ...]
    incumbent: tuple[ObservationData, ...] | None
    siblings: tuple[ObservationData, ...]
    not_before: str
    approved_metrics: tuple[str, ...]

    @cached_property
    def by_key(self) -> dict[tuple[str, ...], ObservationData]:
        """The observations by what they are about."""
        return {observation.key: observation for observation in self.observations}


def write(
    *,
    effective: EffectiveSpecification,
    subject: str,
    observations: Stored,
    measured_signals: Stored,
    incumbent: Stored | None,
    siblings: Stored,
    not_before: str,
    approved_metrics: Sequence[str],
) -> dict[str, Any]:
    """Return the inputs as a document of strings, integers, truth values, None, lists and objects.

    Observations and signals come as they are stored (see `plain`), and are sorted, so that the order in which they
    were found does not matter. Raises Invalid for one that does not say what it is about.
    """
    return {
        "specification": {
            "key": effective.key,
            "version": effective.version,
            "digest": effective.digest,
            "context": effective.context,
            "uncovered": list(effective.uncovered),
            "criteria": [members.plain(criterion) for criterion in effective.criteria],
            "conditions": [members.plain(condition) for condition in effective.conditions],
            "tensions": [members.plain(tension) for tension in effective.tensions],
            "yield_rules": [members.plain(rule) for rule in effective.yield_rules],
        },
        "subject": subject,
        "observations": _sorted(observations, "observations", OBSERVED),
        "measured_signals": _sorted(measured_signals, "measured_signals", SIGNALLED),
        "incumbent": None if incumbent is None else _sorted(incumbent, "incumbent", OBSERVED),
        "siblings": sorted(_sorted(siblings, "siblings", OBSERVED), key=lambda o: str(o["source"]["subject"])),
        "not_before": not_before,
        "approved_metrics": sorted(set(approved_metrics)),
    }


def read(document: Mapping[str, Any]) -> GateInputs:
    """Return the inputs that a document states. Raises Invalid that names what is malformed or impossible."""
    members.check_members(document, SECTIONS, "inputs")
    specification = members.mapping(document.get("specification"), "specification")
    members.check_members(specification, SPECIFICATION, "specification")
    incumbent = document.get("incumbent")
    inputs = GateInputs(
        key=members.text(specification.get("key"), "specification.key"),
        version=members.text(specification.get("version"), "specification.version"),
        digest=members.text(specification.get("digest"), "specification.digest"),
        context=members.text(specification.get("context"), "specification.context"),
        uncovered=members.texts(specification.get("uncovered"), "specification.uncovered"),
        criteria=members.many(EffectiveCriterion, specification.get("criteria"), "specification.criteria"),
        conditions=members.many(EffectiveCondition, specification.get("conditions"), "specification.conditions"),
        tensions=members.many(Tension, specification.get("tensions"), "specification.tensions"),
        yield_rules=members.many(YieldRule, specification.get("yield_rules"), "specification.yield_rules"),
        subject=members.text(document.get("subject"), "subject"),
        observations=members.many(ObservationData, document.get("observations"), "observations"),
        measured_signals=members.many(MeasuredSignal, document.get("measured_signals"), "measured_signals"),
        incumbent=None if incumbent is None else members.many(ObservationData, incumbent, "incumbent"),
        siblings=members.many(ObservationData, document.get("siblings"), "siblings"),
        not_before=members.moment(document.get("not_before"), "not_before"),
        approved_metrics=members.texts(document.get("approved_metrics"), "approved_metrics"),
    )
    for index, criterion in enumerate(inputs.criteria):
        _check_criterion(criterion, f"specification.criteria[{index}]")
    _check_observations(inputs.observations, "observations")
    _check_observations(inputs.incumbent or (), "incumbent")
    _check_siblings(inputs)
    _check_signals(inputs.measured_signals, "measured_signals")
    return inputs


def observation(document: Mapping[str, Any]) -> ObservationData:
    """Return the observation that a stored document states. Raises Invalid for a malformed one."""
    return members.one(ObservationData, document, "observation")


def signal(document: Mapping[str, Any]) -> MeasuredSignal:
    """Return the measured signal that a stored document states. Raises Invalid for a malformed one."""
    return members.one(MeasuredSignal, document, "signal")


def _sorted(rows: Stored, where: str, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return copies in order: what becomes of the rows afterwards changes no report."""
    about = itemgetter(*names)
    try:
        ordered = sorted(rows, key=lambda row: (about(row), row["source"]["evidence"]))
        return [{**row, "source": {**row["source"]}} for row in ordered]
    except (KeyError, TypeError) as error:
        raise members.wrong(where, "one does not say what it is about.", "Take it as it was recorded.") from error


def _check_criterion(criterion: EffectiveCriterion, where: str) -> None:
    allowed = ALLOWED | {"aggregate": tuple(BOUNDS), "bound": BOUNDS.get(criterion.aggregate, ())}
    for name, values in allowed.items():
        if getattr(criterion, name) not in values:
            raise members.wrong(
                f"{where}.{name}", f"{getattr(criterion, name)!r:.40}.", f"Use one of {', '.join(values)}."
            )
    if not 0 < criterion.alpha <= Decimal("0.5"):
        raise members.wrong(f"{where}.alpha", f"{criterion.alpha}.", "Give a level above 0 and at most 0.5.")
    if len(set(criterion.groups)) != len(criterion.groups):
        raise members.wrong(f"{where}.groups", "a group stands twice.", "Name each group once.")


def _check_observations(observations: Sequence[ObservationData], where: str) -> None:
    seen: set[tuple[str, ...]] = set()
    for index, observation in enumerate(observations):
        place, about = f"{where}[{index}]", observation.key
        if about in seen:
            cell = f"{observation.dimension}/{observation.metric} for {observation.group} in {observation.context}"
            raise members.wrong(place, f"a second observation of {cell}.", "Choose one evaluation run for each.")
        seen.add(about)
        _check_numbers(observation, place)
        _check_counts(observation, place)


def _check_siblings(inputs: GateInputs) -> None:
    by_model: dict[str, list[ObservationData]] = {}
    for observation in inputs.siblings:
        by_model.setdefault(observation.source.subject, []).append(observation)
    if inputs.subject in by_model:
        raise members.wrong("siblings", "this holds the very model that is judged.", "Name other versions beside it.")
    for model, observations in by_model.items():
        _check_observations(observations, f"siblings {model[:12]}")


def _check_signals(signals: Sequence[MeasuredSignal], where: str) -> None:
    seen: set[tuple[str, ...]] = set()
    for index, signal in enumerate(signals):
        place = f"{where}[{index}]"
        if signal.key in seen:
            raise members.wrong(
                place, f"a second {signal.signal} of {signal.metric}.", "Choose one evaluation run for each."
            )
        seen.add(signal.key)
        members.decimal(signal.value, f"{place}.value")
        members.moment(signal.source.measured_at, f"{place}.source.measured_at")
        if signal.n <= 0:
            raise members.wrong(f"{place}.n", f"{signal.n} cases.", "A signal rests on at least one case.")


def _check_numbers(observation: ObservationData, place: str) -> None:
    if observation.source.measured_at:
        members.moment(observation.source.measured_at, f"{place}.source.measured_at")
    for name in ("estimate", "alpha", "sd", "low", "high"):
        value = getattr(observation, name)
        if value is not None and not members.is_number(value):
            raise members.no_number(value, f"{place}.{name}")
    for index, rung in enumerate(observation.ladder):
        for value in (rung.alpha, rung.lower, rung.upper):
            members.decimal(value, f"{place}.ladder[{index}]")


def _check_counts(observation: ObservationData, place: str) -> None:
    successes, n = observation.successes, observation.n
    if not 0 < n <= MOST_CASES:
        raise members.wrong(
            f"{place}.n", f"{str(n)[:20]} cases.", "An observation has at least one case, and no more than there are."
        )
    if observation.aggregate == "proportion":
        if successes is None or not 0 <= successes <= n:
            raise members.wrong(f"{place}.successes", f"{successes} of {n} cases.", "Give a count from 0 to n.")
        if decimals.quotient(successes, n) != observation.estimate:
            raise members.wrong(f"{place}.estimate", "the estimate is not successes / n.", "Measure it from the cases.")
    elif observation.sd is None or Decimal(observation.sd) < 0:
        raise members.wrong(f"{place}.sd", "a mean without a standard deviation.", "Measure it from the cases.")
