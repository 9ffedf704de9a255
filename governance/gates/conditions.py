"""Extra conditions: whether an expression holds of what the criteria of its own dimension measured. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from governance.gates.cells import Judged
from governance.gates.verdicts import FAIL, INSUFFICIENT, PASS
from governance.specs import expressions
from governance.specs.effective import EffectiveCondition
from governance.specs.expressions import Measured, Unanswered


@dataclass(frozen=True, kw_only=True)
class JudgedCondition:
    """A condition with its verdict: FAIL where it is false, INSUFFICIENT where it has no answer."""

    condition: EffectiveCondition
    verdict: str
    reason: str


def judge(condition: EffectiveCondition, judged: Sequence[Judged]) -> JudgedCondition:
    """Return the verdict on a condition, given what was judged of every criterion."""
    if expressions.quantifies(condition.holds_if) and (lacking := _lacking(condition, judged)):
        reason = f"{condition.holds_if} has no answer: it asks about every group, and {lacking[0]} was not measured."
        return JudgedCondition(condition=condition, verdict=INSUFFICIENT, reason=reason)
    try:
        verdict = PASS if expressions.holds(condition.holds_if, _measured(condition, judged)) else FAIL
        reason = f"{condition.holds_if} is {'true' if verdict == PASS else 'false'} of what was measured."
    except Unanswered as error:
        verdict, reason = INSUFFICIENT, f"{condition.holds_if} has no answer: {error}"
    return JudgedCondition(condition=condition, verdict=verdict, reason=reason)


def _lacking(condition: EffectiveCondition, judged: Sequence[Judged]) -> list[str]:
    """What the criteria of the condition's dimension ask for and nobody measured: of nothing, everything is true."""
    asked = {f"{j.criterion.metric}/{c.group}" for j in judged for c in j.cells if _concerns(condition, j)}
    return sorted(asked - _measured(condition, judged).estimate.keys()) if asked else ["none"]


def _concerns(condition: EffectiveCondition, judged: Judged) -> bool:
    return judged.criterion.dimension == condition.dimension


def _measured(condition: EffectiveCondition, judged: Sequence[Judged]) -> Measured:
    """What was measured of the condition's dimension with as many cases as its criteria ask for; of two criteria with
    one metric the first speaks."""
    found = Measured()
    for criterion, cell in ((j.criterion, cell) for j in judged for cell in j.cells):
        key = f"{criterion.metric}/{cell.group}"
        if criterion.dimension != condition.dimension or key in found.n:
            continue
        if cell.observation is None or cell.interval is None or cell.observation.n < criterion.min_n:
            continue
        found.estimate[key] = float(Decimal(cell.observation.estimate))
        found.low[key], found.high[key] = float(cell.interval.low), float(cell.interval.high)
        found.n[key] = cell.observation.n
    return found
