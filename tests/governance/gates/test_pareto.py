from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.errors import Invalid
from governance.gates import pareto
from tests.governance.gates.asked import counted, criterion, judge

SCORES = {"A": ("1", "0"), "B": ("0", "1"), "C": ("0.4", "0.4"), "D": ("0.3", "0.3")}
VECTORS = {name: dict(zip("xy", map(Decimal, pair), strict=True)) for name, pair in SCORES.items()}
HIGHER = {"x": "higher", "y": "higher"}

small = st.integers(0, 5).map(Decimal)
populations = st.dictionaries(
    st.sampled_from("abcdefgh"), st.fixed_dictionaries({"x": small, "y": small, "z": small}), min_size=1
)
directions = st.fixed_dictionaries(dict.fromkeys("xyz", st.sampled_from(("higher", "lower"))))


def test_the_front_of_the_example() -> None:
    assert pareto.front(VECTORS, HIGHER) == ("A", "B", "C")
    assert pareto.dominates(VECTORS["C"], VECTORS["D"], HIGHER)


def test_no_weights_would_ever_choose_a_member_of_the_front() -> None:
    for share in range(101):
        weights = {"x": Decimal(share) / 100, "y": 1 - Decimal(share) / 100}
        totals = {name: sum(weights[d] * vector[d] for d in weights) for name, vector in VECTORS.items()}
        assert max(totals, key=lambda name: totals[name]) != "C"


def test_nothing_dominates_its_equal() -> None:
    assert not pareto.dominates(VECTORS["A"], VECTORS["A"], HIGHER)


def test_a_vector_with_a_hole_cannot_be_compared() -> None:
    with pytest.raises(Invalid):
        pareto.front({"A": {"x": Decimal(1)}, "B": VECTORS["B"]}, HIGHER)
    for pair in ((VECTORS["A"], {"x": Decimal(1)}), ({"x": Decimal(1)}, VECTORS["A"])):
        with pytest.raises(Invalid, match="no score for 'y'"):
            pareto.dominates(*pair, HIGHER)
    with pytest.raises(Invalid):
        pareto.dominates(VECTORS["A"], VECTORS["B"], {"x": "more"})


def test_a_weighted_sum_masks_what_the_first_tier_refuses() -> None:
    rates = {"X": (990, 600), "Y": (700, 970)}
    sums = {name: (6 * helpful + 4 * safe) / 10_000 for name, (helpful, safe) in rates.items()}
    assert sums == {"X": pytest.approx(0.834), "Y": pytest.approx(0.808)}
    asked = [
        criterion(dimension="safety", metric="safe", tier=0, threshold=Decimal("0.95"), groups=("all",)),
        criterion(dimension="help", metric="helpful", tier=1, threshold=Decimal("0.6"), groups=("all",)),
    ]
    found = {
        name: judge(
            asked,
            counted("all", helpful, 1000, dimension="help", metric="helpful"),
            counted("all", safe, 1000, dimension="safety", metric="safe"),
        )
        for name, (helpful, safe) in rates.items()
    }
    assert {name: report.verdict for name, report in found.items()} == {"X": "FAIL", "Y": "PASS"}
    assert found["X"].tiers == ((0, "FAIL"), (1, "PASS"))


@settings(max_examples=60, deadline=None)
@given(populations, directions)
def test_no_member_of_the_front_is_dominated_and_all_others_are(
    candidates: dict[str, dict[str, Decimal]], better: dict[str, str]
) -> None:
    front = pareto.front(candidates, better)
    assert front
    for name, vector in candidates.items():
        dominated = any(pareto.dominates(other, vector, better) for other in candidates.values())
        assert dominated == (name not in front)


@settings(max_examples=60, deadline=None)
@given(populations, directions, st.randoms(use_true_random=False), st.tuples(*[st.integers(1, 9)] * 3))
def test_the_front_does_not_change_under_reordering_and_rescaling(
    candidates: dict[str, dict[str, Decimal]], better: dict[str, str], random: object, factors: tuple[int, ...]
) -> None:
    names = list(candidates)
    random.shuffle(names)  # type: ignore[attr-defined]
    scale = dict(zip("xyz", factors, strict=True))
    changed = {name: {d: v * scale[d] for d, v in candidates[name].items()} for name in names}
    assert set(pareto.front(changed, better)) == set(pareto.front(candidates, better))
