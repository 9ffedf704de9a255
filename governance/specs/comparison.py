"""Two versions of a specification, clause by clause: what each difference asks more or less of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from governance.specs import contexts
from governance.specs.changes import Change, graded, listed, make, paired, replaced, worded
from governance.specs.clauses import (
    ApprovalPolicy,
    Criterion,
    Dimension,
    Measure,
    Overlay,
    Specification,
    Tightening,
    YieldRule,
)

# How readily a group's failure is claimed; bounds not listed cannot be compared.
CORRECTIONS = ("bonferroni", "holm", "none")
STRICTER_BOUNDS = frozenset({("wilson", "clopper-pearson")})


def clause_changes(old: Specification, new: Specification) -> Iterator[Change]:
    """Yield every difference that has a meaning of its own (all but the order of entries)."""
    yield from worded("", old, new, "title", "purpose")
    yield from replaced("review_by", old.review_by, new.review_by, stricter=new.review_by < old.review_by)
    yield from _dimensions(old, new)
    yield from _measures(old, new)
    yield from _conditions(old, new)
    yield from _tensions(old, new)
    yield from _yield_rules(old, new)
    yield from _overlays(old, new)
    yield from _policy(old.approval_policy, new.approval_policy)


def _dimensions(old: Specification, new: Specification) -> Iterator[Change]:
    for before, after in paired(old.dimensions, new.dimensions, lambda dimension: dimension.key):
        path = f"dimensions.{(before or after).key}"  # type: ignore[union-attr]
        if before is None or after is None:
            yield _came_or_went(path, before and before.name, after and after.name)
        else:
            yield from _dimension(path, before, after)


def _dimension(path: str, old: Dimension, new: Dimension) -> Iterator[Change]:
    yield from worded(path, old, new, "name", "protects", "whose_value")
    yield from replaced(f"{path}.direction", old.direction, new.direction)
    yield from replaced(f"{path}.unit", old.unit, new.unit)
    yield from replaced(f"{path}.tier", old.tier, new.tier, stricter=new.tier < old.tier)
    yield from _criteria(path, old, new)


def _criteria(path: str, old: Dimension, new: Dimension) -> Iterator[Change]:
    # Namesakes with the same groups are matched first, so that a swap of two rows is not read as two changes.
    rest_old, rest_new = [], []
    for before, after in paired(old.criteria, new.criteria, lambda c: (*_kind(c), c.groups, c.contexts)):
        if before and after:
            yield from _criterion(_criterion_path(path, before), before, after)
        elif before:
            rest_old.append(before)
        elif after:
            rest_new.append(after)
    for before, after in paired(rest_old, rest_new, _kind):
        place = _criterion_path(path, before or after)
        if before is None or after is None:
            yield _came_or_went(place, before and _criterion_text(before), after and _criterion_text(after))
        else:
            yield from _criterion(place, before, after)


def _kind(criterion: Criterion) -> tuple[str, ...]:
    return criterion.metric, criterion.aggregate, criterion.comparator


def _criterion_path(path: str, criterion: Criterion | None) -> str:
    return f"{path}.criteria.{criterion.metric} {criterion.comparator}" if criterion else path


def _criterion_text(criterion: Criterion) -> str:
    return f"{criterion.metric} {criterion.comparator} {criterion.threshold} for {', '.join(criterion.groups)}"


def _criterion(path: str, old: Criterion, new: Criterion) -> Iterator[Change]:
    for field in ("threshold", "tolerance", "alpha", "min_n", "level"):
        before, after = getattr(old, field), getattr(new, field)
        yield from graded(f"{path}.{field}", field, before, after, comparator=old.comparator)
    stricter = (old.bound, new.bound) in STRICTER_BOUNDS
    yield from replaced(f"{path}.bound", old.bound, new.bound, stricter=stricter)
    readier = CORRECTIONS.index(new.correction) > CORRECTIONS.index(old.correction)
    yield from replaced(f"{path}.correction", old.correction, new.correction, stricter=readier)
    yield from listed(f"{path}.groups", old.groups, new.groups)
    yield from _reach(f"{path}.contexts", old.contexts, new.contexts)


def _reach(path: str, old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[Change]:
    if set(old) == set(new):
        return
    keeps = all(any(contexts.covers(wide, narrow) for wide in new) for narrow in old)
    grows = not all(any(contexts.covers(wide, narrow) for wide in old) for narrow in new)
    kind = "loosened" if not keeps else "tightened" if grows else "reworded"
    yield make(kind, path, old, new)


RECORDED = "as the case table records it"
"""What a metric is that no measure derives."""


def _measures(old: Specification, new: Specification) -> Iterator[Change]:
    asked = _asked_metrics(old) & _asked_metrics(new)
    for before, after in paired(old.measures, new.measures, lambda measure: measure.metric):
        metric = (before or after).metric  # type: ignore[union-attr]
        path = f"measures.{metric}"
        if before is None or after is None:
            texts = (before and _measure_text(before), after and _measure_text(after))
            # A metric that was recorded and is derived now, or the other way round, is another metric by its old name.
            otherwise = [text or RECORDED for text in texts]
            yield make("loosened", path, *otherwise) if metric in asked else _came_or_went(path, *texts)
            continue
        # What is measured otherwise is not comparable with what was asked before, so it counts as a loosening.
        yield from replaced(path, _measure_text(before), _measure_text(after))
        yield from worded(path, before, after, "why")


def _asked_metrics(specification: Specification) -> set[str]:
    return {criterion.metric for dimension in specification.dimensions for criterion in dimension.criteria}


def _measure_text(measure: Measure) -> str:
    """Say all that a measure means and no two mean alike: a column is no metric, and what it equals is quoted."""
    among = [f"{'column' if a.column else 'metric'} {a.column or a.metric} = {a.equals!r}" for a in measure.among]
    error = f", squared error of {measure.squared_error_of}" if measure.squared_error_of else ""
    what = f"misses any of {', '.join(sorted(measure.misses_any_of))}" if measure.misses_any_of else measure.of
    return f"{what}{error} among {' and '.join(among) or 'all cases'}"


def _conditions(old: Specification, new: Specification) -> Iterator[Change]:
    for before, after in paired(old.conditions, new.conditions, lambda condition: condition.key):
        path = f"conditions.{(before or after).key}"  # type: ignore[union-attr]
        if before is None or after is None:
            yield _came_or_went(path, before and before.holds_if, after and after.holds_if)
            continue
        # Which of two expressions asks for more is undecidable in general, so another one counts as a loosening.
        yield from replaced(f"{path}.holds_if", before.holds_if, after.holds_if)
        yield from replaced(f"{path}.dimension", before.dimension, after.dimension)
        yield from _reach(f"{path}.contexts", before.contexts, after.contexts)
        yield from worded(path, before, after, "why")


def _tensions(old: Specification, new: Specification) -> Iterator[Change]:
    for before, after in paired(old.tensions, new.tensions, lambda t: (frozenset(t.between), t.measure)):
        path = (before or after).path  # type: ignore[union-attr]
        if before is None or after is None:
            yield _came_or_went(path, before and before.band, after and after.band)
            continue
        narrower = before.band[0] <= after.band[0] and after.band[1] <= before.band[1]
        yield from replaced(f"{path}.band", before.band, after.band, stricter=narrower)
        acceptable = f"{path}.leaving_acceptable"
        stricter = not after.leaving_acceptable
        yield from replaced(acceptable, before.leaving_acceptable, after.leaving_acceptable, stricter=stricter)
        yield from worded(path, before, after, "why")


def _yield_rules(old: Specification, new: Specification) -> Iterator[Change]:
    for before, after in paired(old.yield_rules, new.yield_rules, lambda r: (r.signal, r.dimension, r.metric)):
        path = _yield_rule_path(before or after)
        if before is None or after is None:
            yield _came_or_went(path, before and before.over, after and after.over)
            continue
        yield from replaced(f"{path}.over", before.over, after.over, stricter=after.over < before.over)
        yield from replaced(f"{path}.route", before.route, after.route)
        yield from worded(path, before, after, "why")


def _yield_rule_path(rule: YieldRule | None) -> str:
    return f"yield_rules.{rule.signal} of {rule.dimension}/{rule.metric}" if rule else "yield_rules"


def _overlays(old: Specification, new: Specification) -> Iterator[Change]:
    for before, after in paired(old.contexts, new.contexts, lambda overlay: overlay.key):
        path = f"contexts.{(before or after).key}"  # type: ignore[union-attr]
        if before is None or after is None:
            yield _came_or_went(path, before and _overlay_text(before), after and _overlay_text(after))
            continue
        for one, other in paired(before.tighten, after.tighten, lambda t: (t.dimension, t.metric, t.comparator)):
            yield from _tightening(path, one, other, new)


def _overlay_text(overlay: Overlay) -> str:
    return f"tightens {', '.join(f'{t.dimension}/{t.metric}' for t in overlay.tighten)}"


def _tightening(path: str, old: Tightening | None, new: Tightening | None, now: Specification) -> Iterator[Change]:
    named = old or new
    if named is None:
        return
    place = f"{path}.{named.dimension}/{named.metric}"
    comparator = named.comparator or _comparator(named, now)
    for field in ("threshold", "tolerance", "alpha", "min_n", "level"):
        before, after = (getattr(one, field) if one else None for one in (old, new))
        yield from graded(f"{place}.{field}", field, before, after, comparator=comparator)


def _comparator(named: Tightening, specification: Specification) -> str:
    criteria = [(d.key, criterion) for d in specification.dimensions for criterion in d.criteria]
    return next((c.comparator for key, c in criteria if named.concerns(key, c)), ">=")


def _policy(old: ApprovalPolicy, new: ApprovalPolicy) -> Iterator[Change]:
    for before, after in paired(old.sign_offs, new.sign_offs, lambda rule: (rule.role, rule.group)):
        rule = before or after
        path = f"approval_policy.sign_offs.{rule.role}" + (f" of {rule.group}" if rule.group else "") if rule else ""
        if before is None or after is None:
            yield _came_or_went(path, before and before.count, after and after.count)
        else:
            yield from replaced(f"{path}.count", before.count, after.count, stricter=after.count > before.count)
    yield from listed("approval_policy.veto_groups", old.veto_groups, new.veto_groups)
    yield from listed("approval_policy.separation", old.separation, new.separation)
    days, hours = (old.validity_days, new.validity_days), (old.cooling_off_hours, new.cooling_off_hours)
    yield from replaced("approval_policy.validity_days", *days, stricter=days[1] < days[0])
    yield from replaced("approval_policy.cooling_off_hours", *hours, stricter=hours[1] > hours[0])


def _came_or_went(path: str, before: Any, after: Any) -> Change:
    return make("added" if before is None else "removed", path, before, after)
