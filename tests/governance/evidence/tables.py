"""Per-case tables as `mlflow.log_table` writes them, and criteria to measure them by."""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from governance.evidence.cases import Cases
from governance.evidence.formats import logged, mapping

COLUMNS = ("case_id", "metric", "value", "context", "health")


@dataclass(frozen=True, kw_only=True)
class Criterion:
    dimension: str = "need-is-seen"
    metric: str = "recall"
    aggregate: str = "proportion"
    alpha: Decimal = Decimal("0.05")
    bound: str = "clopper-pearson"
    groups: tuple[str, ...] = ("poor", "good")


def table(*rows: Sequence[Any], columns: Sequence[str] = COLUMNS) -> bytes:
    return json.dumps({"columns": list(columns), "data": [list(row) for row in rows]}).encode()


def row(
    case: Any = "c1", metric: Any = "recall", value: Any = 1, context: Any = "*", health: Any = "poor"
) -> list[Any]:
    return [case, metric, value, context, health]


def read_cases(data: bytes, numbers: Collection[str] = ()) -> Cases:
    """Read a table whose columns have Edgewise's names."""
    found = logged.read(io.BytesIO(data))
    return mapping.cases(found, mapping.plain(found), numbers=numbers).cases


def cells(cases: Cases, *attributes: str) -> list[tuple[Any, ...]]:
    """Return case id, metric, value, context and attributes of each row, in the order of the table."""
    rows = [
        (
            int(cases.rows[row]),
            cases.named(row),
            cases.metrics.text(row),
            float(cases.values[row]),
            cases.contexts.text(row),
            *(cases.attributes[name].text(row) for name in attributes),
        )
        for row in range(len(cases))
    ]
    return [row[1:] for row in sorted(rows)]
