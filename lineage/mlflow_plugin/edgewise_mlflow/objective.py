"""What training aimed at, as Edgewise reads it: fixed factors, or a learned policy that chose them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from numbers import Real
from typing import Any

from edgewise_mlflow.cases import Unusable

MOST_NAMES, LONGEST_NAME = 50, 200
SMALLEST, LARGEST = 1e-12, 1e19
RANGE = ("low", "mean", "high")
POLICY = re.compile(r"models:/[^/@:]+/[1-9][0-9]*")
DIGEST = re.compile(r"[0-9a-f]{64}")


def scalarised(terms: Mapping[str, float]) -> dict[str, Any]:
    """Return that one number was optimised, each of `terms` times its factor. Raises Unusable."""
    _refuse([*_wrong_names("terms", terms), *_wrong_numbers("terms", terms)])
    return {"kind": "scalarised", "terms": _written(terms)}


def learned_policy(
    policy: str, *, digest: str, observed: Mapping[str, Mapping[str, Mapping[str, float]]]
) -> dict[str, Any]:
    """Return that the files `digest` of `policy` chose the factors, which were `observed` by context and value. Raises
    Unusable."""
    problems = []
    if not POLICY.fullmatch(policy):
        problems.append(f"policy: {policy!r} names no version. Write models:/NAME/VERSION.")
    if not DIGEST.fullmatch(digest):
        problems.append(f"digest: {digest!r} is none. Take the one that `edgewise register` says of the policy.")
    problems += _wrong_names("observed", observed)
    for context, values in observed.items():
        problems += _wrong_names(f"observed, {context}", values)
        for value, factors in values.items():
            where = f"observed, {context}, {value}"
            if set(factors) != set(RANGE):
                problems.append(f"{where}: give {', '.join(RANGE)}, and nothing else.")
            problems += _wrong_numbers(where, factors)
    _refuse(problems)
    seen = {context: {value: _written(f) for value, f in values.items()} for context, values in observed.items()}
    return {"kind": "learned-policy", "policy": policy, "digest": digest, "observed": seen}


def _refuse(problems: list[str]) -> None:
    if problems:
        raise Unusable(problems)


def _wrong_names(where: str, named: Mapping[str, Any]) -> Iterator[str]:
    if not 0 < len(named) <= MOST_NAMES:
        yield f"{where}: {len(named)} of them. Name 1 to {MOST_NAMES}."
    for name in named:
        if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            yield f"{where}: {name!r} is no name. Use 1 to {LONGEST_NAME} printable characters."


def _wrong_numbers(where: str, found: Mapping[str, float]) -> Iterator[str]:
    for name, value in found.items():
        if not _is_number(value):
            yield f"{where}, {name}: {value!r} is no finite number that can be recorded."


def _is_number(value: Any) -> bool:
    if type(value) is bool or not isinstance(value, Real):
        return False
    size = abs(float(value))
    return size == 0 or SMALLEST <= size < LARGEST


def _written(found: Mapping[str, float]) -> dict[str, str]:
    """Return numbers as plain decimals of nine digits, since not every reader of YAML knows 1e-05."""
    return {name: format(Decimal(f"{value:.9g}") + 0, "f") for name, value in found.items()}
