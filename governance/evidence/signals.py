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
from governance.evidence import conflicts, decimals, derive, repeats
from governance.evidence import measures as formulas
from governance.evidence.aggregation import Selector, select, within
from governance.evidence.cases import ATTEMPT, NOTHING, RATER, Cases, Numbers, Texts
from governance.evidence.records import EVERYBODY, MeasuredSignal, Source
from governance.specs.clauses import Measure, Tension, YieldRule
from governance.specs.effective import EffectiveCriterion
from governance.specs.pairs import Side, pairs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from governance.evidence.cases import Rows

ABSTAINED, AMBIGUOUS, CONFIDENCE = "abstained", "ambiguous", "confidence"
SAID = {"true": True, "1": True, "false": False, "0": False}
"""What a column of truth values may say, in any case."""

Found = tuple[float | Fraction, int] | None
"""A value, and the number of cases that it rests on."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a signal is measured of: the cases, the rows of `metric` in one context, the groups of its criteria, and
    the two sides of each tension that it is in."""

    metric: str
    context: str
    cases: Cases
    rows: Rows
    populations: Mapping[str, Selector]
    conflicts: Sequence[tuple[Side, Side]]


def columns_read(rules: Sequence[YieldRule]) -> set[str]:
    """Return the columns that the signals of `rules` are measured by."""
    return {column for rule in rules for column in COLUMNS.get(rule.signal, ())}


def measure(
    cases: Cases,
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
    found = []
    for rule in rules:
        named = {g for c in criteria if (c.dimension, c.metric) == (rule.dimension, rule.metric) for g in c.groups}
        asked = Asked(
            metric=rule.metric,
            context=context,
            cases=cases,
            rows=cases.of(rule.metric, context),
            populations={group: {} if group == EVERYBODY else groups[group] for group in sorted(named)},
            conflicts=_conflicts(rule, tensions, criteria),
        )
        detect = DETECTORS.get(rule.signal)
        value = detect(asked) if detect and named and len(asked.rows) else None
        if value is not None:
            found.append(_signal(rule, value, context=context, source=source))
    shares = conflicts.of_tensions(cases, tensions, criteria, groups, context=context, source=source)
    return (*found, *shares, *derive.undefined(cases, measures, criteria, groups, context=context, source=source))


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
    options: set[float] = set()
    patterns: Counter[tuple[int, ...]] = Counter()
    for unit in repeats.by_case(asked.cases, _told_apart(asked, column), asked.cases.values):
        options.update(unit)
        patterns[tuple(sorted(Counter(unit).values()))] += 1
    if not patterns:
        return None
    entropies = [
        times * (formulas.normalised_entropy([*pattern, *[0] * (len(options) - len(pattern))]) or 0.0)
        for pattern, times in patterns.items()
    ]
    return math.fsum(entropies) / patterns.total(), patterns.total()


def _rater_disagreement(asked: Asked) -> Found:
    """Observed over expected disagreement of raters, which is 1 less Krippendorff's alpha."""
    import numpy as np

    rows = _told_apart(asked, RATER)
    units = len(np.unique(asked.cases.case[rows]))
    alpha = formulas.krippendorff_alpha(repeats.by_case(asked.cases, rows, asked.cases.values))
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

    found = asked.cases.attributes.get(column)
    if not isinstance(found, Texts):
        return None
    _check_said(asked, found, column)
    marked = found.among({text for text in found.texts if SAID.get(text.lower())})
    shares = []
    for population in _by_population(asked):
        rows = population[found.codes[population] != NOTHING]
        cases, having = (len(np.unique(asked.cases.case[some])) for some in (rows, rows[marked[rows]]))
        if cases:
            shares.append((Fraction(having, cases), cases))
    return max(shares, default=None)


def _check_said(asked: Asked, found: Texts, column: str) -> None:
    """Raise Invalid that names the first case of which a column says neither yes nor no in a known way: what should
    stop a release must not pass for its spelling."""
    odd = found.among({text for text in found.texts if text.lower() not in SAID})
    unread = asked.rows[odd[asked.rows]]
    if len(unread):
        first = min(unread, key=lambda row: asked.cases.rows[row])
        what = f"case {asked.cases.named(first)!r} says {found.text(first)!r}, which is neither true nor false."
        problem = Problem(f"column {column}", what, "Write true or false, or leave it empty where nobody said.")
        raise Invalid(f"An edge signal cannot be measured. {problem}", code="cases-unusable", problems=(problem,))


def _calibration_error(asked: Asked) -> Found:
    """The expected calibration error (five bins) of the stated confidence, in the group where it is largest; of a case
    with several rows, by the means of what was stated and of what came out."""
    column = asked.cases.attributes.get(CONFIDENCE)
    if not isinstance(column, Numbers):
        return None
    conflicts.check_zero_or_one(asked.cases, asked.rows, asked.cases.values[asked.rows])
    _check_stated(asked, column)
    found = []
    for rows in _by_population(asked):
        stated, came_out = (_once(asked.cases, rows, values) for values in (column.values, asked.cases.values))
        gap = formulas.calibration_error(stated, came_out)
        if gap is not None:
            found.append((gap, len(stated)))
    return max(found, default=None)


def _once(cases: Cases, rows: Rows, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of the values of each case."""
    if not cases.is_repeated:
        return values[rows]
    import numpy as np

    return np.array([math.fsum(unit) / len(unit) for unit in repeats.by_case(cases, rows, values)])


def _check_stated(asked: Asked, column: Numbers) -> None:
    unstated = asked.rows[column.values[asked.rows] != column.values[asked.rows]]
    if len(unstated):
        what = f"case {asked.cases.named(min(unstated, key=lambda row: asked.cases.rows[row]))!r} states none."
        problem = Problem(f"column {CONFIDENCE}", what, "Give a probability from 0 to 1 in every row.")
        raise Invalid(f"The confidence cannot be used. {problem}", code="cases-unusable", problems=(problem,))


def _by_population(asked: Asked) -> Iterator[Rows]:
    for selector in asked.populations.values():
        yield within(asked.rows, select(asked.cases, selector))


def _conflicting_cases(asked: Asked) -> Found:
    """The largest share of cases on which the metric and one that it is in tension with part."""
    found = [conflicts.share(asked.cases, *sides, context=asked.context) for sides in asked.conflicts]
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
