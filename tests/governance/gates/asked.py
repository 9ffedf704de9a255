"""Specifications and observations in memory: what is asked in a context, and what was measured for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from governance.evidence import decimals
from governance.evidence.records import ObservationData, Source
from governance.gates import engine, members
from governance.gates.report import GateReport
from governance.specs.clauses import Tension, YieldRule
from governance.specs.effective import EffectiveCriterion, EffectiveSpecification

CONTEXT = "us/outreach/phone"
MODEL = "a" * 64
SOURCE = Source(evidence="run-1", subject=MODEL, level="response", measured_at="2026-03-01T00:00:00Z")


def criterion(**changes: Any) -> EffectiveCriterion:
    values: dict[str, Any] = {
        "place": "dimensions[0].criteria[0]",
        "dimension": "need-is-seen",
        "dimension_name": "Need is seen",
        "direction": "higher",
        "unit": "proportion",
        "tier": 0,
        "metric": "recall",
        "aggregate": "proportion",
        "comparator": ">=",
        "threshold": Decimal("0.70"),
        "tolerance": Decimal("0.01"),
        "alpha": Decimal("0.05"),
        "min_n": 1,
        "bound": "clopper-pearson",
        "level": "response",
        "groups": ("poor", "good"),
        "correction": "holm",
        "trace": (),
    }
    return EffectiveCriterion(**(values | changes))


def rule(**changes: Any) -> YieldRule:
    values: dict[str, Any] = {
        "signal": "between-group-gap",
        "dimension": "need-is-seen",
        "metric": "recall",
        "over": Decimal("0.15"),
        "route": "deliberation",
        "why": "A gap needs people.",
    }
    return YieldRule(**(values | changes))


def specification(
    *criteria: EffectiveCriterion, rules: Sequence[YieldRule] = (), tensions: Sequence[Tension] = ()
) -> EffectiveSpecification:
    return EffectiveSpecification(
        key="outreach",
        version="1.0.0",
        digest="d" * 64,
        context=CONTEXT,
        overlays=(),
        uncovered=(),
        criteria=criteria,
        conditions=(),
        tensions=tuple(tensions),
        yield_rules=tuple(rules),
    )


def counted(group: str, successes: int, n: int, **changes: Any) -> ObservationData:
    values: dict[str, Any] = {
        "dimension": "need-is-seen",
        "metric": "recall",
        "group": group,
        "context": CONTEXT,
        "aggregate": "proportion",
        "n": n,
        "successes": successes,
        "estimate": decimals.text(Fraction(successes, n)) if n else "0",
        "sd": None,
        "alpha": "0.05",
        "method": "clopper-pearson",
        "low": None,
        "high": None,
        "ladder": (),
        "values_digest": "v" * 64,
        "source": SOURCE,
    }
    return ObservationData(**(values | changes))


def averaged(group: str, mean: str, sd: str, n: int, **changes: Any) -> ObservationData:
    unit: dict[str, Any] = {"aggregate": "mean", "successes": None, "estimate": mean, "sd": sd, "method": "t"}
    return replace(counted(group, 0, n), **(unit | changes))


def judge(
    asked: EffectiveSpecification | Sequence[EffectiveCriterion], *observations: ObservationData, **others: Any
) -> GateReport:
    effective = asked if isinstance(asked, EffectiveSpecification) else specification(*asked)
    given = {"approved_metrics": effective.metrics} | others
    for name in ("incumbent", "siblings", "measured_signals"):
        if given.get(name) is not None:
            given[name] = [members.plain(one) for one in given[name]]
    stored = [members.plain(observation) for observation in observations]
    return engine.judge(effective=effective, subject=MODEL, observations=stored, **given)


def verdicts(report: GateReport) -> Mapping[str, str]:
    return {f"{j.criterion.metric}/{cell.group}": cell.verdict for j in report.judged for cell in j.cells}


def cell(report: GateReport, group: str) -> Mapping[str, Any]:
    criteria = report.document()["criteria"]
    return next(cell for judged in criteria for cell in judged["cells"] if cell["group"] == group)
