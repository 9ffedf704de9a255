"""Edge signals that need the cases themselves: where raters, answers or values part. Pure.

Each is measured where an evaluation is read, for every yield rule that asks for it, and judged by the gate. A signal
that the cases do not bear is not measured at all: it is never nought.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from governance.errors import Invalid, Problem
from governance.evidence import decimals, measures, repeats
from governance.evidence.aggregation import Selector, select
from governance.evidence.cases import ATTEMPT, NOTHING, RATER, Cases, Numbers, Texts
from governance.evidence.columns import MOST_TEXTS
from governance.evidence.records import EVERYBODY, MeasuredSignal, Source
from governance.specs.clauses import Tension, YieldRule
from governance.specs.effective import EffectiveCriterion

if TYPE_CHECKING:
    from governance.evidence.cases import Rows

ABSTAINED, AMBIGUOUS, CONFIDENCE, TRUE = "abstained", "ambiguous", "confidence", "true"

Found = tuple[float | Fraction, int] | None
"""A value, and the number of cases that it rests on."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a signal is measured of: the cases, the rows of `metric` in one context, the groups of its criteria, and the
    metrics that it is in tension with."""

    metric: str
    context: str
    cases: Cases
    rows: Rows
    populations: Mapping[str, Selector]
    rivals: Sequence[str]


def columns_read(rules: Sequence[YieldRule]) -> set[str]:
    """Return the columns that the signals of `rules` are measured by."""
    return {column for rule in rules for column in COLUMNS.get(rule.signal, ())}


def measure(
    cases: Cases,
    *,
    rules: Sequence[YieldRule],
    criteria: Sequence[EffectiveCriterion],
    tensions: Sequence[Tension],
    groups: Mapping[str, Selector],
    context: str,
    source: Source,
) -> tuple[MeasuredSignal, ...]:
    """Return the signals that `rules` ask for in a context, as far as the cases bear them."""
    found = []
    for rule in rules:
        named = {g for c in criteria if (c.dimension, c.metric) == (rule.dimension, rule.metric) for g in c.groups}
        asked = Asked(
            metric=rule.metric,
            context=context,
            cases=cases,
            rows=cases.of(rule.metric, context),
            populations={group: {} if group == EVERYBODY else groups[group] for group in sorted(named)},
            rivals=_rivals(rule, tensions, criteria),
        )
        detect = DETECTORS.get(rule.signal)
        value = detect(asked) if detect and named and len(asked.rows) else None
        if value is not None:
            found.append(_signal(rule, value, context=context, source=source))
    return tuple(found)


def _rivals(rule: YieldRule, tensions: Sequence[Tension], criteria: Sequence[EffectiveCriterion]) -> list[str]:
    """The metrics that a tension names beside the rule's own; a dimension stands for each of its metrics."""
    own = {rule.dimension, rule.metric}
    named = {name for t in tensions if own & set(t.between) for name in t.between if name not in own}
    measured = {c.metric for c in criteria if named & {c.dimension, c.metric}}
    return sorted(measured - {rule.metric})


def share_of_conflicting_cases(cases: Cases, first: str, second: str, *, context: str) -> Found:
    """Return the share of cases where one of two metrics holds and the other does not, of cases that have both: each
    case by its place, once, by the mean of its ratings."""
    import numpy as np

    (rows, values), (others, other) = (
        repeats.once_for_each_case(cases, cases.of(metric, context)) for metric in (first, second)
    )
    keys, known = (cases.case[r].astype(np.int64) * MOST_TEXTS + cases.contexts.codes[r] for r in (rows, others))
    _, here, there = np.intersect1d(keys, known, return_indices=True)
    if not len(here):
        return None
    return Fraction(int((values[here] != other[there]).sum()), len(here)), len(here)


def _vote_entropy(asked: Asked) -> Found:
    return _entropy(asked, RATER)


def _self_consistency_entropy(asked: Asked) -> Found:
    return _entropy(asked, ATTEMPT)


def _entropy(asked: Asked, column: str) -> Found:
    """The mean over cases of the normalised entropy of their values, over every value that occurs."""
    options: set[float] = set()
    patterns: Counter[tuple[int, ...]] = Counter()
    for unit in repeats.by_case(asked.cases, _told_apart(asked, column)):
        options.update(unit)
        patterns[tuple(sorted(Counter(unit).values()))] += 1
    if not patterns:
        return None
    entropies = [
        times * (measures.normalised_entropy([*pattern, *[0] * (len(options) - len(pattern))]) or 0.0)
        for pattern, times in patterns.items()
    ]
    return math.fsum(entropies) / patterns.total(), patterns.total()


def _rater_disagreement(asked: Asked) -> Found:
    """Observed over expected disagreement of raters, which is 1 less Krippendorff's alpha."""
    import numpy as np

    rows = _told_apart(asked, RATER)
    units = len(np.unique(asked.cases.case[rows]))
    alpha = measures.krippendorff_alpha(repeats.by_case(asked.cases, rows))
    if alpha is None:
        # Everybody gave the same answer everywhere: there is nothing to part over.
        return (0.0, units) if units else None
    return 1 - alpha, units


def _abstention(asked: Asked) -> Found:
    """The share of cases on which the model abstained, in the group where it abstained most."""
    return _worst_share(asked, ABSTAINED)


def _labelled_ambiguity(asked: Asked) -> Found:
    """The share of cases that were labelled as ambiguous, in the group with most of them."""
    return _worst_share(asked, AMBIGUOUS)


def _worst_share(asked: Asked, column: str) -> Found:
    import numpy as np

    if column not in asked.cases.attributes:
        return None
    marked = asked.cases.attributes[column].among({TRUE})
    shares = []
    for rows in _by_population(asked):
        cases, having = (len(np.unique(asked.cases.case[some])) for some in (rows, rows[marked[rows]]))
        if cases:
            shares.append((Fraction(having, cases), cases))
    return max(shares, default=None)


def _calibration_error(asked: Asked) -> Found:
    """The expected calibration error (five bins) of the stated confidence, in the group where it is largest."""
    column = asked.cases.attributes.get(CONFIDENCE)
    if not isinstance(column, Numbers):
        return None
    if asked.cases.is_repeated:
        what = "there are several rows for a case, and confidence is stated for one answer."
        raise _unusable(what, "Bring what is calibrated in as a table of its own.")
    found = []
    for rows in _by_population(asked):
        stated, outcomes = column.values[rows], asked.cases.values[rows]
        unstated = stated != stated
        if unstated.any():
            case = asked.cases.named(int(rows[unstated.argmax()]))
            raise _unusable(f"case {case!r} states none.", "Give a probability from 0 to 1 in every row.")
        gap = measures.calibration_error(stated.tolist(), [int(v) if v in (0, 1) else -1 for v in outcomes.tolist()])
        if gap is not None:
            found.append((gap, len(rows)))
    return max(found, default=None)


def _unusable(what: str, remedy: str) -> Invalid:
    problem = Problem(f"column {CONFIDENCE}", what, remedy)
    return Invalid(f"The confidence cannot be used. {problem}", code="cases-unusable", problems=(problem,))


def _by_population(asked: Asked) -> Iterator[Rows]:
    for selector in asked.populations.values():
        yield asked.rows[select(asked.cases, selector)[asked.rows]]


def _conflicting_cases(asked: Asked) -> Found:
    """The largest share of cases on which the metric and one that it is in tension with part."""
    found = [
        share_of_conflicting_cases(asked.cases, asked.metric, rival, context=asked.context) for rival in asked.rivals
    ]
    return max((share for share in found if share is not None), default=None)


def _told_apart(asked: Asked, column: str) -> Rows:
    """Return the rows that say whose, or which, they are by `column`, of cases that have several."""
    found = asked.cases.attributes.get(column)
    told = asked.rows[found.codes[asked.rows] != NOTHING] if isinstance(found, Texts) else asked.rows[:0]
    return repeats.several(asked.cases, told)


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

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "vote-entropy": (RATER,),
    "rater-disagreement": (RATER,),
    "self-consistency-entropy": (ATTEMPT,),
    "abstention": (ABSTAINED,),
    "labelled-ambiguity": (AMBIGUOUS,),
    "calibration-error": (CONFIDENCE,),
}
"""What a signal needs of the table beside its metric."""
