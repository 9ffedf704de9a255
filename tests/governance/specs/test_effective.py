from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.errors import Invalid
from governance.specs import diff, strictness
from governance.specs.clauses import LEVELS, Criterion, Overlay, Specification, Tightening
from governance.specs.effective import EffectiveCriterion, effective, most_specific
from tests.governance.specs.documents import specification

CONTEXTS = ("us", "us/outreach", "us/outreach/letter", "eu")
PROPORTION = st.decimals(min_value=0, max_value=1, places=3)


def recall(spec: Specification, context: str) -> EffectiveCriterion:
    return next(criterion for criterion in effective(spec, context).criteria if criterion.metric == "recall")


def test_every_overlay_above_the_context_applies_and_says_so():
    found = recall(specification(), "us/outreach/letter")
    assert (found.threshold, found.alpha) == (Decimal("0.75"), Decimal("0.025"))
    assert found.trace == (
        "alpha 0.025 comes from overlay us/outreach, tightening base 0.05",
        "threshold 0.75 comes from overlay us/outreach/letter, tightening base 0.7",
    )


def test_an_overlay_does_not_reach_its_siblings_or_a_longer_word():
    assert recall(specification(), "us/outreach/phone").threshold == Decimal("0.7")
    assert recall(specification(), "us/outreachers").alpha == Decimal("0.05")


def test_a_criterion_of_another_context_does_not_appear():
    assert [c.metric for c in effective(specification(), "eu").criteria] == ["recall"]
    assert [c.metric for c in effective(specification(), "us/outreach").criteria] == ["recall", "wasted-minutes"]


def test_criteria_come_by_tier():
    swapped = specification(("tier: 1", "tier: 0"), ("tier: 0", "tier: 5"))
    assert [criterion.tier for criterion in effective(swapped, "us/outreach").criteria] == [0, 5]


def test_read_back_from_the_canonical_form_it_is_the_same():
    from governance.specs import document

    back = document.from_canonical(document.canonical(specification()))
    assert effective(back, "us/outreach/letter") == effective(specification(), "us/outreach/letter")


@pytest.mark.parametrize("context", ["", "*", "US/x", "us//x", "us/", "us\n"])
def test_a_malformed_context_is_refused(context):
    with pytest.raises(Invalid, match="us/outreach/letter"):
        effective(specification(), context)


def test_the_most_specific_key_wins_and_a_tie_is_an_error():
    assert most_specific(["us", "*", "us/outreach", "eu/outreach/letter"], "us/outreach/letter") == "us/outreach"
    assert most_specific(["eu"], "us") is None
    with pytest.raises(Invalid, match="twice"):
        most_specific(["us", "us"], "us/outreach")


def test_two_overlays_of_one_context_are_a_tie():
    spec = specification()
    with pytest.raises(Invalid, match="twice"):
        effective(replace(spec, contexts=spec.contexts + spec.contexts), "us/outreach")


def tightenings() -> st.SearchStrategy[Tightening]:
    return st.builds(
        Tightening,
        dimension=st.just("need-is-seen"),
        metric=st.just("recall"),
        threshold=st.none() | PROPORTION,
        tolerance=st.none() | PROPORTION,
        alpha=st.none() | st.decimals(min_value="0.001", max_value="0.5", places=3),
        min_n=st.none() | st.integers(1, 500),
        level=st.none() | st.sampled_from(LEVELS),
    )


def overlays() -> st.SearchStrategy[tuple[Overlay, ...]]:
    each = st.builds(Overlay, key=st.sampled_from(CONTEXTS), tighten=st.tuples(tightenings()))
    return st.lists(each, unique_by=lambda overlay: overlay.key, max_size=4).map(tuple)


def asks_at_least(stricter: Criterion | EffectiveCriterion, looser: Criterion | EffectiveCriterion) -> bool:
    return all(
        strictness.compare(name, getattr(looser, name), getattr(stricter, name), comparator=looser.comparator) >= 0
        for name in strictness.TIGHTENABLE
    )


@settings(max_examples=40, deadline=None)
@given(overlays=overlays(), comparator=st.sampled_from([">=", "<="]), context=st.sampled_from(CONTEXTS))
def test_an_overlay_never_loosens_even_one_that_tries(overlays, comparator, context):
    spec = specification()
    base = replace(spec.dimensions[0].criteria[0], comparator=comparator)
    dimensions = (replace(spec.dimensions[0], criteria=(base,)), spec.dimensions[1])
    found = recall(replace(spec, dimensions=dimensions, contexts=overlays), context)
    assert asks_at_least(found, base)


@settings(max_examples=40, deadline=None)
@given(overlays=overlays())
def test_deeper_contexts_ask_for_at_least_as_much(overlays):
    spec = replace(specification(), contexts=overlays)
    assert asks_at_least(recall(spec, "us/outreach"), recall(spec, "us"))
    assert asks_at_least(recall(spec, "us/outreach/letter"), recall(spec, "us/outreach"))


@settings(max_examples=40, deadline=None)
@given(overlays=overlays(), index=st.integers(0, 3), context=st.sampled_from(CONTEXTS))
def test_leaving_an_overlay_out_never_asks_for_more(overlays, index, context):
    whole, part = (replace(specification(), contexts=c) for c in (overlays, overlays[:index] + overlays[index + 1 :]))
    assert asks_at_least(recall(whole, context), recall(part, context))


@settings(max_examples=40, deadline=None)
@given(old=overlays(), new=overlays(), threshold=PROPORTION, context=st.sampled_from(CONTEXTS))
def test_a_diff_without_a_loosening_never_asks_for_less_anywhere(old, new, threshold, context):
    spec = specification()
    moved = replace(spec.dimensions[0].criteria[0], threshold=threshold)
    dimensions = (replace(spec.dimensions[0], criteria=(moved,)), spec.dimensions[1])
    before, after = replace(spec, contexts=old), replace(spec, contexts=new, dimensions=dimensions)
    if diff.required_bump(diff.compare(before, after)) != "major":
        assert asks_at_least(recall(after, context), recall(before, context))


def test_a_context_that_no_criterion_of_tier_0_covers_is_named_as_uncovered() -> None:
    narrow = specification(('contexts: ["*"]', "contexts: [us/outreach]"))
    assert effective(narrow, "us/outreach/phone").uncovered == ()
    assert effective(narrow, "us/clinic").uncovered == ("need-is-seen",)
