"""The sentences of a gate report. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Context, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from governance.evidence import bounds, decimals
from governance.evidence.records import ObservationData
from governance.gates.verdicts import FAIL, PASS
from governance.specs.effective import EffectiveCriterion

if TYPE_CHECKING:
    from governance.gates.cells import Interval

SHEET_WANTED = "Have a provenance sheet of {metric} approved, and judge again."
EVIDENCE_WANTED = "Evidence for {group}: per-case records of {metric} for this model and context, at level {level}."

_SIX_DIGITS = Context(prec=6)
_CORRECTIONS = {"holm": "Holm", "bonferroni": "Bonferroni"}


def nine(value: float) -> Decimal:
    """Return a bound as the decimal of nine significant digits that a verdict compares."""
    return decimals.rounded(value)


@lru_cache(maxsize=1 << 14)
def short(value: Decimal) -> str:
    """Return a number as sentences show it, to six significant digits."""
    return decimals.written(_SIX_DIGITS.create_decimal(value))


def moment(at: datetime) -> str:
    """Return a time as sentences show it, in UTC to the minute."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def of_cell(tier: int, dimension_name: str, *, group: str, verdict: str, reason: str) -> str:
    """Say which group has which verdict on a dimension, and why."""
    return f"Tier {tier}, {dimension_name}, {group}: {verdict}. {reason}"


def of_tension(between: str, *, group: str, verdict: str | None, reason: str) -> str:
    """Say which verdict a tension of two values has for a group, and why."""
    return f"Tension of {between}, {group}: {verdict}. {reason}"


def about(between: Sequence[str]) -> str:
    """Name the two values of a tension."""
    return " and ".join(between)


def not_evaluated(criterion: EffectiveCriterion, group: str, elsewhere: Sequence[str], context: str) -> str:
    """Say that there is no evidence, and where there would be some."""
    what = f"Not evaluated: there is no evidence of {criterion.metric} for {group}"
    if elsewhere:
        return f"{what} in {context}; there is for {', '.join(elsewhere)}, which does not count here."
    return f"{what}."


def undefined(criterion: EffectiveCriterion, group: str, cases: int) -> str:
    """Say that a derived metric has no value, because no case counts for it."""
    have = "1 case" if cases == 1 else f"{cases} cases"
    return f"Undefined: of {have} for {group} none counts for {criterion.metric}, and a rate over nothing is none."


def interval_name(criterion: EffectiveCriterion, fail_alpha: Decimal) -> str:
    """Name the method and the level of each bound, as a picture's caption does."""
    method = bounds.METHOD_NAMES[criterion.bound]
    if fail_alpha == criterion.alpha:
        return f"{method}, one-sided {_percent(fail_alpha)} on each side"
    side = "upper" if criterion.comparator == ">=" else "lower"
    return (
        f"{method}, one-sided {_percent(criterion.alpha)}; {side} bound {_percent(fail_alpha)} "
        f"({_CORRECTIONS[criterion.correction]} over {len(criterion.groups)} groups)"
    )


def reason(criterion: EffectiveCriterion, observation: ObservationData, interval: Interval | None, verdict: str) -> str:
    """Say why the verdict is what it is."""
    wanted = _wanted(criterion)
    if observation.n < criterion.min_n:
        have = "1 case is" if observation.n == 1 else f"{observation.n} cases are"
        return f"{have} fewer than the {criterion.min_n} that the specification asks for."
    if interval is None:
        return "The values say nothing about their spread, so no bound can be given."
    if verdict == PASS:
        side, bound, alpha = _passing(criterion, interval)
        return f"The {side} bound {short(bound)} ({_percent(alpha)} one-sided, n = {observation.n}) is {wanted}."
    if verdict == FAIL:
        side, bound, alpha = _failing(criterion, interval)
        shown = f"{short(bound)} ({_percent(alpha)} one-sided, n = {observation.n})"
        return f"Even the {side} bound {shown} is not {wanted}."
    found = f"{short(Decimal(observation.estimate))} [{short(interval.low)}, {short(interval.high)}]"
    return f"{found} with n = {observation.n} shows neither that it is {wanted} nor that it is not."


def would_change(
    criterion: EffectiveCriterion,
    observation: ObservationData,
    interval: Interval | None,
    verdict: str,
    more_cases: int | None,
) -> str:
    """Say what would have to be otherwise for another verdict."""
    if interval is not None and verdict in (PASS, FAIL):
        side, bound, _ = _passing(criterion, interval) if verdict == PASS else _failing(criterion, interval)
        gap = short(abs(bound - criterion.threshold))
        return f"The {side} bound lies {gap} {_unit(criterion)}from the threshold."
    if interval is None and more_cases is None:
        return "How many cases would settle it cannot be told before the values differ."
    if more_cases is None:
        return f"No feasible number of cases settles it while the estimate stays {observation.estimate}."
    return f"About {more_cases} more cases would settle it, if the estimate stays {observation.estimate}."


def _passing(criterion: EffectiveCriterion, interval: Interval) -> tuple[str, Decimal, Decimal]:
    if criterion.comparator == ">=":
        return "lower", interval.low, interval.low_alpha
    return "upper", interval.high, interval.high_alpha


def _failing(criterion: EffectiveCriterion, interval: Interval) -> tuple[str, Decimal, Decimal]:
    if criterion.comparator == ">=":
        return "upper", interval.high, interval.high_alpha
    return "lower", interval.low, interval.low_alpha


def _wanted(criterion: EffectiveCriterion) -> str:
    return f"{'at least' if criterion.comparator == '>=' else 'at most'} {short(criterion.threshold)}"


def _unit(criterion: EffectiveCriterion) -> str:
    return "" if criterion.unit == "proportion" else f"{criterion.unit} "


@lru_cache(maxsize=1 << 10)
def _percent(alpha: Decimal) -> str:
    return f"{short(100 * (1 - alpha))} %"
