"""Edge signals that need the cases themselves: where raters, answers or values part. Pure.

Each is measured where an evaluation is read, for every yield rule that asks for it, and judged by the gate. A signal
that the cases do not bear is not measured at all: it is never nought.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from governance.errors import Invalid, Problem
from governance.evidence import conflicts, decimals, derive
from governance.evidence import measures as formulas
from governance.evidence.aggregation import Selector, select
from governance.evidence.records import EVERYBODY, EVERYWHERE, CaseRecord, MeasuredSignal, Source
from governance.evidence.repeats import ATTEMPT, RATER, by_case
from governance.specs.clauses import Measure, Tension, YieldRule
from governance.specs.effective import EffectiveCriterion
from governance.specs.pairs import Side, pairs

ABSTAINED, AMBIGUOUS, CONFIDENCE, TRUE = "abstained", "ambiguous", "confidence", "true"

Found = tuple[float | Fraction, int] | None
"""A value, and the number of cases that it rests on."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a signal is measured of: the rows of `metric` in one context, every row there, the groups of its criteria,
    and the two sides of each tension that it is in."""

    metric: str
    records: Sequence[CaseRecord]
    everything: Sequence[CaseRecord]
    populations: Mapping[str, Selector]
    conflicts: Sequence[tuple[Side, Side]]


def measure(
    records: Sequence[CaseRecord],
    *,
    rules: Sequence[YieldRule],
    criteria: Sequence[EffectiveCriterion],
    tensions: Sequence[Tension],
    measures: Sequence[Measure],
    groups: Mapping[str, Selector],
    context: str,
    source: Source,
) -> tuple[MeasuredSignal, ...]:
    """Return the signals that `rules` ask for in a context, and for each group the share of cases on which two metrics
    of a tension part, as far as the cases bear them; and which of the derived `measures` are undefined."""
    here = [record for record in records if record.context in (context, EVERYWHERE)]
    found = []
    for rule in rules:
        named = {g for c in criteria if (c.dimension, c.metric) == (rule.dimension, rule.metric) for g in c.groups}
        asked = Asked(
            metric=rule.metric,
            records=[record for record in here if record.metric == rule.metric],
            everything=here,
            populations={group: {} if group == EVERYBODY else groups[group] for group in sorted(named)},
            conflicts=_conflicts(rule, tensions, criteria),
        )
        detect = DETECTORS.get(rule.signal)
        value = detect(asked) if detect and named else None
        if value is not None:
            found.append(_signal(rule, value, context=context, source=source))
    shares = conflicts.of_tensions(here, tensions, criteria, groups, context=context, source=source)
    return (*found, *shares, *derive.undefined(here, measures, criteria, groups, context=context, source=source))


def _conflicts(
    rule: YieldRule, tensions: Sequence[Tension], criteria: Sequence[EffectiveCriterion]
) -> list[tuple[Side, Side]]:
    """The pairs of a tension of which one side is the rule's own metric."""
    found = dict.fromkeys((p.first, p.second) for tension in tensions for p in pairs(tension, criteria))
    own = (rule.dimension, rule.metric)
    return [sides for sides in found if own in {(side.dimension, side.metric) for side in sides}]


def _vote_entropy(asked: Asked) -> Found:
    return _entropy(asked, RATER)


def _self_consistency_entropy(asked: Asked) -> Found:
    return _entropy(asked, ATTEMPT)


def _entropy(asked: Asked, column: str) -> Found:
    """The mean over cases of the normalised entropy of their values, over every value that occurs."""
    units = _units(asked, column)
    options = sorted({value for unit in units for value in unit})
    if not units:
        return None
    entropies = [formulas.normalised_entropy([unit.count(option) for option in options]) or 0.0 for unit in units]
    return sum(entropies) / len(units), len(units)


def _rater_disagreement(asked: Asked) -> Found:
    """Observed over expected disagreement of raters, which is 1 less Krippendorff's alpha."""
    units = _units(asked, RATER)
    alpha = formulas.krippendorff_alpha(units)
    if alpha is None:
        # Everybody gave the same answer everywhere: there is nothing to part over.
        return (0.0, len(units)) if units else None
    return 1 - alpha, len(units)


def _abstention(asked: Asked) -> Found:
    """The share of cases on which the model abstained, in the group where it abstained most."""
    return _worst_share(asked, ABSTAINED)


def _labelled_ambiguity(asked: Asked) -> Found:
    """The share of cases that were labelled as ambiguous, in the group with most of them."""
    return _worst_share(asked, AMBIGUOUS)


def _worst_share(asked: Asked, column: str) -> Found:
    if not asked.records or column not in asked.records[0].attributes:
        return None
    shares = []
    for selector in asked.populations.values():
        cases = by_case(select(asked.records, selector))
        marked = sum(any(row.attributes[column] == TRUE for row in rows) for rows in cases.values())
        if cases:
            shares.append((Fraction(marked, len(cases)), len(cases)))
    return max(shares, default=None)


def _calibration_error(asked: Asked) -> Found:
    """The expected calibration error (five bins) of the stated confidence, in the group where it is largest."""
    if not asked.records or CONFIDENCE not in asked.records[0].attributes:
        return None
    found = []
    for selector in asked.populations.values():
        cases = by_case(select(asked.records, selector)).values()
        stated = [float(_mean([_confidence(row) for row in rows])) for rows in cases]
        came_out = [float(_mean([Fraction(conflicts.zero_or_one(row)) for row in rows])) for rows in cases]
        gap = formulas.calibration_error(stated, came_out)
        if gap is not None:
            found.append((gap, len(stated)))
    return max(found, default=None)


def _mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def _confidence(record: CaseRecord) -> Fraction:
    text = record.attributes[CONFIDENCE]
    try:
        return Fraction(Decimal(text or ""))
    except (InvalidOperation, ValueError, OverflowError):
        what = f"case {record.case_id!r} states {text!r}."
        problem = Problem(f"column {CONFIDENCE}", what, "Give a probability from 0 to 1 in every row.")
        raise Invalid(f"The confidence cannot be used. {problem}", code="cases-unusable", problems=(problem,)) from None


def _conflicting_cases(asked: Asked) -> Found:
    """The largest share of cases on which the metric and one that it is in tension with part."""
    found = [conflicts.share(asked.everything, *sides) for sides in asked.conflicts]
    return max((share for share in found if share is not None), default=None)


def _units(asked: Asked, column: str) -> list[list[str]]:
    """The values of each case that has at least two, told apart by `column`."""
    if not asked.records or column not in asked.records[0].attributes:
        return []
    cases = by_case(record for record in asked.records if record.attributes[column] is not None)
    return [[decimals.text(row.value) for row in rows] for rows in cases.values() if len(rows) > 1]


def _signal(rule: YieldRule, found: tuple[float | Fraction, int], *, context: str, source: Source) -> MeasuredSignal:
    value, cases = found
    return MeasuredSignal(
        signal=rule.signal,
        dimension=rule.dimension,
        metric=rule.metric,
        context=context,
        value=decimals.text(value),
        n=cases,
        source=source,
    )


DETECTORS: Mapping[str, Callable[[Asked], Found]] = {
    "vote-entropy": _vote_entropy,
    "rater-disagreement": _rater_disagreement,
    "self-consistency-entropy": _self_consistency_entropy,
    "abstention": _abstention,
    "labelled-ambiguity": _labelled_ambiguity,
    "calibration-error": _calibration_error,
    "conflicting-cases": _conflicting_cases,
}
"""What each signal of a yield rule measures; the gap between groups is measured from observations, by the gate."""
