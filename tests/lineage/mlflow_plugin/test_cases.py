"""What a training script may log is what Edgewise reads: both sides refuse the same tables, and find the same means."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from edgewise_mlflow import cases as ours
from edgewise_mlflow.cases import Unusable, checked, means
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.errors import Invalid
from governance.evidence import aggregation, columns, ingest
from governance.evidence.cases import ATTEMPT, RATER, Cases
from governance.evidence.formats import mapping, read, table
from governance.evidence.records import EVERYWHERE, LEVELS, Source
from governance.specs import shape
from tests.governance.evidence.tables import Criterion

pytestmark = pytest.mark.filterwarnings("ignore")
PHONE = "us/outreach/phone"
ROW = {"case_id": "c1", "metric": "recall", "value": 1, "context": "*", "health": "poor"}
MESSY = st.fixed_dictionaries(
    {
        "case_id": st.sampled_from(["c1", "c2", "c3", "c4", "c5", "", "a\nb", "x" * 257, 1, 2.0, None]),
        "metric": st.sampled_from(["recall", "speed"]),
        "value": st.sampled_from([0, 1, 1.0, 0.5, 7, -3.25, 1e-14, True, 1e-16, 1e16, float("nan"), "1", None]),
        "context": st.sampled_from([EVERYWHERE, PHONE]),
    },
    optional={
        "rater": st.sampled_from(["ann", "bob", None]),
        "limited": st.sampled_from([True, False, None, 1, "yes"]),
    },
)
CLEAN = st.fixed_dictionaries(
    {
        "case_id": st.sampled_from([f"c{number}" for number in range(30)]),
        "metric": st.sampled_from(["recall", "speed"]),
        "value": st.floats(min_value=-1e6, max_value=1e6).filter(lambda value: value == 0 or abs(value) > 1e-12),
        "context": st.just(PHONE),
        "rater": st.sampled_from(["ann", "bob"]),
    }
)


def judged(file: bytes, *, name: str = "cases.json") -> Cases:
    """What Edgewise makes of a file: its cases, once every metric could be added up where it counts."""
    _, found = read(io.BytesIO(file), name=name)
    cases = mapping.cases(found, mapping.plain(found)).cases
    for metric in cases.metrics.texts:
        aggregation.aggregate(cases, metric=metric, context=PHONE, how="mean")
    return cases


def as_mlflow_writes(frame: pd.DataFrame) -> bytes:
    return str(frame.to_json(orient="split", index=False, date_format="iso")).encode()


def test_both_sides_hold_the_same_limits() -> None:
    assert (ours.REQUIRED, ours.LEVELS, ours.SEVERAL) == (ingest.REQUIRED, LEVELS, (RATER, ATTEMPT))
    assert (ours.EVERYWHERE, ours.MOST_ROWS, ours.MOST_COLUMNS) == (EVERYWHERE, table.MOST_ROWS, ingest.MOST_COLUMNS)
    assert (ours.LONGEST_TEXT, ours.LARGEST_WHOLE) == (columns.LONGEST_TEXT, columns.LARGEST_WHOLE)
    assert (ours.MOST_NAMED, ours.ENOUGH_PROBLEMS) == (table.MOST_PROBLEMS, ingest.ENOUGH_PROBLEMS)
    assert (ours.SMALLEST, ours.LARGEST) == (columns.SMALLEST, columns.LARGEST)


@pytest.mark.parametrize("name", ["recall", "a.b-c_d", "0x", "", ".a", "a b", "a/b", "é", "x" * 64, "x" * 65, "a\n"])
def test_a_metric_has_a_name_that_a_specification_can_ask_for(name: str) -> None:
    pattern = shape.schema()["$defs"]["metric"]["pattern"]
    assert bool(ours.METRIC.fullmatch(name)) == is_of(pattern, name)


@pytest.mark.parametrize("key", ["us", "us/a-b/0", "", "US", "us/", "/us", "a--b", "a_b", "us/a b", "x" * 201, "us\n"])
def test_a_context_has_a_key_that_a_system_can_have(key: str) -> None:
    form = shape.schema()["$defs"]["context"]
    assert bool(ours.CONTEXT.fullmatch(key)) == (is_of(form["pattern"], key) and len(key) <= form["maxLength"])


def is_of(pattern: str, text: str) -> bool:
    from jsonschema import Draft202012Validator

    return Draft202012Validator({"pattern": pattern}).is_valid(text)


@settings(max_examples=400, deadline=None)
@given(st.lists(MESSY, min_size=1, max_size=6))
def test_both_sides_refuse_the_same_tables(rows: list[dict[str, Any]]) -> None:
    frame = pd.DataFrame(rows)
    try:
        checked(frame, level="response")
    except Unusable:
        with pytest.raises(Invalid):
            judged(as_mlflow_writes(frame))
    else:
        judged(as_mlflow_writes(frame))


@settings(max_examples=100, deadline=None)
@pytest.mark.parametrize("apart", [("case_id", "metric"), ("case_id", "metric", "rater")])
@given(data=st.data())
def test_the_mean_that_is_claimed_is_the_mean_that_is_found(apart: tuple[str, ...], data: st.DataObject) -> None:
    rows = data.draw(st.lists(CLEAN, min_size=1, max_size=40, unique_by=lambda row: tuple(row[name] for name in apart)))
    kept = [*apart, "value", "context"]
    found = checked(pd.DataFrame(rows)[kept], level="response")
    file = io.BytesIO()
    found.to_parquet(file, index=False)
    cases = judged(file.getvalue(), name="cases.parquet")
    asked = [Criterion(metric=metric, aggregate="mean", bound="t", groups=("all",)) for metric in means(found)]
    source = Source(evidence="r", subject="5f", level="response")
    observed = aggregation.observations(cases, asked, {}, context=PHONE, source=source)
    whole = [aggregation.over_all_contexts(cases, each, selectors={}) for each in observed]
    assert len(whole) == len(asked)
    assert aggregation.compare_claims(whole, means(found)) == ()


def test_a_case_that_many_rated_counts_once_in_the_claim() -> None:
    rows = [("c1", "ann", 1), ("c1", "bob", 1), ("c1", "eve", 1), ("c2", "ann", 0)]
    rated = checked([ROW | {"case_id": c, "rater": r, "value": v} for c, r, v in rows], level="response")
    assert means(rated) == {"recall": 0.5}


@pytest.mark.parametrize(
    ("given_rows", "problem"),
    [
        ([ROW, ROW], "row 2 (case 'c1'), column case_id: the case has 'recall' in context '*' already"),
        (
            [ROW, ROW | {"context": PHONE}],
            "row 2 (case 'c1'), column context: the case has 'recall' here and everywhere",
        ),
        (
            [ROW, ROW | {"case_id": "c2", "value": float("nan")}],
            "row 2 (case 'c2'), column value: nan is not a measure",
        ),
        ([ROW | {"value": "1"}], "row 1 (case 'c1'), column value: '1' is not a measurement"),
        ([ROW | {"value": 0.5}], "row 1 (case 'c1'), column value: 0.5 for the proportion 'recall'"),
        ([ROW | {"metric": "speed"}], "proportions, recall: no row has this metric. There are: speed."),
        ([ROW | {"case_id": None}], "row 1 (case None), column case_id: there is no value"),
        ([ROW | {"case_id": 1.5}], "row 1 (case 1.5), column case_id: this number tells no case apart"),
        ([ROW | {"metric": "recall@5"}], "row 1 (case 'c1'), column metric: 'recall@5' cannot be read"),
        ([ROW | {"context": "US"}], "row 1 (case 'c1'), column context: 'US' cannot be read"),
        (
            [ROW, ROW | {"case_id": 2}],
            "row 2 (case 2), column case_id: this is a number, and the column began with a text",
        ),
        ([ROW | {"tags": ["a"]}], "row 1 (case 'c1'), column tags: this is no text, number or truth value"),
        ([{"case_id": "c1"}], "column metric: it is missing"),
        ([ROW | {"my column": 1}], "column 'my column': this is no name"),
        ([ROW | {f"a{number}": 1 for number in range(60)}], "columns: 65; the most is 64"),
        ([], "cases: there is none"),
    ],
)
def test_what_is_wrong_is_named_with_row_case_and_column(given_rows: list[dict[str, Any]], problem: str) -> None:
    with pytest.raises(Unusable) as caught:
        checked(given_rows, level="response", proportions=["recall"])
    assert str(caught.value).startswith(problem)


def test_every_problem_is_kept_and_twenty_are_shown() -> None:
    with pytest.raises(Unusable, match=r"… and 10 more$") as caught:
        checked([ROW | {"case_id": f"c{number}", "value": 2**60} for number in range(30)], level="response")
    assert len(caught.value.problems) == 30


def test_a_level_that_nobody_knows_is_refused() -> None:
    with pytest.raises(Unusable, match=r"^level: 'excellent'\. Use one of model, response"):
        checked([ROW], level="excellent")


def test_numbers_of_several_types_are_measured_alike() -> None:
    values = [Decimal("0.5"), 0.25, 1, np.int64(0), np.float32(2)]
    found = checked([ROW | {"case_id": f"c{n}", "value": value} for n, value in enumerate(values)], level="response")
    assert sorted(judged(as_mlflow_writes(found)).values.tolist()) == [0, 0.25, 0.5, 1, 2]


def test_categories_and_missing_attributes_are_as_good_as_text() -> None:
    frame = pd.DataFrame([ROW, ROW | {"case_id": "c2", "health": None}])
    frame["metric"] = pd.Categorical(frame["metric"], categories=["recall", "specificity"])
    found = checked(frame, level="response", proportions={"recall"})
    assert means(found) == {"recall": 1.0}
    assert judged(as_mlflow_writes(found)).count == 2
    assert json.loads(as_mlflow_writes(found))["data"][1][4] is None
