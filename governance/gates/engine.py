"""The gate: a pure, deterministic function of the effective specification, the evidence and the incumbent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from governance.evidence.records import MeasuredSignal, ObservationData
from governance.gates import comparison, conditions, inputs, signals, tensions
from governance.gates.cells import find, is_stale, judge_criterion, obstacle
from governance.gates.inputs import GateInputs, Stored
from governance.gates.report import GateReport
from governance.specs.effective import EffectiveSpecification


def judge(
    *,
    effective: EffectiveSpecification,
    subject: str,
    observations: Stored,
    approved_metrics: Sequence[str],
    incumbent: Stored | None = None,
    siblings: Stored = (),
    measured_signals: Stored = (),
    not_before: str = "",
) -> GateReport:
    """Return what the evidence supports for the model with the digest `subject` in the specification's context.

    Observations and signals are given as they are stored; at most one observation for each dimension, metric,
    aggregate, group and context. Evidence measured before `not_before` (RFC 3339) is stale; a metric outside
    `approved_metrics`, which has no approved sheet, cannot gate. `siblings` are observations of other versions, by
    which a tension ranks them beside this one.
    Raises Invalid for observations that are impossible or stand twice.
    """
    return _judge(
        inputs.write(
            effective=effective,
            subject=subject,
            observations=observations,
            measured_signals=measured_signals,
            incumbent=incumbent,
            siblings=siblings,
            not_before=not_before,
            approved_metrics=approved_metrics,
        )
    )


def judge_document(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the report's document for the `inputs` section of one. Raises Invalid for a malformed section."""
    return _judge(dict(document)).document()


PROSE = frozenset({"reason", "reasons", "would_change", "why", "name"})
"""Sentences of a report, which may be worded better one day; every fact in them stands beside them as a figure."""


def differences(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the sections of a report whose facts its own inputs do not bear out; empty when it replays.

    Sentences are not compared: they explain figures that are.
    """
    section = document.get("inputs")
    anew = _facts(judge_document(section if isinstance(section, Mapping) else {}))
    found = _facts(dict(document))
    return tuple(name for name in sorted(anew.keys() | found.keys()) if anew.get(name) != found.get(name))


def _facts(part: Any) -> Any:
    if isinstance(part, Mapping):
        return {name: _facts(value) for name, value in part.items() if name not in PROSE}
    return [_facts(value) for value in part] if isinstance(part, list | tuple) else part


def _judge(document: dict[str, Any]) -> GateReport:
    given = inputs.read(document)
    criteria = sorted(given.criteria, key=lambda criterion: criterion.tier)
    judged = tuple(judge_criterion(criterion, given) for criterion in criteria)
    measured = _usable_signals(given)
    return GateReport(
        inputs=document,
        uncovered=given.uncovered,
        judged=judged,
        conditions=tuple(conditions.judge(condition, judged) for condition in given.conditions),
        signals=signals.detect(criteria, given.yield_rules, _usable(given), measured=measured),
        tensions=tensions.judge(given, measured),
        comparison=comparison.compare(given),
    )


def _usable(given: GateInputs) -> tuple[ObservationData, ...]:
    """The observations that some criterion may use, whatever their number of cases."""
    usable: dict[tuple[str, ...], ObservationData] = {}
    for criterion in given.criteria:
        for group in criterion.groups:
            observation = find(criterion, group, given)
            if observation is not None and not obstacle(criterion, group, observation, given):
                usable[observation.key] = observation
    return tuple(usable.values())


def _usable_signals(given: GateInputs) -> tuple[MeasuredSignal, ...]:
    """The signals that were measured of this model in this context, and in time."""
    return tuple(
        signal
        for signal in given.measured_signals
        if (signal.source.subject, signal.context) == (given.subject, given.context)
        and not is_stale(signal.source.measured_at, given.not_before)
    )
