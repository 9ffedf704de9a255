"""Derived metrics in a specification: what is refused, and what a change of them means."""

from __future__ import annotations

import pytest

from governance.errors import Invalid
from governance.specs import diff, document, reading
from tests.governance.specs.documents import TEXT

MEASURE = """\
measures:
  - metric: recall
    of: seen
    among:
      - {column: unclear, equals: "yes"}
    why: Only the unclear cases tell.
"""
ASKED = TEXT.replace("tensions:", f"{MEASURE}tensions:", 1)
SECOND = '  - {metric: recall, of: seen, among: [{column: a, equals: "1"}], why: Again.}\n'


def test_a_measure_stands_in_the_document() -> None:
    (measure,) = reading.read(ASKED).measures
    assert (measure.metric, measure.of, measure.among[0].column, measure.among[0].equals) == (
        "recall",
        "seen",
        "unclear",
        "yes",
    )


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ("of: seen", "of: recall", "measures[0].of", "It is derived from itself."),
        ("of: seen", "misses_any_of: [seen, recall]", "measures[0].misses_any_of[1]", "It is derived from itself."),
        ("    of: seen\n", "", "measures[0]", "from nothing, or from two things"),
        ("of: seen", "of: seen\n    misses_any_of: [seen]", "measures[0]", "from nothing, or from two things"),
        ("of: seen", "misses_any_of: []", "measures[0].misses_any_of", "This is empty."),
        ("  - metric: recall\n    of", "  - metric: kindness\n    of", "measures[0].metric", "No criterion asks for"),
        (
            "{column: unclear,",
            "{column: a, metric: b,",
            "measures[0].among[0]",
            "neither a column nor a metric, or both",
        ),
        ("{column: unclear,", "{", "measures[0].among[0]", "neither a column nor a metric"),
        ("{column: unclear,", "{metric: recall,", "measures[0].among[0].metric", "`recall` is itself derived"),
        ('equals: "yes"', "equals: 1", "measures[0].among[0].equals", "`1` is of the wrong kind."),
        ("    why: Only", "    squared_error_of: p\n    why: Only", "measures[0].squared_error_of", "is no proportion"),
        ("    why: Only the unclear cases tell.\n", f"    why: Only.\n{SECOND}", "measures[1].metric", "a second time"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(old: str, new: str, where: str, what: str) -> None:
    assert ASKED.count(old) == 1
    with pytest.raises(Invalid) as refused:
        reading.read(ASKED.replace(old, new))
    found = {problem.where: problem for problem in refused.value.problems}
    assert what in found[where].what
    assert found[where].line


@pytest.mark.parametrize(
    "measure",
    [
        ASKED,
        ASKED.replace("of: seen", "misses_any_of: [seen, said]"),
        TEXT.replace(
            "tensions:",
            "measures:\n  - {metric: wasted-minutes, of: kind, squared_error_of: p, why: x}\ntensions:",
            1,
        ),
    ],
    ids=["of some", "marks", "of all"],
)
def test_what_was_ratified_is_read_back(measure: str) -> None:
    specification = reading.read(measure)
    assert document.from_canonical(document.canonical(specification)) == specification


def test_another_list_of_marks_is_another_measure_and_their_order_is_none() -> None:
    marks, same, other = (
        reading.read(ASKED.replace("of: seen", f"misses_any_of: [{listed}]"))
        for listed in ("seen, said", "said, seen", "seen")
    )
    assert [change.kind for change in diff.compare(marks, other)] == ["loosened"]
    assert {change.kind for change in diff.compare(marks, same)} == {"reworded"}


def test_a_bare_second_name_is_refused() -> None:
    text = ASKED.replace('    among:\n      - {column: unclear, equals: "yes"}\n', "")
    with pytest.raises(Invalid, match="nothing but `seen` under another name"):
        reading.read(text)


def test_another_definition_is_a_loosening_and_so_is_one_laid_over_what_was_recorded() -> None:
    without, with_it = reading.read(TEXT), reading.read(ASKED)
    (came,), (went,) = diff.compare(without, with_it), diff.compare(with_it, without)
    (changed,) = diff.compare(with_it, reading.read(ASKED.replace('equals: "yes"', 'equals: "no"')))
    assert {came.kind, went.kind, changed.kind} == {"loosened"}
    assert changed.sentence == (
        "measures.recall is loosened from seen among column unclear = 'yes' to seen among column unclear = 'no'"
    )


def test_a_measure_that_nobody_asked_for_before_is_added() -> None:
    new = ASKED.replace("recall", "noticing")
    kinds = {change.path: change.kind for change in diff.compare(reading.read(TEXT), reading.read(new))}
    assert kinds["measures.noticing"] == "added"


def test_no_two_measures_that_mean_something_else_read_alike() -> None:
    column = ASKED
    metric = ASKED.replace("{column: unclear", "{metric: unclear")
    (changed,) = diff.compare(reading.read(column), reading.read(metric))
    assert changed.kind == "loosened"
