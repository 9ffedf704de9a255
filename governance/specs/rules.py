"""What a specification of the right shape may still get wrong. Every rule tolerates parts that are malformed, so
that one reading reports all problems."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from decimal import Decimal
from typing import Any

from governance import choices
from governance.errors import Problem
from governance.specs import contexts, expressions, measure_rules, strictness, tension_rules
from governance.specs.clauses import BOUNDS, EVERYBODY, LEVELS
from governance.specs.parts import Part, all_criteria, dimension_parts, get, number, parts, patterns, text, texts
from governance.specs.syntax import Source

BANDS = {"kendall-tau": (Decimal(-1), Decimal(1)), "disagreement-share": (Decimal(0), Decimal(1))}


def problems(source: Source) -> Iterator[Problem]:
    """Yield what the rules refuse in `source`."""
    values = (_review_date, _dimensions, _criteria, _contradictions, _measures, _conditions, _overlays)
    for rule in (*values, _tensions, _yield_rules, _sign_offs):
        yield from rule(source)


def _review_date(source: Source) -> Iterator[Problem]:
    value = get(source.data, "review_by")
    try:
        datetime.date.fromisoformat(value if isinstance(value, str) else "2000-01-01")
    except ValueError:
        yield source.problem("review_by", f"`{value}` is not a day of the calendar.", "Give a date such as 2027-11-01.")


def _dimensions(source: Source) -> Iterator[Problem]:
    yield from _duplicates(source, dimension_parts(source), "key", lambda part: part.get("key"))


def _criteria(source: Source) -> Iterator[Problem]:
    for _, where, criterion in all_criteria(source):
        yield from _alpha(source, where, criterion)
        yield from _in_unit(source, f"{where}.threshold", criterion, "threshold")
        if (tolerance := number(criterion.get("tolerance"))) is not None and tolerance < 0:
            yield source.problem(f"{where}.tolerance", f"{tolerance} is negative.", "Give 0 or more.")
        yield from _in_unit(source, f"{where}.tolerance", criterion, "tolerance")
        yield from _bound(source, where, criterion)


def _alpha(source: Source, where: str, part: dict[str, Any]) -> Iterator[Problem]:
    alpha = number(part.get("alpha"))
    if alpha is not None and not 0 < alpha <= Decimal("0.5"):
        remedy = "Give a one-sided level above 0 and at most 0.5, such as 0.05."
        yield source.problem(f"{where}.alpha", f"{alpha} is not a confidence level.", remedy)


def _in_unit(source: Source, where: str, criterion: dict[str, Any], field: str) -> Iterator[Problem]:
    value = number(criterion.get(field))
    if criterion.get("aggregate") == "proportion" and value is not None and not 0 <= value <= 1:
        yield source.problem(where, f"A proportion lies in 0 to 1, and {value} does not.", "Write 70 % as 0.70.")


def _bound(source: Source, where: str, criterion: dict[str, Any]) -> Iterator[Problem]:
    fitting = BOUNDS.get(text(criterion.get("aggregate")), ())
    known = [bound for bounds in BOUNDS.values() for bound in bounds]
    if fitting and criterion.get("bound") in known and criterion["bound"] not in fitting:
        what = f"The bound {criterion['bound']} does not fit the aggregate {criterion['aggregate']}."
        yield source.problem(f"{where}.bound", what, f"Use {' or '.join(fitting)}.")


def _contradictions(source: Source) -> Iterator[Problem]:
    """Find pairs that nothing can satisfy: at least x and at most y < x, for the same metric, group and context."""
    floors = [found for found in all_criteria(source) if found[2].get("comparator") == ">="]
    ceilings = [found for found in all_criteria(source) if found[2].get("comparator") == "<="]
    for _, floor_where, floor in floors:
        for _, where, ceiling in ceilings:
            low, high = number(floor.get("threshold")), number(ceiling.get("threshold"))
            if low is not None and high is not None and high < low and _overlap(floor, ceiling):
                what = f"Nothing is at most {high} and at least {low}, as {floor_where} asks of the same cases."
                yield source.problem(f"{where}.threshold", what, "Correct one threshold, or part the groups.")


def _overlap(first: dict[str, Any], second: dict[str, Any]) -> bool:
    same = all(first.get(name) == second.get(name) for name in ("metric", "aggregate"))
    groups = set(texts(first.get("groups"))) & set(texts(second.get("groups")))
    return same and bool(groups) and any(contexts.meet(a, b) for a in patterns(first) for b in patterns(second))


def _overlays(source: Source) -> Iterator[Problem]:
    overlays = list(parts(get(source.data, "contexts"), "contexts"))
    yield from _duplicates(source, overlays, "key", lambda part: part.get("key"))
    for where, overlay in overlays:
        tightenings = list(parts(overlay.get("tighten"), f"{where}.tighten"))
        yield from _duplicates(source, tightenings, "metric", _target)
        for place, tightening in tightenings:
            yield from _tightening(source, place, text(overlay.get("key")), tightening)


def _target(tightening: dict[str, Any]) -> Hashable:
    return tuple(text(tightening.get(name)) for name in ("dimension", "metric", "comparator"))


def _tightening(source: Source, where: str, key: str, tightening: dict[str, Any]) -> Iterator[Problem]:
    dimension, metric = text(tightening.get("dimension")), text(tightening.get("metric"))
    of_dimension = [found for found in all_criteria(source) if found[0] == dimension]
    of_metric = [found for found in of_dimension if found[2].get("metric") == metric]
    concerned = [part for _, _, part in of_metric if _concerns(tightening, key, part)]
    if not of_dimension:
        remedy = choices.remedy(dimension, (found[0] for found in all_criteria(source)))
        yield source.problem(f"{where}.dimension", f"No dimension `{dimension}`.", remedy)
    elif not of_metric:
        remedy = choices.remedy(metric, (text(found[2].get("metric")) for found in of_dimension))
        what = f"The dimension `{dimension}` has no metric `{metric}`."
        yield source.problem(f"{where}.metric", what, remedy)
    elif not concerned:
        what = f"No criterion of `{metric}` that this speaks of holds in {key}."
        yield source.problem(where, what, "Check the comparator and the contexts of the criterion.")
    elif not set(strictness.TIGHTENABLE) & set(tightening):
        remedy = f"Give one of {', '.join(strictness.TIGHTENABLE)}."
        yield source.problem(where, "This tightens nothing.", remedy)
    yield from _alpha(source, where, tightening)
    for criterion in concerned:
        yield from _loosening(source, where, key, tightening, criterion)


def _concerns(tightening: dict[str, Any], key: str, criterion: dict[str, Any]) -> bool:
    same = tightening.get("comparator") in (None, criterion.get("comparator"))
    return same and any(contexts.meet(pattern, key) for pattern in patterns(criterion))


def _loosening(
    source: Source, where: str, key: str, tightening: dict[str, Any], criterion: dict[str, Any]
) -> Iterator[Problem]:
    comparator = text(criterion.get("comparator"))
    for field in strictness.TIGHTENABLE:
        asked = _comparable(field, tightening.get(field))
        if asked is None:
            continue
        if field in ("threshold", "tolerance"):
            yield from _in_unit(source, f"{where}.{field}", criterion | {field: asked}, field)
        for origin, inherited in _inherited(source, key, tightening, criterion, field):
            if strictness.compare(field, inherited, asked, comparator=comparator) < 0:
                what = f"An overlay may only tighten, and {asked} is looser than {inherited} of {origin}."
                yield source.problem(
                    f"{where}.{field}",
                    what,
                    f"Ask for {_as_strict(inherited, asked)}, leave it out, or name the comparator meant.",
                )


def _as_strict(inherited: Any, looser: Any) -> str:
    if isinstance(inherited, str) or isinstance(looser, str):
        return f"{inherited} or what is stricter"
    return f"{inherited} or {'more' if looser < inherited else 'less'}"


def _inherited(
    source: Source, key: str, tightening: dict[str, Any], criterion: dict[str, Any], field: str
) -> Iterator[tuple[str, Any]]:
    if (base := _comparable(field, criterion.get(field, 0 if field == "tolerance" else None))) is not None:
        yield "the base", base
    for _, overlay in parts(get(source.data, "contexts"), "contexts"):
        above = text(overlay.get("key"))
        if not above or above == key or not contexts.covers(above, key):
            continue
        for _, other in parts(overlay.get("tighten"), ""):
            value = _comparable(field, other.get(field))
            same = all(other.get(name) == tightening.get(name) for name in ("dimension", "metric"))
            if value is not None and same and _concerns(other, above, criterion):
                yield f"the overlay {above}", value


def _measures(source: Source) -> Iterator[Problem]:
    measures = list(parts(get(source.data, "measures"), "measures"))
    yield from _duplicates(source, measures, "metric", lambda part: part.get("metric"))
    criteria = [part for _, _, part in all_criteria(source)]
    yield from measure_rules.problems(source, measures, criteria=criteria)


def _conditions(source: Source) -> Iterator[Problem]:
    conditions = list(parts(get(source.data, "conditions"), "conditions"))
    yield from _duplicates(source, conditions, "key", lambda part: part.get("key"))
    for where, condition in conditions:
        asked = [part for key, _, part in all_criteria(source) if key == condition.get("dimension")]
        if not asked:
            named = text(condition.get("dimension"))
            remedy = choices.remedy(named, (key for key, _, _ in all_criteria(source)))
            yield source.problem(f"{where}.dimension", f"No dimension `{named}` has a criterion.", remedy)
            continue
        known = {f"{text(part.get('metric'))}/{group}" for part in asked for group in texts(part.get("groups"))}
        for what, remedy in expressions.faults(text(condition.get("holds_if")), known=known):
            yield source.problem(f"{where}.holds_if", what, remedy)


def _tensions(source: Source) -> Iterator[Problem]:
    tensions = list(parts(get(source.data, "tensions"), "tensions"))
    pair = lambda part: (frozenset(texts(part.get("between"))), text(part.get("measure")))  # noqa: E731
    yield from _duplicates(source, tensions, "between", pair)
    known = {found[0] for found in all_criteria(source)}
    known |= {text(found[2].get("metric")) for found in all_criteria(source)}
    for where, tension in tensions:
        for index, name in enumerate(texts(tension.get("between"))):
            if name not in known:
                what = f"`{name}` is neither a dimension nor a metric of this specification."
                yield source.problem(f"{where}.between[{index}]", what, choices.remedy(name, known))
        yield from _band(source, where, tension)
    yield from tension_rules.problems(source, tensions, dimensions=dimension_parts(source))


def _band(source: Source, where: str, tension: dict[str, Any]) -> Iterator[Problem]:
    band = tension.get("band")
    ends = [number(end) for end in band] if isinstance(band, list) else []
    limits = BANDS.get(text(tension.get("measure")))
    if len(ends) != 2 or ends[0] is None or ends[1] is None or limits is None:
        return
    if not limits[0] <= ends[0] <= ends[1] <= limits[1]:
        what = f"[{ends[0]}, {ends[1]}] is not a band of {tension['measure']}."
        yield source.problem(f"{where}.band", what, f"Give low and high within {limits[0]} to {limits[1]}.")


def _yield_rules(source: Source) -> Iterator[Problem]:
    rules = list(parts(get(source.data, "yield_rules"), "yield_rules"))
    target = lambda part: tuple(text(part.get(name)) for name in ("signal", "dimension", "metric"))  # noqa: E731
    yield from _duplicates(source, rules, "signal", target)
    for where, rule in rules:
        found = [part for key, _, part in all_criteria(source) if key == rule.get("dimension")]
        measured = [part for part in found if part.get("metric") == rule.get("metric")]
        if not measured:
            yield _unmeasured(source, where, rule)
        elif rule.get("signal") == "between-group-gap" and not _comparable_groups(measured):
            what = f"`{rule.get('metric')}` is not measured alike for two groups, so there is no gap between them."
            yield source.problem(f"{where}.metric", what, "Name two groups in one criterion of each aggregate.")
        elif rule.get("signal") == "conflicting-cases" and not _in_tension(source, rule):
            what = f"No tension names `{rule.get('metric')}` or its dimension, so nothing says what it conflicts with."
            yield source.problem(f"{where}.metric", what, "Add the tension of the two metrics.")
        over, most = number(rule.get("over")), _most(rule, measured)
        if over is not None and not 0 <= over <= (over if most is None else most):
            what = f"No {rule.get('signal')} can be over {over}."
            yield source.problem(f"{where}.over", what, "Give a threshold that it can reach, in its own unit.")


def _unmeasured(source: Source, where: str, rule: dict[str, Any]) -> Problem:
    dimension, metric = text(rule.get("dimension")), text(rule.get("metric"))
    known = [(key, text(part.get("metric"))) for key, _, part in all_criteria(source)]
    what = f"No criterion measures `{metric}` of the dimension `{dimension}`."
    if dimension not in {key for key, _ in known}:
        return source.problem(f"{where}.dimension", what, choices.remedy(dimension, (key for key, _ in known)))
    of_it = (name for key, name in known if key == dimension)
    return source.problem(f"{where}.metric", what, choices.remedy(metric, of_it))


def _in_tension(source: Source, rule: dict[str, Any]) -> bool:
    tensions = parts(get(source.data, "tensions"), "tensions")
    named = {name for _, tension in tensions for name in texts(tension.get("between"))}
    return bool(named & {text(rule.get("metric")), text(rule.get("dimension"))})


def _most(rule: dict[str, Any], measured: list[dict[str, Any]]) -> int | None:
    """The highest value that a signal has, None where it has no end."""
    if rule.get("signal") == "between-group-gap":
        return 1 if any(part.get("aggregate") == "proportion" for part in measured) else None
    return None if rule.get("signal") == "rater-disagreement" else 1


def _comparable_groups(criteria: list[dict[str, Any]]) -> bool:
    groups: dict[str, set[str]] = {}
    for criterion in criteria:
        groups.setdefault(text(criterion.get("aggregate")), set()).update(texts(criterion.get("groups")))
    return all(len(named - {EVERYBODY}) > 1 for named in groups.values())


def _sign_offs(source: Source) -> Iterator[Problem]:
    policy = get(source.data, "approval_policy")
    rules = list(parts(get(policy, "sign_offs"), "approval_policy.sign_offs"))
    yield from _duplicates(source, rules, "role", lambda part: (text(part.get("role")), text(part.get("group"))))
    for where, rule in rules:
        if "group" in rule and rule.get("role") != "representative":
            what = f"The role {rule.get('role')} is not held for a group."
            yield source.problem(f"{where}.group", what, "Use the role representative, or leave the group out.")


def _duplicates(
    source: Source, listed: list[Part], field: str, identity: Callable[[dict[str, Any]], Hashable]
) -> Iterator[Problem]:
    identities = [(where, identity(part) if isinstance(identity(part), Hashable) else None) for where, part in listed]
    counts: Counter[Hashable] = Counter()
    for where, value in identities:
        counts[value] += 1
        if value and counts[value] > 1:
            what = "The same entry stands here a second time."
            yield source.problem(f"{where}.{field}", what, "Keep one of them, or tell them apart.")


def _comparable(field: str, value: Any) -> Any:
    return (value if value in LEVELS else None) if field == "level" else number(value)
