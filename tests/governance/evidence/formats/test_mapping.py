"""A declared mapping makes cases of rows, and says by line and column what it cannot use."""

from __future__ import annotations

import io
from typing import Any

import pytest

from governance.errors import Invalid
from governance.evidence import formats
from governance.evidence.formats import mapping
from governance.evidence.formats.mapping import CaseMapping, Mapped
from tests.governance.evidence.tables import cells

WIDE = b"id,right,harm,where,band\na,1,0,us/phone,old\nb,0,,us/phone,\n"
DECLARED = """
case_id: id
values: {recall: right}
context: where
attributes: {age: band}
"""


def mapped(data: bytes, text: str, name: str = "cases.csv") -> Mapped:
    return mapping.cases(formats.read(io.BytesIO(data), name=name)[1], mapping.read(text))


def problems(call: Any, *arguments: Any) -> list[str]:
    with pytest.raises(Invalid) as caught:
        call(*arguments)
    assert all(problem.remedy for problem in caught.value.problems)
    return [str(problem) for problem in caught.value.problems]


def test_a_row_for_each_case_becomes_a_case_for_each_metric() -> None:
    found = mapped(WIDE, DECLARED)
    assert cells(found.cases, "age") == [("a", "recall", 1, "us/phone", "old"), ("b", "recall", 0, "us/phone", None)]


def test_a_row_for_each_case_and_metric_needs_two_columns() -> None:
    found = mapped(
        b"id,what,score\na,recall,true\na,harm,False\n", "{case_id: id, metric: what, value: score, context_is: '*'}"
    )
    assert cells(found.cases) == [("a", "recall", 1, "*"), ("a", "harm", 0, "*")]


def test_columns_with_our_names_need_no_mapping() -> None:
    data = io.BytesIO(b"case_id,metric,value,context,age\na,recall,1,*,old\n")
    table = formats.read(data, name="cases.csv")[1]
    assert cells(mapping.cases(table, mapping.plain(table)).cases, "age") == [("a", "recall", 1, "*", "old")]


def test_other_names_without_a_mapping_are_refused_with_the_near_one() -> None:
    table = formats.read(io.BytesIO(b"caseid,metric,value,context\na,recall,1,*\n"), name="cases.csv")[1]
    assert problems(mapping.plain, table) == ["column case_id: the column is missing. Rename 'caseid' to 'case_id'."]


def test_rows_that_are_not_asked_for_are_counted() -> None:
    text = DECLARED + "where: {band: old}\n"
    found = mapped(WIDE, text)
    assert ([case[0] for case in cells(found.cases)], found.left_out) == (["a"], 1)


def test_an_empty_value_is_refused_unless_it_is_declared_to_be_left_out() -> None:
    text = DECLARED.replace("recall: right", "harm: harm")
    assert problems(mapped, WIDE, text)[0].startswith("line 3, column value: an empty value is not a measurement.")
    found = mapped(WIDE, text + "empty: leave-out\n")
    assert ([case[0] for case in cells(found.cases)], found.left_out) == (["a"], 1)


def test_a_mapping_that_leaves_nothing_is_refused() -> None:
    assert "none of the 2 rows is left" in problems(mapped, WIDE, DECLARED + "where: {band: young}\n")[0]


def test_a_column_that_the_file_lacks_is_named_with_the_near_one() -> None:
    assert problems(mapped, WIDE, DECLARED.replace("recall: right", "recall: rigth")) == [
        "mapping: the file has no column 'rigth'. Did you mean 'right'?"
    ]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("case_id: id\nvalues: {recall: right}\n", "Give either context"),
        ("case_id: id\nvalues: {a: b}\nmetric: m\nvalue: v\ncontext: c\n", "Give either values"),
        ("case_id: id\nmetric: m\ncontext: c\n", "Give either values"),
        ("case_id: id\nvalues: {a: b}\ncontext: c\ngroup: g\n", "group (line 4, column 8)"),
        ("case_id: [id]\nvalues: {a: b}\ncontext: c\n", "case_id (line 1"),
        ("case_id: id\nvalues: {a: b}\ncontext: c\nempty: zero\n", "empty (line 4"),
        ("case_id: id\nvalues: {a: b}\ncontext: c\nwhere: {b: '1'}\n", "no case is chosen by how it came out"),
        ("case_id: id\nmetric: m\nvalue: v\ncontext: c\nwhere: {v: '1'}\n", "no case is chosen by how it came out"),
        ("case_id: id\ncase_id: id\nvalues: {a: b}\ncontext: c\n", "line 2"),
        ("- a\n", "document"),
        ("a: &b [*b]\n", "lias"),
        ("{", "line 1"),
        ("x" * 300_000, "262144"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_where(text: str, where: str) -> None:
    assert where in " ".join(problems(mapping.read, text))


def test_a_value_that_is_no_number_and_a_case_that_stands_twice_are_named_by_line() -> None:
    declared = "{case_id: id, values: {recall: right}, context: where}"
    [found] = problems(mapped, b"id,right,where\na,1,x\nb,maybe,x\n", declared)
    assert found.startswith("line 3, column value: 'maybe' is not a measurement.")
    [found] = problems(mapped, b"id,right,where\na,1,x\nb,1,x\na,0,x\n", declared)
    assert found.startswith("line 4, column case_id: case 'a' already has 'recall' in context 'x' in line 2.")


@pytest.mark.parametrize("text", ["nan", "sNaN", "-inf", "1e999999999", "1_0_", "٣x", "0x1"])
def test_text_that_is_no_measurement_is_refused(text: str) -> None:
    data = f"id,right,where\na,{text},x\n".encode()
    found = problems(mapped, data, "{case_id: id, values: {recall: right}, context: where}")
    assert found[0].startswith("line 2, column value")


def test_a_mapping_goes_on_record_whole() -> None:
    declared = mapping.read(DECLARED)
    found = mapping.on_record(declared, mapped(WIDE, DECLARED), name="x" * 300, form="csv", is_kept=True)
    assert CaseMapping.model_validate(found["mapping"]) == declared
    assert (len(found["name"]), found["left_out"], found["is_kept"]) == (200, 0, True)
