"""Extra conditions of a specification as expressions in CEL, the Common Expression Language (cel.dev). Pure.

An expression sees what was measured for the metrics of one dimension and nothing else: maps from `metric/group` to
`estimate`, `low`, `high` (doubles) and `n` (int). It cannot weigh one dimension against another.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cel_expr_python import cel  # type: ignore[import-untyped]

LONGEST = 1000
_LITERAL = re.compile(r'"([^"\\]*)"|\'([^\'\\]*)\'')
_QUANTIFIES = re.compile(
    r"\b(all|exists|exists_one|filter|map|size|has)\s*\(|\bin\b|==\s*\{|\{\s*\}|\b(estimate|low|high|n)\b(?!\s*\[)"
)
_PLACE = re.compile(r"<input>:\d+:(\d+): ([^\n]*)")


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What an expression sees, by `metric/group`: the estimate, the bounds that the verdict used, and the cases."""

    estimate: dict[str, float] = field(default_factory=dict)
    low: dict[str, float] = field(default_factory=dict)
    high: dict[str, float] = field(default_factory=dict)
    n: dict[str, int] = field(default_factory=dict)


class Unanswered(Exception):
    """The expression has no answer for what was measured; the message says why."""


def faults(expression: str, *, known: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with an expression, and the remedy; `known` are the keys `metric/group` that it may name."""
    if len(expression) > LONGEST:
        yield f"It has {len(expression)} characters.", f"Use at most {LONGEST}."
        return
    if "/" in _LITERAL.sub("", expression) or "%" in _LITERAL.sub("", expression):
        # A double divided by zero is infinite, which would clear any threshold.
        yield "It divides.", "Compare products instead: low >= 0.8 * estimate."
    try:
        compiled = _environment().compile(expression)
    except RuntimeError as error:
        yield _why(error), 'Write CEL over estimate, low, high and n, such as low["recall/poor-health"] >= 0.6.'
        return
    if compiled.return_type().name() != "BOOL":
        yield f"It gives {compiled.return_type().name().lower()}, not true or false.", "Compare what it gives."
    if not keys(expression) and not quantifies(expression):
        yield (
            "It asks about nothing that was measured.",
            'Name a metric and a group, such as low["recall/poor-health"].',
        )
    for key in keys(expression):
        if key not in known:
            yield f"“{key}” is not measured for its dimension.", f"Known: {', '.join(sorted(known))}."


def keys(expression: str) -> list[str]:
    """Return the texts that an expression quotes, which name what it asks about as `metric/group`."""
    return [found[1] if found[1] is not None else found[2] for found in _LITERAL.finditer(expression)]


def quantifies(expression: str) -> bool:
    """Return whether an expression asks about whichever groups happen to be there: of none, much is true."""
    return _QUANTIFIES.search(_LITERAL.sub('""', expression)) is not None


def holds(expression: str, measured: Measured) -> bool:
    """Return whether the expression is true of what was measured.

    Raises Unanswered for everything else that can come of it: an error, a missing key, too many steps, another type.
    """
    for what, _ in faults(expression, known=measured.estimate.keys()):
        raise Unanswered(what)
    try:
        found = _environment().compile(expression).eval(data=vars(measured)).value()
    except RuntimeError as error:
        raise Unanswered(_why(error)) from error
    if not isinstance(found, bool):
        raise Unanswered(f"It gives no truth value: {found}")
    return found


@functools.cache
def _environment() -> cel.Env:
    from cel_expr_python import cel

    numbers, counts = (cel.Type.Map(cel.Type.STRING, kind) for kind in (cel.Type.DOUBLE, cel.Type.INT))
    return cel.NewEnv(variables={"estimate": numbers, "low": numbers, "high": numbers, "n": counts})


def _why(error: RuntimeError) -> str:
    text = str(error)
    found = _PLACE.search(text)
    return f"At character {found[1]}: {found[2]}." if found else f"{text.partition(' [')[0]}."
