"""What is well formed and yet nobody can mean: criteria against their dimension, thresholds that no number of cases
reaches, units that part, a review that was due already. Asked of what is newly written only, so that whatever was
ratified before a rule is read as ever. Tolerates malformed parts, as `rules` does. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from governance.errors import Problem
from governance.specs import fewest
from governance.specs.parts import Part, all_criteria, dimension_parts, get, number, parts, text
from governance.specs.syntax import Source

SHARE = "proportion"
ALONG = {"higher": ">=", "lower": "<="}
"""The comparator that asks for more of what is better."""
BETTER = {"higher": "more", "lower": "less"}


def problems(source: Source, *, today: date) -> Iterator[Problem]:
    """Yield what makes `source` a specification that nothing could satisfy, or that says two things at once."""
    yield from _review(source, today)
    for where, dimension in dimension_parts(source):
        yield from _directions(source, where, dimension)
        yield from _units(source, where, dimension)
    for where, threshold, criterion in _thresholds(source):
        yield from _unreachable(source, where, threshold, criterion)


def warnings(source: Source) -> Iterator[Problem]:
    """Yield what may be meant and seldom is: thresholds that everything meets, or that a perfect result over `min_n`
    cases does not, and a metric that is better the other way than its dimension."""
    for where, dimension in dimension_parts(source):
        yield from _parted(source, where, dimension)
    for where, threshold, criterion in _thresholds(source):
        if _is_share(source, criterion) and threshold == (0 if criterion.get("comparator") == ">=" else 1):
            what = f"Whatever is measured is {_asked(criterion, threshold)}: this asks for nothing."
            yield source.problem(where, what, "Give the threshold that is meant.")
    for _, where, criterion in all_criteria(source):
        wanted, have = _fewest(criterion), criterion.get("min_n")
        if wanted and isinstance(have, int) and have < wanted:
            what = f"Not even a perfect result over {have} cases shows it; that takes {wanted}."
            yield source.problem(f"{where}.min_n", what, f"Plan for {wanted} cases or more in each group.")


def _review(source: Source, today: date) -> Iterator[Problem]:
    try:
        due = date.fromisoformat(text(get(source.data, "review_by")))
    except ValueError:
        return
    if due <= today:
        what = f"{due} does not lie ahead: it is {today} today."
        yield source.problem("review_by", what, "Choose a later date.")


def _directions(source: Source, where: str, dimension: dict[str, Any]) -> Iterator[Problem]:
    """Yield each criterion of a dimension against whose direction all of them are."""
    direction = text(dimension.get("direction"))
    against, measured = _against(where, dimension)
    for place, criterion in against if not measured else ():
        given, right, other = criterion["comparator"], ALONG[direction], _other(direction)
        what = f"The direction says that {BETTER[direction]} of it is better, and {given} asks for {BETTER[other]}."
        yield source.problem(f"{place}.comparator", what, f'Write "{right}", or direction: {other}.')


def _parted(source: Source, where: str, dimension: dict[str, Any]) -> Iterator[Problem]:
    """Yield each criterion against the direction beside those along it, unless it is the other end of their band."""
    direction = text(dimension.get("direction"))
    against, measured = _against(where, dimension)
    for place, criterion in against if measured else ():
        if _measured(criterion) not in measured:
            metric = text(criterion.get("metric"))
            what = (
                f"{criterion['comparator']} asks for {BETTER[_other(direction)]} of `{metric}`, and the direction says "
            )
            what += f"that {BETTER[direction]} of it is better: so it is compared with the incumbent."
            remedy = f"Give `{metric}` a dimension of its own, with direction: {_other(direction)}."
            yield source.problem(f"{place}.comparator", what, remedy)


def _against(where: str, dimension: dict[str, Any]) -> tuple[list[Part], set[tuple[str, str]]]:
    """Return the criteria whose comparator asks for less of what is better, and what is measured by the others."""
    along = ALONG.get(text(dimension.get("direction")))
    listed = [part for part in parts(dimension.get("criteria"), f"{where}.criteria") if along]
    against = [(place, criterion) for place, criterion in listed if _comparator(criterion) not in ("", along)]
    return against, {_measured(criterion) for _, criterion in listed if _comparator(criterion) == along}


def _comparator(criterion: dict[str, Any]) -> str:
    given = text(criterion.get("comparator"))
    return given if given in ALONG.values() else ""


def _other(direction: str) -> str:
    return next(name for name in ALONG if name != direction)


def _measured(criterion: dict[str, Any]) -> tuple[str, str]:
    return text(criterion.get("metric")), text(criterion.get("aggregate"))


def _units(source: Source, where: str, dimension: dict[str, Any]) -> Iterator[Problem]:
    unit = text(dimension.get("unit"))
    if unit in ("", SHARE):
        return
    aggregates = {text(criterion.get("aggregate")) for _, criterion in parts(dimension.get("criteria"), "")}
    if {SHARE, "mean"} <= aggregates:
        what = f"A proportion is no {unit}, and this dimension has criteria of both: it would mix units."
        yield source.problem(f"{where}.unit", what, "Give each unit a dimension of its own.")


def _thresholds(source: Source) -> Iterator[tuple[str, Decimal, dict[str, Any]]]:
    """Yield every threshold with its place and the criterion that it is one of, those of overlays included."""
    for _, where, criterion in all_criteria(source):
        if (threshold := number(criterion.get("threshold"))) is not None:
            yield f"{where}.threshold", threshold, criterion
    for where, tightening in _tightenings(source):
        threshold = number(tightening.get("threshold"))
        for key, _, criterion in all_criteria(source):
            same = (tightening.get("dimension"), tightening.get("metric")) == (key, criterion.get("metric"))
            if threshold is not None and same and tightening.get("comparator") in (None, criterion.get("comparator")):
                yield f"{where}.threshold", threshold, criterion


def _tightenings(source: Source) -> Iterator[Part]:
    for where, overlay in parts(get(source.data, "contexts"), "contexts"):
        yield from parts(overlay.get("tighten"), f"{where}.tighten")


def _unreachable(source: Source, where: str, threshold: Decimal, criterion: dict[str, Any]) -> Iterator[Problem]:
    if not _is_share(source, criterion):
        return
    asked = _asked(criterion, threshold)
    if not 0 <= threshold <= 1:
        what = f"`{text(criterion.get('metric'))}` lies in 0 to 1, and {threshold} does not."
        yield source.problem(where, what, "Write 70 % as 0.70.")
    elif threshold == (1 if criterion.get("comparator") == ">=" else 0):
        side, end = ("lower", "under 1") if threshold else ("upper", "over 0")
        what = f"No number of cases shows that it is {asked}: the {side} bound stays {end}, however many there are."
        yield source.problem(where, what, f"Give a threshold that a bound can reach, such as {_near(threshold)}.")


def _near(threshold: Decimal) -> str:
    return "0.99" if threshold else "0.01"


def _asked(criterion: dict[str, Any], threshold: Decimal) -> str:
    return f"{'at least' if criterion.get('comparator') == '>=' else 'at most'} {threshold}"


def _is_share(source: Source, criterion: dict[str, Any]) -> bool:
    """Whether whatever is measured lies between 0 and 1."""
    if criterion.get("aggregate") == SHARE:
        return True
    units = {dimension.get("unit") for _, dimension in dimension_parts(source) if _holds(dimension, criterion)}
    derived = [m for _, m in parts(get(source.data, "measures"), "") if m.get("metric") == criterion.get("metric")]
    return units == {SHARE} or any({"misses_any_of", "squared_error_of"} & m.keys() for m in derived)


def _holds(dimension: dict[str, Any], criterion: dict[str, Any]) -> bool:
    return any(found is criterion for _, found in parts(dimension.get("criteria"), ""))


def _fewest(criterion: dict[str, Any]) -> int | None:
    threshold, alpha = number(criterion.get("threshold")), number(criterion.get("alpha"))
    if threshold is None or alpha is None or criterion.get("aggregate") != SHARE or not 0 < alpha <= Decimal("0.5"):
        return None
    comparator, bound = text(criterion.get("comparator")), text(criterion.get("bound"))
    return fewest.cases(threshold=threshold, comparator=comparator, alpha=alpha, bound=bound)
