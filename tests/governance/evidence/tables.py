"""Per-case tables as `mlflow.log_table` writes them, and criteria to measure them by."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from governance.evidence.formats import logged, mapping
from governance.evidence.records import CaseRecord

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


def read_cases(data: bytes) -> tuple[CaseRecord, ...]:
    """Read a table whose columns have Edgewise's names."""
    found = logged.read(data)
    return mapping.cases(found, mapping.plain(found)).records
