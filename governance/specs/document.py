"""A value specification as a value: its types, its canonical form and its digest. `reading` makes it from text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any

from governance import canonical as canonical_json
from governance.errors import Invalid, Problem
from governance.specs import above, rules, shape
from governance.specs.clauses import (
    EVERY_CONTEXT,
    EVERYBODY,
    LEVELS,
    SCHEMA,
    Among,
    ApprovalPolicy,
    Condition,
    Criterion,
    Dimension,
    Measure,
    Overlay,
    SignOffRule,
    Specification,
    Tension,
    Tightening,
    YieldRule,
)
from governance.specs.parts import number
from governance.specs.syntax import Source

__all__ = [
    "EVERYBODY",
    "EVERY_CONTEXT",
    "LEVELS",
    "SCHEMA",
    "Among",
    "ApprovalPolicy",
    "Condition",
    "Criterion",
    "Dimension",
    "Measure",
    "Overlay",
    "SignOffRule",
    "Specification",
    "Tension",
    "Tightening",
    "YieldRule",
    "build",
    "canonical",
    "digest",
    "from_canonical",
    "in_order",
    "problems",
    "refuse",
]


def canonical(specification: Specification) -> dict[str, Any]:
    """Return the canonical document: every default written out, fractions as decimal strings, integers as integers."""
    return {"schema": SCHEMA, **_plain(specification)}


def digest(specification: Specification) -> str:
    """Return the hexadecimal SHA-256 of the canonical document (RFC 8785)."""
    return canonical_json.digest(canonical(specification))


def from_canonical(document: Mapping[str, Any]) -> Specification:
    """Return the specification whose canonical document this is.

    Raises Invalid, with every problem, when it is not a canonical document.
    """
    canonical_json.encode_entry(dict(document))
    source = Source(data=dict(document))
    refuse(problems(source))
    return build(source.data)


def problems(source: Source) -> tuple[Problem, ...]:
    """Return everything that is wrong with `source`, in the order of the document. A place that a first
    look refuses is not looked at again: what is not a number cannot be too large."""
    found = [*source.problems, *shape.scalars(source), *above.problems(source)]
    for check in (shape.problems, rules.problems):
        places = {problem.where for problem in found}
        found += [problem for problem in check(source) if problem.where not in places]
    return in_order(found)


def in_order(found: Sequence[Problem]) -> tuple[Problem, ...]:
    """Return each of `found` once, in the order of the document."""
    return tuple(sorted(dict.fromkeys(found), key=lambda problem: (problem.line or 0, problem.column or 0)))


def refuse(found: Sequence[Problem], *, code: str = "") -> None:
    """Raise Invalid with `found`, if there is any; with `code`, if that is more telling than the usual one."""
    if not found:
        return
    weighed = [problem for problem in found if shape.NO_SCALAR in problem.what]
    first, others = (weighed or list(found))[0], len(found) - 1
    more = f" ({others} more)" if others else ""
    code = "no-scalar-decides" if weighed else code or "invalid-specification"
    raise Invalid(f"The specification is refused. {first}{more}", code=code, problems=tuple(found))


def build(data: Mapping[str, Any]) -> Specification:
    """Return the specification that well-formed `data` says; `problems` must have found nothing."""
    policy = data["approval_policy"]
    texts = {name: data[name] for name in ("key", "title", "version", "review_by", "purpose")}
    return Specification(
        **texts,
        dimensions=tuple(_dimension(part) for part in data["dimensions"]),
        measures=tuple(_measure(part) for part in data.get("measures", ())),
        conditions=tuple(_condition(part) for part in data.get("conditions", ())),
        tensions=tuple(_tension(part) for part in data.get("tensions", ())),
        yield_rules=tuple(_yield_rule(part) for part in data.get("yield_rules", ())),
        contexts=tuple(_overlay(part) for part in data.get("contexts", ())),
        approval_policy=ApprovalPolicy(
            sign_offs=tuple(SignOffRule(**rule) for rule in policy["sign_offs"]),
            veto_groups=tuple(policy.get("veto_groups", ())),
            separation=tuple(policy.get("separation", ("registrant", "trainer", "evaluator"))),
            validity_days=policy["validity_days"],
            cooling_off_hours=policy.get("cooling_off_hours", 0),
        ),
    )


def _dimension(part: Mapping[str, Any]) -> Dimension:
    return Dimension(**{**part, "criteria": tuple(_criterion(criterion) for criterion in part["criteria"])})


def _criterion(part: Mapping[str, Any]) -> Criterion:
    decimals = {name: _decimal(part.get(name, 0)) for name in ("threshold", "tolerance", "alpha")}
    lists = {"groups": tuple(part["groups"]), "contexts": tuple(part.get("contexts", (EVERY_CONTEXT,)))}
    return Criterion(**{"correction": "holm", **part, **decimals, **lists})


def _measure(part: Mapping[str, Any]) -> Measure:
    marks = {"misses_any_of": tuple(part["misses_any_of"])} if "misses_any_of" in part else {}
    return Measure(**{**part, **marks, "among": tuple(Among(**among) for among in part.get("among", ()))})


def _condition(part: Mapping[str, Any]) -> Condition:
    return Condition(**{**part, "contexts": tuple(part.get("contexts", (EVERY_CONTEXT,)))})


def _tension(part: Mapping[str, Any]) -> Tension:
    low, high = part["band"]
    return Tension(**{**part, "between": tuple(part["between"]), "band": (_decimal(low), _decimal(high))})


def _yield_rule(part: Mapping[str, Any]) -> YieldRule:
    return YieldRule(**{**part, "over": _decimal(part["over"])})


def _overlay(part: Mapping[str, Any]) -> Overlay:
    return Overlay(key=part["key"], tighten=tuple(_tightening(tightening) for tightening in part["tighten"]))


def _tightening(part: Mapping[str, Any]) -> Tightening:
    decimals = {name: _decimal(part[name]) for name in ("threshold", "tolerance", "alpha") if name in part}
    return Tightening(**{**part, **decimals})


def _decimal(value: Any) -> Decimal:
    found = number(value)
    if found is None:
        raise Invalid(f"{value!r} is not a decimal number.")
    return Decimal(decimal_text(found))


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        named = ((field.name, getattr(value, field.name)) for field in fields(value))
        return {name: _plain(member) for name, member in named if member is not None}
    if isinstance(value, tuple):
        return [_plain(member) for member in value]
    return decimal_text(value) if isinstance(value, Decimal) else value


def decimal_text(value: Decimal) -> str:
    """Return `value` exactly, in plain digits without needless zeros: 0.70 is "0.7"."""
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text
