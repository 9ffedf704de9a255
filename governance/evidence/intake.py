"""Recomputing what an evaluation found, before anything is recorded: the same for a run and for a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import IO, Any

from governance import canonical
from governance.errors import Invalid, Problem
from governance.evidence import aggregation, content, derive, signals, usable
from governance.evidence.cases import ATTEMPT, RATER, Cases
from governance.evidence.content import Content
from governance.evidence.formats.mapping import Mapped
from governance.evidence.records import EVERYBODY, MeasuredSignal, ObservationData, Source
from governance.specs.clauses import Measure
from governance.specs.effective import effective
from governance.specs.models import SpecificationVersion
from governance.systems.models import AISystem
from lineage.models import ModelVersion


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where an evaluation's cases come from, and what is said of them: `claimed` are its own figures by metric or
    METRIC/GROUP; `file` is how the table was read."""

    run_id: str
    level: str
    evaluator: str
    evaluated_at: datetime
    datasets: list[dict[str, str]]
    table_digest: str
    claimed: Mapping[str, str]
    file: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one evaluation says of one model version, recomputed; `digest` covers all of it. `content` tells its cases
    from others', and `file` is the uploaded file that it was read from, to be kept."""

    version: ModelVersion
    model_digest: str
    specification: SpecificationVersion
    origin: Origin
    cases: int
    observations: tuple[ObservationData, ...]
    signals: tuple[MeasuredSignal, ...]
    digest: str
    content: Content
    file: IO[bytes] | None = None


def columns_asked(specification: SpecificationVersion) -> tuple[set[str], set[str]]:
    """Return the attributes that the specification asks cases for: all of them, and those that are numbers."""
    parsed = specification.parsed()
    of_groups = {str(selector["column"]) for selector in specification.selectors().values() if "column" in selector}
    of_measures = {among.column for measure in parsed.measures for among in measure.among if among.column}
    of_signals = signals.columns_read(parsed.yield_rules)
    numbers = derive.numbers(parsed.measures) | (of_signals & {signals.CONFIDENCE})
    return {*of_groups, *of_measures, *of_signals, *numbers, RATER, ATTEMPT, usable.UNIT}, numbers


def metrics_asked(specification: SpecificationVersion) -> set[str]:
    """Return the metrics that a criterion asks about, a yield rule watches, or a measure derives from."""
    parsed = specification.parsed()
    criteria = {criterion.metric for dimension in parsed.dimensions for criterion in dimension.criteria}
    return criteria | {rule.metric for rule in parsed.yield_rules} | _beside(parsed.measures)


def _beside(measures: Sequence[Measure]) -> set[str]:
    sources = {source for measure in measures for source in measure.sources}
    return sources | {among.metric for measure in measures for among in measure.among if among.metric}


def recomputed(
    mapped: Mapped, origin: Origin, *, system: AISystem, version: ModelVersion, specification: SpecificationVersion
) -> Reading:
    """Return what the cases of an evaluation come to about `version`, for every context.

    Raises Invalid naming the place when the cases cannot be used or bear out other figures than claimed.
    """
    recorded = mapped.cases
    cases = derive.with_derived(recorded, specification.parsed().measures)
    source = Source(
        evidence=origin.run_id,
        subject=version.digest,
        level=origin.level,
        measured_at=origin.evaluated_at.isoformat(),
    )
    contexts = system.contexts.order_by("key").values_list("key", flat=True)
    observed, measured = _measured(cases, specification, contexts, source)
    _check_claims(origin, cases, observed, specification.selectors())
    origin = replace(origin, file=origin.file | {"remarks": _remarks(recorded, specification, system)})
    said: dict[str, Any] = {
        "run": origin.run_id,
        "model": version.digest,
        "level": origin.level,
        "evaluated_at": source.measured_at,
        "datasets": origin.datasets,
        "table": origin.table_digest,
        "file": origin.file,
        "observations": [asdict(o) for o in observed],
        "signals": [asdict(signal) for signal in measured],
    }
    return Reading(
        version=version,
        model_digest=version.digest,
        specification=specification,
        origin=origin,
        cases=recorded.count,
        observations=tuple(observed),
        signals=tuple(measured),
        digest=canonical.digest(said),
        content=content.of(recorded, mapped.sums, metrics=metrics_asked(specification)),
    )


def _remarks(cases: Cases, specification: SpecificationVersion, system: AISystem) -> list[str]:
    parsed = specification.parsed()
    keys = system.contexts.order_by("key").values_list("key", flat=True)
    criteria = [criterion for key in keys for criterion in effective(parsed, key).criteria]
    return usable.remarks(cases, criteria, specification.selectors(), beside=_beside(parsed.measures))


def _measured(
    cases: Cases, specification: SpecificationVersion, contexts: Iterable[str], source: Source
) -> tuple[list[ObservationData], list[MeasuredSignal]]:
    parsed, selectors = specification.parsed(), specification.selectors()
    asked = {key: effective(parsed, key) for key in contexts}
    usable.check(cases, [c for holding in asked.values() for c in holding.criteria], selectors)
    observed: list[ObservationData] = []
    measured: list[MeasuredSignal] = []
    for key, holding in asked.items():
        observed += aggregation.observations(cases, holding.criteria, selectors, context=key, source=source)
        measured += signals.measure(
            cases,
            rules=parsed.yield_rules,
            criteria=holding.criteria,
            tensions=parsed.tensions,
            measures=parsed.measures,
            groups=selectors,
            context=key,
            source=source,
        )
    if not observed and not measured:
        metrics = {metric for holding in asked.values() for metric in holding.metrics}
        raise usable.beside_the_point(cases, metrics=metrics, contexts=asked)
    return observed, measured


def _check_claims(
    origin: Origin,
    cases: Cases,
    observed: Sequence[ObservationData],
    selectors: Mapping[str, aggregation.Selector],
) -> None:
    """Hold what an evaluation says of a metric to all of its cases: its own figure names no context."""
    measured = {(o.metric, o.aggregate, o.group): o for o in observed}
    # Most claims are about everybody, for whom the specification need not ask.
    measured |= {(o.metric, o.aggregate, EVERYBODY): replace(o, group=EVERYBODY) for o in observed}
    whole = [
        aggregation.over_all_contexts(cases, o, selectors=selectors)
        for o in measured.values()
        if f"{o.metric}/{o.group}" in origin.claimed or (o.group == EVERYBODY and o.metric in origin.claimed)
    ]
    wrong = aggregation.compare_claims(whole, origin.claimed)
    if wrong:
        where = f"file {origin.file['name']}" if origin.file["is_kept"] else f"run {origin.run_id}"
        problems = tuple(
            Problem(
                f"{where}, metric {m.name}",
                f"claims {m.claimed}, and its cases give {m.found}.",
                "Claim the figure that the per-case table bears out.",
            )
            for m in wrong
        )
        raise Invalid("; ".join(map(str, problems)), code="claim-mismatch", problems=problems)
