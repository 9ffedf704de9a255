from __future__ import annotations

import random
from fractions import Fraction

import pytest

from governance import canonical
from governance.deliberation import tally
from governance.deliberation.tally import Ballot, Outcome
from governance.errors import Invalid

ABC = ("A", "B", "C")
CYCLE = "ABC " * 4 + "BCA " * 3 + "CAB " * 2


def ballots(text: str, group: str = "all") -> list[Ballot]:
    """Return one ballot of `group` for each word; each letter is an option, `-` abstains."""
    words = enumerate(text.split())
    return [Ballot(seat=f"{group}-{i}", group=group, ranking=tuple(word.strip("-"))) for i, word in words]


def count(cast: list[Ballot], *, rule: str = "plurality", options: tuple[str, ...] = ABC, **changed: object) -> Outcome:
    settings = {"quorum": 1, "group_quorum": {}, "k": 1} | changed
    return tally.tally(options=options, ballots=cast, rule=rule, **settings)


def values(outcome: Outcome, rule: str) -> dict[str, Fraction]:
    result = next(result for result in outcome.results if result.rule == rule)
    assert result.values is not None
    return dict(result.values)


def says(outcome: Outcome, rule: str) -> tuple[str | None, tuple[str, ...]]:
    result = next(result for result in outcome.results if result.rule == rule)
    return result.winner, result.tie


def test_a_cycle_of_majorities_is_said_and_elects_nobody():
    outcome = count(ballots(CYCLE), rule="condorcet")
    assert outcome.cycle
    assert (outcome.winner, outcome.tie) == (None, ABC)
    assert "cycle" in next(result for result in outcome.results if result.chosen).note


def test_the_same_ballots_tie_under_borda_at_ten_ten_seven():
    outcome = count(ballots(CYCLE), rule="borda")
    assert values(outcome, "borda") == {"A": 10, "B": 10, "C": 7}
    assert (outcome.winner, outcome.tie) == (None, ("A", "B"))


@pytest.mark.parametrize(
    ("groups", "expected", "pooled"),
    [
        ({"x": (90, 100), "y": (2, 10)}, "0.2230", "0.8364"),
        ({"x": (70, 100), "y": (8, 10)}, "0.5221", "0.7091"),
    ],
)
def test_group_informed_consensus_does_not_drown_the_small_group(groups, expected, pooled):
    assert f"{float(tally.group_informed_consensus(groups)):.4f}" == expected
    agree, votes = (sum(column) for column in zip(*groups.values(), strict=True))
    assert f"{agree / votes:.4f}" == pooled


def test_each_rule_may_elect_another_and_the_chosen_one_is_marked():
    # The first choice of most, the one that beats each other one to one, and the one that all groups can live with.
    cast = [*ballots("ACB " * 4 + "CAB", "x"), *ballots("BCA " * 4, "y")]
    outcome = count(cast, rule="condorcet", approve_first=2)
    assert says(outcome, "condorcet") == ("C", ())
    assert says(outcome, "plurality") == (None, ("A", "B"))
    assert says(outcome, "approval") == ("C", ())
    assert says(outcome, "minimum-group-support") == ("C", ())
    assert [result.rule for result in outcome.results if result.chosen] == ["condorcet"]
    assert {result.rule for result in outcome.results} == set(tally.RULES)


def test_a_majority_needs_more_than_half_of_those_who_chose():
    assert count(ballots("A A B C"), rule="majority").winner is None
    assert count(ballots("A A A B C"), rule="majority").winner == "A"
    assert count(ballots("A A B - -"), rule="majority").winner == "A"


def test_options_left_out_of_a_ballot_share_the_remaining_borda_points():
    assert values(count(ballots("A")), "borda") == {"A": 2, "B": Fraction(1, 2), "C": Fraction(1, 2)}


def test_explicit_approvals_replace_the_first_choices():
    cast = [Ballot(seat="1", group="all", ranking=("A",), approved=("B", "C")), *ballots("A B")]
    assert values(count(cast), "approval") == {"A": 1, "B": 2, "C": 1}


def test_the_smallest_set_that_beats_the_rest_is_named_where_nobody_wins():
    outcome = count(ballots("ABCD BCAD CABD"), options=("D", "A", "B", "C"), rule="condorcet")
    assert outcome.tie == ("A", "B", "C")


def test_a_cycle_below_the_winner_does_not_take_the_win():
    outcome = count(ballots("DABC DBCA DCAB"), options=("A", "B", "C", "D"), rule="condorcet")
    assert (outcome.winner, outcome.cycle) == ("D", True)


@pytest.mark.parametrize("rule", tally.RULES)
def test_no_ballot_elects_nobody(rule):
    assert count([], rule=rule).winner is None
    assert count([], rule=rule).as_document()["winner"] is None


def test_abstaining_counts_for_the_quorum():
    assert count(ballots("A - -"), quorum=3).quorate
    assert not count(ballots("A -"), quorum=3).quorate


@pytest.mark.expectation(5)
def test_every_seated_group_has_a_quorum_of_its_own_even_one_that_stayed_away():
    outcome = count(ballots("A A A", "x"), quorum=3, group_quorum={"x": 2, "y": 1})
    assert [(group.group, group.turnout, group.needed, group.met) for group in outcome.groups] == [
        ("x", "3", 2, True),
        ("y", "0", 1, False),
    ]
    assert outcome.quorum.met
    assert not outcome.quorate
    assert outcome.as_document()["quorate"] is False


@pytest.mark.expectation(10)
def test_a_small_group_is_not_shown_and_cannot_be_worked_out():
    cast = [*ballots("A " * 9, "x"), *ballots("B " * 6, "y"), *ballots("C C", "z")]
    outcome = count(cast, k=5)
    shown = {group.group: (group.turnout, group.approvals) for group in outcome.groups}
    assert shown["x"] == ("9", (("A", 9), ("B", 0), ("C", 0)))
    assert shown["y"][1] is None, "the total less x and y would be z"
    assert shown["z"] == ("fewer than 5", None)
    assert all(result.values is None for result in outcome.results if "group" in result.rule)
    assert values(outcome, "plurality") == {"A": 9, "B": 6, "C": 2}


def test_small_groups_that_are_many_enough_together_hide_no_other():
    cast = [*ballots("A " * 5, "x"), *ballots("B B B", "y"), *ballots("C C", "z")]
    shown = {group.group: group.approvals is not None for group in count(cast, k=5).groups}
    assert shown == {"x": True, "y": False, "z": False}


def test_fewer_than_k_ballots_show_no_figures_at_all():
    outcome = count(ballots("A A B"), k=5)
    assert outcome.winner == "A"
    assert all(result.values is None for result in outcome.results)


def test_the_document_does_not_depend_on_the_order_of_the_ballots():
    cast = [*ballots(CYCLE, "x"), *ballots("AC B C", "y")]
    shuffled = random.Random(7).sample(cast, len(cast))
    one, other = count(cast), count(shuffled)
    assert canonical.digest(one.as_document()) == canonical.digest(other.as_document())


def test_the_document_holds_decimal_strings_of_nine_digits_and_no_floats():
    document = count([*ballots("A A B", "x"), *ballots("A B B", "y")]).as_document()
    canonical.encode_entry(document)
    support = next(result for result in document["results"] if result["rule"] == "minimum-group-support")
    assert support["values"]["A"] == "0.333333333"


BAD = [
    ({"cast": [*ballots("A"), *ballots("B")]}, "ballots[1].seat", "votes twice"),
    ({"cast": ballots("AX")}, "ballots[0].ranking", "X"),
    ({"cast": ballots("AA")}, "ballots[0].ranking", "Rank each option once"),
    ({"rule": "loudest"}, "rule", "plurality"),
    ({"options": ("A",)}, "options", "two different"),
    ({"options": ("A", "A")}, "options", "two different"),
    ({"quorum": -1}, "quorum", "too small"),
    ({"group_quorum": {"x": -1}}, "group_quorum.x", "too small"),
    ({"k": 0}, "k", "at least 1"),
    ({"approve_first": 0}, "approve_first", "at least 1"),
]


@pytest.mark.parametrize(("change", "where", "said"), BAD)
def test_what_cannot_be_counted_is_named(change, where, said):
    with pytest.raises(Invalid) as refusal:
        count(**{"cast": []} | change)
    (problem,) = refusal.value.problems
    assert problem.where == where
    assert said in str(problem)
