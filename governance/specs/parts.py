"""The parts of a specification, some of which may be malformed: what a rule can take from them, tolerantly. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from governance.specs.clauses import EVERY_CONTEXT
from governance.specs.syntax import Source

DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,30})?\Z")

Part = tuple[str, dict[str, Any]]
"""Where it stands, such as `dimensions[0].criteria[1]`, and what it says."""


def number(value: Any) -> Decimal | None:
    """Return the exact decimal that a document's value says (a number or a decimal string), or None."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    return Decimal(value) if not isinstance(value, str) or DECIMAL.match(value) else None


def all_criteria(source: Source) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield each criterion: the key of its dimension, where it stands, and what it says."""
    for where, dimension in dimension_parts(source):
        for place, criterion in parts(dimension.get("criteria"), f"{where}.criteria"):
            yield text(dimension.get("key")), place, criterion


def dimension_parts(source: Source) -> list[Part]:
    """Return each dimension."""
    return list(parts(get(source.data, "dimensions"), "dimensions"))


def parts(value: Any, where: str) -> Iterator[Part]:
    """Yield those members of a list that are mappings."""
    for index, part in enumerate(value if isinstance(value, list) else []):
        if isinstance(part, dict):
            yield f"{where}[{index}]", part


def patterns(criterion: dict[str, Any]) -> list[str]:
    """Return the contexts that a criterion or condition names, by default every one."""
    return texts(criterion.get("contexts", [EVERY_CONTEXT]))


def get(value: Any, key: str) -> Any:
    """Return a member of a mapping, None of anything else."""
    return value.get(key) if isinstance(value, dict) else None


def text(value: Any) -> str:
    """Return a text, empty for anything else."""
    return value if isinstance(value, str) else ""


def texts(value: Any) -> list[str]:
    """Return those members of a list that are texts."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
