"""Which column of a file says what: a declared mapping, and the cases that it makes of the rows. Pure.

The mapping goes on record with the evidence, and with it how many rows it left out.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from governance import canonical
from governance.errors import Invalid, Problem
from governance.evidence import declared, ingest
from governance.evidence.formats.table import MOST_PROBLEMS, Cell, Row, Table, refused
from governance.evidence.records import CaseRecord

NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,9})?")
LONGEST_NAME = 200
TRUTH = {"true": True, "false": False}
REMEDY = "Name columns of the file, as docs/how-to/bring-evidence-from-a-file.md says."


class CaseMapping(BaseModel):
    """Each member names a column, but for `context_is`, which is itself the context of every row.

    `values` leads from a metric to the column with its value; a file with one row for each case and metric has
    `metric` and `value` instead. `attributes` leads from the name that a population selector asks for to a column.
    Only rows that are `where` says count, by column and text. A row without a value is refused, or left out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    case_id: str
    values: dict[str, str] = Field(default_factory=dict)
    metric: str = ""
    value: str = ""
    context: str = ""
    context_is: str = ""
    attributes: dict[str, str] = Field(default_factory=dict)
    where: dict[str, str] = Field(default_factory=dict)
    empty: Literal["refuse", "leave-out"] = "refuse"
    task: str = ""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if bool(self.values) == bool(self.metric or self.value) or bool(self.metric) != bool(self.value):
            raise ValueError("Give either values (metric: column), or the two columns metric and value")
        if {*self.values.values(), self.value} & set(self.where):
            raise ValueError("`where` names the column of a value: no case is chosen by how it came out")
        if bool(self.context) == bool(self.context_is):
            raise ValueError("Give either context (a column), or context_is (the context of every row)")
        return self

    def columns(self) -> tuple[str, ...]:
        """Return every column that is named."""
        named = (self.case_id, *self.values.values(), self.metric, self.value, self.context)
        return tuple(dict.fromkeys(n for n in (*named, *self.attributes.values(), *self.where) if n))


@dataclass(frozen=True, kw_only=True)
class Mapped:
    """The cases of a file, by how many rows the mapping left out, and what the file claims by metric."""

    records: tuple[CaseRecord, ...]
    left_out: int
    claims: Mapping[str, str]


def read(text: str) -> CaseMapping:
    """Return the mapping in YAML or JSON. Raises Invalid that names each member that is wrong, with its line."""
    return declared.read(text, TypeAdapter(CaseMapping), remedy=REMEDY, refuse=_unusable)


def plain(table: Table) -> CaseMapping:
    """Return the mapping of a table whose columns already have the names: every other column is an attribute."""
    columns = tuple(dict.fromkeys(name for row in table.rows for name in row))
    ingest.check_columns(columns)
    others = {name: name for name in columns if name not in ingest.REQUIRED}
    return CaseMapping(case_id="case_id", metric="metric", value="value", context="context", attributes=others)


def cases(table: Table, mapping: CaseMapping) -> Mapped:
    """Return the cases of a file. Raises Invalid that names line and column of each row that cannot be used."""
    _check_columns(table, mapping)
    rows, places = [], []
    left_out = 0
    for row, place in zip(table.rows, table.places, strict=True):
        if any(ingest.as_text(row.get(name)) != wanted for name, wanted in mapping.where.items()):
            left_out += 1
            continue
        for metric, cell in _values(row, mapping):
            if cell is None and mapping.empty == "leave-out":
                left_out += 1
                continue
            context = mapping.context_is or row.get(mapping.context)
            attributes = (row.get(name) for name in mapping.attributes.values())
            value = cell if table.is_typed else _number(cell)
            rows.append([row.get(mapping.case_id), metric, value, context, *attributes])
            places.append(place)
    if not rows:
        what = f"none of the {len(table.rows)} rows is left."
        raise refused([Problem("mapping.where", what, "Correct `where`, or what is left out.")])
    columns = [*ingest.REQUIRED, *mapping.attributes]
    ingest.check_columns(columns)
    records = ingest.cases(columns, rows, places)
    return Mapped(records=records, left_out=left_out, claims=_claims(table, mapping))


def _values(row: Row, mapping: CaseMapping) -> Iterator[tuple[Cell, Cell]]:
    if mapping.values:
        yield from ((metric, row.get(column)) for metric, column in mapping.values.items())
    else:
        yield row.get(mapping.metric), row.get(mapping.value)


def _number(cell: Cell) -> Cell:
    if not isinstance(cell, str):
        return cell
    if cell.lower() in TRUTH:
        return TRUTH[cell.lower()]
    return Decimal(cell) if NUMBER.fullmatch(cell) else cell


def _claims(table: Table, mapping: CaseMapping) -> dict[str, str]:
    return {metric: table.claims[column] for metric, column in mapping.values.items() if column in table.claims}


def _check_columns(table: Table, mapping: CaseMapping) -> None:
    known = {name for row in table.rows for name in row}
    problems = [_absent(name, known) for name in mapping.columns() if name not in known]
    if problems:
        raise refused(problems)


def _absent(name: str, known: Collection[str]) -> Problem:
    near = difflib.get_close_matches(name, known, n=1)
    remedy = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(sorted(known)[:MOST_PROBLEMS])}."
    return Problem("mapping", f"the file has no column {name!r}.", remedy)


def _unusable(problems: tuple[Problem, ...]) -> Invalid:
    return Invalid(f"The mapping cannot be used. {problems[0]}", code="mapping-unusable", problems=problems)


def on_record(
    mapping: CaseMapping, mapped: Mapped, *, name: str, form: str, is_kept: bool, results: bytes = b""
) -> dict[str, Any]:
    """Return how a table was read, as it goes on record: every member of the mapping, and how many values it left out.
    `is_kept` says whether the very bytes are kept here."""
    return {
        "name": name[:LONGEST_NAME],
        "format": form,
        "mapping": mapping.model_dump(mode="json"),
        "left_out": mapped.left_out,
        "is_kept": is_kept,
        "results": canonical.digest_bytes(results) if results else "",
    }
