"""What is well formed and nobody can mean: refused of what is new, with its place, and read as ever where it was
ratified before; and what is only seldom meant, which is told and not refused."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from governance.errors import Invalid
from governance.evidence import bounds
from governance.specs import document, fewest, reading
from tests.governance.specs.documents import TEXT, TODAY, changed, lint

FIRST = "dimensions[0].criteria[0]"
NO_OVERLAYS = (TEXT[TEXT.index("contexts:\n  - key: us/outreach\n") : TEXT.index("approval_policy:")], "contexts: []\n")
BRIER = """\
measures:
  - {metric: brier, of: correct, squared_error_of: confidence, why: Confidence that is not borne out misleads.}
tensions:"""
OF_BRIER = [
    ("tensions:", BRIER),
    ("metric: wasted-minutes", "metric: brier"),
]
"""The second dimension asks about squared errors, which lie in 0 to 1 whatever the unit is called."""
CEILING = """\
      - {metric: recall, aggregate: proportion, comparator: "<=", threshold: 0.9, alpha: 0.05, min_n: 9,
         bound: wilson, level: response, groups: [poor-health], contexts: [us]}
  - key: calls-not-wasted"""
BAND = ("  - key: calls-not-wasted", CEILING)
NAMED = ("metric: recall, threshold", 'metric: recall, comparator: ">=", threshold')

REFUSED = [
    # where; the changes, with ▶ before the place that must be named; what is said; the remedy
    (f"{FIRST}.comparator", [("direction: higher", "direction: lower"), ('">="', '▶">="')], ">= asks for more", '"<="'),
    (
        "dimensions[1].criteria[0].comparator",
        [("direction: lower", "direction: higher"), ('"<="', '▶"<="')],
        "<= asks for less",
        "direction: lower",
    ),
    ("review_by", [("2027-11-01", "▶2020-11-01")], "does not lie ahead", "later date"),
    ("review_by", [("2027-11-01", f"▶{TODAY}")], "does not lie ahead", "later date"),
    (f"{FIRST}.threshold", [("0.70", "▶1.0"), NO_OVERLAYS], "the lower bound stays under 1", "such as 0.99"),
    ("contexts[1].tighten[0].threshold", [("0.75", "▶1")], "the lower bound stays under 1", "such as 0.99"),
    (
        "dimensions[1].criteria[0].threshold",
        [*OF_BRIER, ("12.5", "▶0")],
        "the upper bound stays over 0",
        "such as 0.01",
    ),
    ("dimensions[1].criteria[0].threshold", [*OF_BRIER, ("12.5", "▶12.5")], "lies in 0 to 1", "0.70"),
    (
        "dimensions[1].unit",
        [("unit: minutes", "unit: ▶minutes"), ("tensions:", CEILING.partition("\n  - key")[0] + "\ntensions:")],
        "would mix units",
        "a dimension of its own",
    ),
    (
        "contexts[1].tighten[0].threshold",
        [BAND, ("metric: recall, threshold: 0.75", 'metric: recall, comparator: ">=", threshold: ▶0.95')],
        "nothing is at most 0.9",
        "Tighten less",
    ),
]


@pytest.mark.parametrize(("where", "changes", "what", "remedy"), REFUSED, ids=[f"{r[0]}: {r[2]}" for r in REFUSED])
def test_what_nobody_can_mean_is_refused_at_its_place_and_still_read_where_it_was_ratified(
    where: str, changes: list[tuple[str, str]], what: str, remedy: str
) -> None:
    text = changed(*changes)
    before, text = text.partition("▶")[0], text.replace("▶", "")
    (found,) = lint(text)
    assert (found.where, found.line, found.column) == (
        where,
        before.count("\n") + 1,
        len(before) - before.rfind("\n"),
    )
    assert (what in found.what, remedy in found.remedy) == (True, True), str(found)
    with pytest.raises(Invalid):
        reading.draft(text, today=TODAY)
    ratified = document.canonical(reading.read(text))
    assert document.canonical(document.from_canonical(ratified)) == ratified


def test_two_ends_of_a_band_may_stand_in_one_dimension() -> None:
    assert lint(changed(BAND, NAMED)) == ()


def test_a_metric_that_is_better_the_other_way_than_its_dimension_is_told_and_not_refused() -> None:
    over_asking = BAND[1].replace("metric: recall", "metric: over-asking")
    found = reading.lint(changed((BAND[0], over_asking)), today=TODAY)
    assert [problem.where for problem in found.warnings] == ["dimensions[0].criteria[1].comparator"]
    assert "Give `over-asking` a dimension of its own, with direction: lower." in str(found.warnings[0])
    assert found.problems == ()
    assert reading.lint(changed(BAND, NAMED), today=TODAY).warnings == ()


def test_a_mean_may_be_held_against_any_number_of_its_own_unit() -> None:
    assert lint(changed(("threshold: 12.5", "threshold: 0"))) == ()
    assert lint(changed(("threshold: 12.5", "threshold: -3"))) == ()


WARNED = [
    (f"{FIRST}.threshold", [("0.70", "0"), NO_OVERLAYS], "asks for nothing"),
    (f"{FIRST}.min_n", [("0.70", "0.99"), NO_OVERLAYS], "over 100 cases shows it; that takes 299"),
    ("contexts[1]", [("0.75", "0.99")], "over 100 cases shows that recall is >= 0.99; that takes 368"),
]


@pytest.mark.parametrize(("where", "changes", "what"), WARNED)
def test_what_is_seldom_meant_is_told_and_not_refused(where: str, changes: list[tuple[str, str]], what: str) -> None:
    text = changed(*changes)
    found = reading.lint(text, today=TODAY)
    assert [(problem.where, what in problem.what) for problem in found.warnings] == [(where, True)]
    assert all(problem.line and problem.remedy for problem in found.warnings)
    assert found.problems == ()
    reading.draft(text, today=TODAY)


def test_a_text_that_says_what_it_means_has_no_warning() -> None:
    assert reading.lint(TEXT, today=TODAY).warnings == ()


def test_the_day_before_its_review_a_text_may_be_written() -> None:
    due = date(2027, 11, 1)
    assert reading.lint(TEXT, today=due - timedelta(days=1)).problems == ()
    assert [problem.where for problem in reading.lint(TEXT, today=due).problems] == ["review_by"]


@pytest.mark.parametrize("bound", bounds.PROPORTION_METHODS)
@pytest.mark.parametrize(("comparator", "threshold"), [(">=", "0.99"), ("<=", "0.01"), (">=", "0.7"), ("<=", "0.999")])
@pytest.mark.parametrize("alpha", ["0.05", "0.025", "0.5"])
def test_the_fewest_cases_are_those_from_which_the_gate_itself_would_say_pass(
    bound: str, comparator: str, threshold: str, alpha: str
) -> None:
    def shown(n: int) -> bool:
        successes, side = (n, bounds.LOWER) if comparator == ">=" else (0, bounds.UPPER)
        found = bounds.proportion_bound(successes=successes, n=n, alpha=float(alpha), method=bound, side=side)
        return bounds.meets(found, threshold=Decimal(threshold), comparator=comparator)

    wanted = fewest.cases(threshold=Decimal(threshold), comparator=comparator, alpha=Decimal(alpha), bound=bound)
    assert wanted is not None
    assert shown(wanted)
    assert wanted == 1 or not shown(wanted - 1)


def test_ninety_one_clean_cases_do_not_show_under_one_per_cent_and_two_hundred_and_ninety_nine_do() -> None:
    of_one_per_cent = {"threshold": Decimal("0.01"), "comparator": "<=", "alpha": Decimal("0.05")}
    assert fewest.cases(**of_one_per_cent, bound="clopper-pearson") == 299  # type: ignore[arg-type]
    assert fewest.cases(threshold=Decimal(1), comparator=">=", alpha=Decimal("0.05"), bound="wilson") is None
