"""Which column of a file says what: a declared mapping, and the cases that it makes of the rows. Pure.

The mapping goes on record with the evidence, and with it how many rows it left out.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from governance import canonical
from governance.errors import Invalid, Problem
from governance.evidence import columns, content, declared, ingest
from governance.evidence.cases import Cases
from governance.evidence.formats.table import MOST_PROBLEMS, Batch, Cell, Table, refused

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
    """The cases of a file, by how many values the mapping left out and what these add up to by metric, and what the
    file claims by metric."""

    cases: Cases
    left_out: int
    sums: Mapping[str, content.Sum]
    claims: Mapping[str, str]


def read(text: str) -> CaseMapping:
    """Return the mapping in YAML or JSON. Raises Invalid that names each member that is wrong, with its line."""
    return declared.read(text, TypeAdapter(CaseMapping), remedy=REMEDY, refuse=_unusable)


def plain(table: Table) -> CaseMapping:
    """Return the mapping of a table whose columns already have the names: every other column is an attribute."""
    names = tuple(table.names())
    ingest.check_columns(names)
    others = {name: name for name in names if name not in ingest.REQUIRED}
    return CaseMapping(case_id="case_id", metric="metric", value="value", context="context", attributes=others)


def cases(
    table: Table,
    mapping: CaseMapping,
    *,
    asked: Collection[str] | None = None,
    numbers: Collection[str] = (),
    metrics: Collection[str] | None = None,
    course: ingest.Course | None = None,
) -> Mapped:
    """Return the cases of a file with those of their attributes that are `asked` for (None: all), of which `numbers`
    are read as numbers; what is left out is told for `metrics` (None: all), and `course` hears how far it is. Raises
    Invalid that names line and column of each row that cannot be used."""
    _check_columns(table, mapping)
    ingest.check_columns([*ingest.REQUIRED, *mapping.attributes])
    attributes = [name for name in mapping.attributes if asked is None or name in asked]
    gathering = ingest.Gathering(attributes, numbers=numbers, metrics=metrics)
    course = course or ingest.Course()
    gathering.restore(course.kept())
    counts = gathering.counts
    for batch in table.batches(counts.batches):
        for block, left in _blocks(batch, mapping, is_typed=table.is_typed):
            gathering.add(block)
            for rows in left:
                gathering.leave_out(rows)
        counts.batches += 1
        counts.rows += batch.size
        counts.values += batch.size * max(len(mapping.values), 1)
        course.reached(gathering, end=batch.end)
    if not counts.measured:
        what = f"none of the {counts.rows} rows is left."
        raise refused([Problem("mapping.where", what, "Correct `where`, or what is left out.")])
    found = gathering.cases(partial(_place_of, table, mapping))
    left_out = counts.values - counts.measured
    return Mapped(cases=found, left_out=left_out, sums=gathering.left_out.sums, claims=_claims(table, mapping))


def _blocks(
    batch: Batch, mapping: CaseMapping, *, is_typed: bool
) -> Iterator[tuple[ingest.Block, tuple[ingest.Block, ...]]]:
    """Yield the rows of a batch that count, once for each metric of which they have a value, and those that do not."""
    chosen = _chosen(batch, mapping)
    others = [] if chosen is None else sorted(set(range(batch.size)).difference(chosen))
    left_out = _of_rows(batch, mapping, others, is_typed=is_typed) if others else repeat(None)
    # Not strict: nothing ends what is repeated.
    for block, other in zip(_of_rows(batch, mapping, chosen, is_typed=is_typed), left_out, strict=False):
        left = () if other is None else (other,)
        if mapping.empty == "leave-out" and None in block.cells["value"]:
            empty = [row for row, cell in enumerate(block.cells["value"]) if cell is None]
            full = [row for row, cell in enumerate(block.cells["value"]) if cell is not None]
            yield _rows(block, full), (*left, _rows(block, empty))
        else:
            yield block, left


def _of_rows(batch: Batch, mapping: CaseMapping, chosen: list[int] | None, *, is_typed: bool) -> Iterator[ingest.Block]:
    """Yield rows of a batch (None: all of them), once for each metric."""
    kept = range(batch.size) if chosen is None else chosen

    def cells(name: str) -> Sequence[Cell]:
        found = batch.cells(name)
        return found if chosen is None else [found[row] for row in chosen]

    context = [mapping.context_is] * len(kept) if mapping.context_is else cells(mapping.context)
    shared = {"case_id": cells(mapping.case_id), "context": context}
    shared |= {name: cells(column) for name, column in mapping.attributes.items()}
    metrics: list[tuple[Sequence[Cell], str]] = [([metric] * len(kept), c) for metric, c in mapping.values.items()]
    for metric, column in metrics or [(cells(mapping.metric), mapping.value)]:
        values = cells(column) if is_typed else _numbers(cells(column))
        yield ingest.Block(
            cells={**shared, "metric": metric, "value": values}, place=lambda index: batch.place(kept[index])
        )


def _chosen(batch: Batch, mapping: CaseMapping) -> list[int] | None:
    """Return the rows that `where` chooses; None where it chooses every one."""
    if not mapping.where:
        return None
    conditions = [(batch.cells(name), wanted) for name, wanted in mapping.where.items()]
    return [
        row for row in range(batch.size) if all(columns.as_text(cells[row]) == wanted for cells, wanted in conditions)
    ]


def _rows(block: ingest.Block, kept: Sequence[int]) -> ingest.Block:
    cells = {name: [column[row] for row in kept] for name, column in block.cells.items()}
    return ingest.Block(cells=cells, place=lambda index: block.place(kept[index]))


def _place_of(table: Table, mapping: CaseMapping, numbers: Sequence[int]) -> list[tuple[str, str]]:
    """Return place and case id of the rows that were gathered as `numbers`, by reading the table again."""
    found: dict[int, tuple[str, str]] = {}
    first = 0
    for batch in table.batches(0):
        for block, _ in _blocks(batch, mapping, is_typed=table.is_typed):
            for number in numbers:
                if first <= number < first + len(block):
                    cell = block.cells["case_id"][number - first]
                    found[number] = block.place(number - first), columns.as_text(cell) or ""
            first += len(block)
        if len(found) == len(set(numbers)):
            break
    return [found[number] for number in numbers]


def _numbers(cells: Sequence[Cell]) -> Sequence[Cell]:
    """Return cells of text as the numbers and truth values that they stand for."""
    meant = {cell: _number(cell) for cell in set(cells)}
    return [meant[cell] for cell in cells]


def _number(cell: Cell) -> Cell:
    if not isinstance(cell, str):
        return cell
    if cell.lower() in TRUTH:
        return TRUTH[cell.lower()]
    return float(cell) if NUMBER.fullmatch(cell) else cell


def _claims(table: Table, mapping: CaseMapping) -> dict[str, str]:
    return {metric: table.claims[column] for metric, column in mapping.values.items() if column in table.claims}


def _check_columns(table: Table, mapping: CaseMapping) -> None:
    known = table.names()
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
