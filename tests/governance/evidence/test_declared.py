"""What is declared beside a specification: every mistake has its place and line, and is told in its own words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from governance.errors import Invalid, Problem
from governance.evidence import edge_cases, objective
from governance.evidence.formats import mapping
from tests.factories.evidence import EDGE_CASES

READERS: list[Callable[[str], object]] = [
    mapping.read,
    edge_cases.read,
    lambda text: objective.read(text, run="run-1"),
]


def refused(read: Callable[[str], object], text: str) -> tuple[Problem, ...]:
    with pytest.raises(Invalid) as caught:
        read(text)
    assert "pecification" not in caught.value.message
    assert all(problem.remedy for problem in caught.value.problems)
    return caught.value.problems


@pytest.mark.parametrize("read", READERS)
def test_an_empty_one_says_where_to_read_how_it_is_written(read: Callable[[str], object]) -> None:
    [problem] = refused(read, "# nothing\n")
    assert "docs/how-to/" in problem.remedy


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("text", ["a: " + "[" * 40 + "]" * 40, "a: 1\n---\nb: 2\n", "a: &x 1", "{"])
def test_what_cannot_be_read_at_all_is_never_called_a_specification(read: Callable[[str], object], text: str) -> None:
    [problem] = refused(read, text)
    assert problem.line is not None


@pytest.mark.parametrize(
    ("read", "text", "where", "line"),
    [
        (READERS[0], "case_id: a\ncontext_is: x\nvalues:\n  recall: [1]\n", "values.recall", 4),
        (READERS[1], EDGE_CASES.replace("group: poor-health", "group: Poor"), "cases[0].perspectives[0].group", 9),
        (READERS[2], "kind: scalarised\nterms:\n  seen: much\n", "terms.seen", 3),
    ],
)
def test_a_mistake_is_named_with_its_place_and_line(
    read: Callable[[str], object], text: str, where: str, line: int
) -> None:
    assert [(problem.where, problem.line) for problem in refused(read, text)] == [(where, line)]


@pytest.mark.parametrize("read", READERS)
def test_what_is_malformed_and_what_stands_twice_are_told_together(read: Callable[[str], object]) -> None:
    said = " ".join(map(str, refused(read, "kind: scalarised\nodd: 1\nodd: 2\n")))
    assert "`odd` stands here twice" in said
    assert "Extra inputs" in said
