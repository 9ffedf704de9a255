"""Edge signals measured from the cases: golden numbers, what each needs, and that several ratings are one case."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from governance.errors import Invalid
from governance.evidence import aggregation, signals
from governance.evidence.cases import Cases
from governance.evidence.records import MeasuredSignal
from governance.specs.clauses import Tension
from tests.governance.evidence.tables import COLUMNS, read_cases, row, table
from tests.governance.gates.asked import CONTEXT, SOURCE, criterion, rule

GROUPS = {key: {"column": "health", "equals": key} for key in ("poor", "good")}
CONFLICT = Tension(
    between=("recall", "precision"),
    measure="disagreement-share",
    band=(Decimal(0), Decimal(1)),
    leaving_acceptable=True,
    why="Who is called for nothing waits less for others.",
)


def cases(*rows: list[Any], more: tuple[str, ...] = ()) -> Cases:
    return read_cases(table(*rows, columns=(*COLUMNS, *more)), numbers=("confidence",))


def rated(*units: str, column: str = "rater") -> Cases:
    """Each unit is a case, each letter a rating: s is 1, u is 0."""
    rows = [
        [*row(f"c{case}", value=1 if letter == "s" else 0), f"r{rater}"]
        for case, unit in enumerate(units)
        for rater, letter in enumerate(unit)
    ]
    return cases(*rows, more=(column,))


def measured(signal: str, records: Cases, **more: Any) -> MeasuredSignal | None:
    found = signals.measure(
        records,
        rules=[rule(signal=signal)],
        criteria=[criterion(groups=("poor", "good", "all")), criterion(dimension="no-waste", metric="precision")],
        tensions=more.pop("tensions", ()),
        measures=(),
        groups=GROUPS,
        context=CONTEXT,
        source=SOURCE,
        **more,
    )
    return found[0] if found else None


def test_rater_disagreement_is_one_less_krippendorffs_alpha() -> None:
    found = measured("rater-disagreement", rated("sss", "ssu", "uuu", "suu", "sss"))
    assert found is not None
    assert (1 - Decimal(found.value)).quantize(Decimal("0.0001")) == Decimal("0.4815")
    assert (found.n, found.key) == (5, ("rater-disagreement", "need-is-seen", "recall", CONTEXT, "", "", ""))


def test_raters_who_say_the_same_everywhere_do_not_disagree() -> None:
    found = measured("rater-disagreement", rated("ss", "ss"))
    assert found is not None
    assert found.value == "0"


@pytest.mark.parametrize(("units", "value"), [(("ssss",), "0"), (("ssuu",), "1"), (("ssuu", "ssss"), "0.5")])
def test_vote_entropy_is_the_mean_over_cases(units: tuple[str, ...], value: str) -> None:
    records = rated(*units, "ssss", "uuuu")
    found = measured("vote-entropy", records)
    assert found is not None
    assert Decimal(found.value) == round(Decimal(value) * len(units) / (len(units) + 2), 9)
    assert found.n == len(units) + 2


def test_a_case_with_one_rating_says_nothing_of_disagreement() -> None:
    assert measured("vote-entropy", rated("s", "u")) is None
    found = measured("vote-entropy", rated("s", "su"))
    assert found is not None
    assert (found.value, found.n) == ("1", 1)


def test_several_answers_to_a_case_have_an_entropy_of_their_own() -> None:
    records = rated("su", "ss", column="attempt")
    found = measured("self-consistency-entropy", records)
    assert found is not None
    assert found.value == "0.5"
    assert measured("vote-entropy", records) is None


@pytest.mark.parametrize(("signal", "column"), [("abstention", "abstained"), ("labelled-ambiguity", "ambiguous")])
def test_the_worst_group_speaks_for_abstention_and_ambiguity(signal: str, column: str) -> None:
    marked = [("a", "poor", True), ("b", "poor", False), ("c", "good", False), ("d", "good", False)]
    records = cases(*[[*row(case, health=health), mark] for case, health, mark in marked], more=(column,))
    found = measured(signal, records)
    assert found is not None
    assert (found.value, found.n) == ("0.5", 2)
    assert measured(signal, cases(row("a"))) is None


@pytest.mark.parametrize("said", [True, "true", "True", "TRUE", "1", 1])
def test_who_abstained_is_read_however_truth_is_spelled(said: object) -> None:
    found = measured(
        "abstention", cases(*[[*row(f"c{n}", health="poor"), said] for n in range(9)], more=("abstained",))
    )
    assert found is not None
    assert (found.value, found.n) == ("1", 9)


def test_what_is_neither_true_nor_false_stops_the_reading_and_never_passes_for_nought() -> None:
    records = cases([*row("a"), "true"], [*row("b"), "yes"], more=("abstained",))
    with pytest.raises(Invalid, match="column abstained: case 'b' says 'yes', which is neither true nor false"):
        measured("abstention", records)


def test_cases_of_which_nobody_says_whether_the_model_abstained_do_not_count() -> None:
    said = cases([*row("a"), True], [*row("b"), None], more=("abstained",))
    found = measured("abstention", said)
    assert found is not None
    assert (found.value, found.n) == ("1", 1)
    assert measured("abstention", cases([*row("a"), None], more=("abstained",))) is None


@pytest.mark.parametrize("between", [("recall", "precision"), ("no-waste", "need-is-seen")])
def test_conflicting_cases_are_those_on_which_two_values_in_tension_part(between: tuple[str, str]) -> None:
    tension = replace(CONFLICT, between=between)
    rows = [row("a"), row("a", metric="precision", value=0), row("b"), row("b", metric="precision"), row("c")]
    found = measured("conflicting-cases", cases(*rows), tensions=[tension])
    assert found is not None
    assert (found.value, found.n) == ("0.5", 2)
    assert measured("conflicting-cases", cases(row("a")), tensions=[tension]) is None
    assert measured("conflicting-cases", cases(*rows)) is None


STATED = [(0.95, 1), (0.9, 1), (0.85, 0), (0.6, 1), (0.55, 0), (0.3, 0)]


def confident(*stated: tuple[object, int], health: str = "poor") -> list[list[Any]]:
    return [
        [*row(f"{health}{number}", value=value, health=health), confidence]
        for number, (confidence, value) in enumerate(stated)
    ]


def test_calibration_error_is_that_of_the_group_that_is_misled_most() -> None:
    rows = [*confident(*STATED), *confident((1, 1), (0, 0), health="good")]
    found = measured("calibration-error", cases(*rows, more=("confidence",)))
    assert found is not None
    assert (found.value, found.n) == ("0.325", 6)
    assert measured("calibration-error", cases(row("a"))) is None


def test_a_case_that_several_rated_counts_once_in_the_calibration_error() -> None:
    """As rows, the last case would weigh as much as all of the others."""
    raters = [1, 1, 1, 1, 1, 5]
    rows = [
        [*given, f"r{rater}"] for given, many in zip(confident(*STATED), raters, strict=True) for rater in range(many)
    ]
    found = measured("calibration-error", cases(*rows, more=("confidence", "rater")))
    assert found is not None
    assert (found.value, found.n) == ("0.325", 6)


def test_ratings_that_part_are_an_outcome_between_and_several_answers_one_confidence() -> None:
    parted = [[*row("a", value=value), 0.5, f"r{value}"] for value in (0, 1)]
    found = measured("calibration-error", cases(*parted, more=("confidence", "rater")))
    assert found is not None
    assert (found.value, found.n) == ("0", 1)
    answered = [[*row("a", value=1), stated, f"a{stated}"] for stated in (0.6, 0.8)]
    found = measured("calibration-error", cases(*answered, more=("confidence", "attempt")))
    assert found is not None
    assert (found.value, found.n) == ("0.3", 1)


def test_two_outcomes_that_are_none_do_not_make_one_between_them() -> None:
    rows = [[*row("a", value=value), 0.5, f"r{value}"] for value in (2, 0)]
    with pytest.raises(Invalid, match="case 'a' came out as 2") as refusal:
        measured("calibration-error", cases(*rows, more=("confidence", "rater")))
    assert refusal.value.code == "neither-holds-nor-fails"


@pytest.mark.parametrize("stated", [[("sure", 1)], [(1.5, 1)], [(-0.1, 1)], [(0.5, 2)]])
def test_a_confidence_or_an_outcome_that_is_none_is_refused(stated: list[tuple[object, int]]) -> None:
    with pytest.raises(Invalid):
        measured("calibration-error", cases(*confident(*stated), more=("confidence",)))


def test_only_the_cases_of_the_context_and_of_everywhere_count() -> None:
    rows = [[*row("a", context="us/other"), True], [*row("b", context=CONTEXT), False], [*row("c"), False]]
    found = measured("abstention", cases(*rows, more=("abstained",)))
    assert found is not None
    assert (found.value, found.n) == ("0", 2)


def test_ratings_of_a_case_are_one_case_by_their_mean() -> None:
    found = aggregation.aggregate(rated("ssu", "sss"), metric="recall", context=CONTEXT, how="mean")
    assert found is not None
    assert found.n == 2
    assert sorted(round(value, 2) for value in found.values.tolist()) == [0.67, 1]


@pytest.mark.parametrize(
    ("ratings", "mean"), [((1, 1, 0), 0.666666667), ((0, 0, 1), 0.333333333), ((1e15, 0.3, -1e15), 0.1)]
)
def test_the_mean_of_a_cases_ratings_is_exact_and_has_nine_digits(ratings: tuple[float, ...], mean: float) -> None:
    rows = [[*row("a", value=value), f"r{number}"] for number, value in enumerate(map(float, ratings))]
    found = aggregation.aggregate(cases(*rows, more=("rater",)), metric="recall", context=CONTEXT, how="mean")
    assert found is not None
    assert found.values.tolist() == [mean]


def test_a_proportion_of_cases_whose_raters_part_is_refused() -> None:
    agreed = aggregation.aggregate(rated("ss", "uu"), metric="recall", context=CONTEXT, how="proportion")
    assert agreed is not None
    assert (agreed.n, agreed.successes) == (2, 1)
    with pytest.raises(Invalid, match="declare the criterion a mean"):
        aggregation.aggregate(rated("ss", "su"), metric="recall", context=CONTEXT, how="proportion")


def test_a_rater_rates_a_case_once() -> None:
    with pytest.raises(Invalid, match="already has 'recall'"):
        cases([*row("a"), "r1"], [*row("a", value=0), "r1"], more=("rater",))


def test_groups_of_raters_are_told_apart_like_any_other() -> None:
    records = cases([*row("a"), "r1", "us"], [*row("a", value=0), "r2", "them"], more=("rater", "rater_group"))
    ours = aggregation.select(records, {"column": "rater_group", "equals": "us"})
    found = aggregation.aggregate(records, metric="recall", context=CONTEXT, how="proportion", population=ours)
    assert found is not None
    assert found.successes == 1
