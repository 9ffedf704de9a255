"""Tensions at the gate: outside its band one that must not leave it fails, one that may asks people."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from governance.errors import Invalid
from governance.evidence.records import MeasuredSignal, ObservationData, Source
from governance.gates import engine
from governance.gates.report import GateReport
from governance.specs.clauses import Tension
from tests.governance.gates.asked import CONTEXT, MODEL, SOURCE, counted, criterion, judge, specification

GROUPS = ("poor", "good")
SEEN = criterion(groups=GROUPS, threshold=Decimal("0.1"), min_n=20)
PEACE = criterion(
    dimension="left-in-peace", metric="peace", tier=1, threshold=Decimal("0.1"), groups=("all", *GROUPS), min_n=50
)
TENSION = Tension(
    between=("need-is-seen", "left-in-peace"),
    measure="disagreement-share",
    band=(Decimal("0.1"), Decimal("0.4")),
    leaving_acceptable=False,
    why="Who calls more disturbs more.",
)
RANKED = replace(TENSION, measure="kendall-tau", band=(Decimal(-1), Decimal(0)))
OWN = tuple(
    counted(group, 70, 100, dimension=c.dimension, metric=c.metric) for c in (SEEN, PEACE) for group in c.groups
)


def share(value: str, *, group: str = "poor", n: int = 100, **changes: Any) -> MeasuredSignal:
    found = MeasuredSignal(
        signal="disagreement-share",
        dimension="need-is-seen",
        metric="recall",
        beside="peace",
        beside_dimension="left-in-peace",
        group=group,
        context=CONTEXT,
        value=value,
        n=n,
        source=SOURCE,
    )
    return replace(found, **changes)


def shared(*measured: MeasuredSignal, tension: Tension = TENSION, **others: Any) -> GateReport:
    both = measured if len(measured) == 2 else (*measured, share("0.2", group="good"))
    return judge(specification(SEEN, PEACE, tensions=[tension]), *OWN, measured_signals=both, **others)


def sibling(model: str, seen: int, peace: int, **changes: Any) -> list[ObservationData]:
    """Return what was observed of another version: hits of 100 cases by each metric, in each group."""
    source = Source(evidence=f"run-{model}", subject=model * 64, level="response", measured_at=SOURCE.measured_at)
    return [
        replace(counted(group, hits, 100, dimension=c.dimension, metric=c.metric, source=source), **changes)
        for c, hits in ((SEEN, seen), (PEACE, peace))
        for group in GROUPS
    ]


def ranked(*siblings: list[ObservationData], tension: Tension = RANKED, **others: Any) -> GateReport:
    beside = [observation for version in siblings for observation in version]
    return judge(specification(SEEN, PEACE, tensions=[tension]), *OWN, siblings=beside, **others)


@pytest.mark.parametrize(("value", "verdict"), [("0.1", "PASS"), ("0.4", "PASS"), ("0.41", "FAIL"), ("0.09", "FAIL")])
def test_a_tension_that_must_not_leave_its_band_fails_outside_it(value: str, verdict: str) -> None:
    report = shared(share(value))
    assert report.verdict == verdict
    assert report.tensions[0].verdict == verdict
    assert not report.questions


def test_a_lower_tier_never_buys_it_back_and_no_criterion_is_blamed() -> None:
    document = shared(share("0.6")).document()
    assert [criterion["verdict"] for criterion in document["criteria"]] == ["PASS", "PASS"]
    assert document["tiers"] == [{"tier": 0, "verdict": "PASS"}, {"tier": 1, "verdict": "PASS"}]
    assert document["verdict"] == "FAIL"


def test_the_finding_has_numbers_band_n_why_and_what_would_change_it() -> None:
    document = shared(share("0.45")).document()
    [found] = document["tensions"]
    assert (found["between"], found["band"]) == (["need-is-seen", "left-in-peace"], ["0.1", "0.4"])
    assert (found["leaving_acceptable"], found["why"]) == (False, "Who calls more disturbs more.")
    reading = found["readings"][0]
    assert (reading["group"], reading["value"], reading["n"], reading["evidence"]) == ("poor", "0.45", 100, ["run-1"])
    assert reading["reason"] == (
        "recall and peace part on 0.45 of 100 cases, outside the band from 0.1 to 0.4, which is not acceptable."
    )
    assert reading["would_change"] == "It lies 0.05 above its band: 5 fewer such cases."
    assert document["reasons"] == [f"Tension of need-is-seen and left-in-peace, poor: FAIL. {reading['reason']}"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("0.05", "It lies 0.05 below its band: 5 more such cases."),
        ("0.1", "It lies 0 from the nearer end of its band."),
        ("0.15", "It lies 0.05 from the nearer end of its band."),
        ("0.33", "It lies 0.07 from the nearer end of its band."),
        ("0.4", "It lies 0 from the nearer end of its band."),
        ("0.45", "It lies 0.05 above its band: 5 fewer such cases."),
    ],
)
def test_how_far_it_is_from_its_band_is_told_on_either_side(value: str, said: str) -> None:
    assert shared(share(value)).tensions[0].readings[0].would_change == said


def test_as_many_cases_as_asked_for_are_enough_and_one_fewer_is_one_too_few() -> None:
    assert shared(share("0.2", n=50)).tensions[0].verdict == "PASS"
    reading = shared(share("0.2", n=49)).tensions[0].readings[0]
    assert reading.would_change == "1 more cases with both."
    small = [replace(o, n=50, successes=25, estimate="0.5") for o in sibling("c", 50, 50)]
    assert ranked(sibling("b", 90, 80), small).tensions[0].readings[0].n == 3


def test_what_was_measured_of_another_model_does_not_rank_this_one() -> None:
    others = [replace(o, source=replace(SOURCE, subject="e" * 64)) for o in OWN]
    asked = specification(SEEN, PEACE, tensions=[RANKED])
    beside = [o for version in (sibling("b", 90, 80), sibling("c", 40, 50)) for o in version]
    assert judge(asked, *others, siblings=beside).tensions[0].readings[0].n == 2


def test_where_leaving_is_acceptable_people_record_the_trade_off() -> None:
    report = shared(share("0.6"), share("0.5", group="good"), tension=replace(TENSION, leaving_acceptable=True))
    assert report.verdict == "NEEDS_DELIBERATION"
    [question] = report.questions
    assert (question.signal, question.dimension) == ("disagreement-share", "need-is-seen and left-in-peace")
    assert question.process == "trade-off"
    assert "poor: recall and peace part on 0.6" in question.sentence
    assert "good: recall and peace part on 0.5" in question.sentence


LACKING = [
    ([share("0.2", group="good")], "no case that counts has both metrics for poor"),
    ([share("0.2", n=49)], "49 cases with both are fewer than the 50"),
    ([share("0.2", source=replace(SOURCE, level="model"))], "no case that counts"),
    ([share("0.2", source=replace(SOURCE, subject="b" * 64))], "no case that counts"),
    ([share("0.2", context="us/other")], "no case that counts"),
]


@pytest.mark.parametrize("acceptable", [True, False])
@pytest.mark.parametrize(("measured", "said"), LACKING)
def test_a_share_that_was_not_measured_is_never_a_pass(
    measured: list[MeasuredSignal], said: str, acceptable: bool
) -> None:
    asked = specification(SEEN, PEACE, tensions=[replace(TENSION, leaving_acceptable=acceptable)])
    report = judge(asked, *OWN, measured_signals=measured)
    assert report.verdict == "INSUFFICIENT"
    assert said in " ".join(report.reasons)
    assert report.tensions[0].readings[0].value is None


def test_a_share_measured_before_ratification_does_not_count() -> None:
    report = shared(share("0.2"), not_before="2026-03-02T00:00:00Z")
    assert report.tensions[0].verdict == "INSUFFICIENT"


def test_a_metric_without_an_approved_sheet_gates_by_no_tension_either() -> None:
    report = shared(share("0.9"), approved_metrics=["recall"])
    assert report.verdict == report.tensions[0].verdict == "INSUFFICIENT"


def test_a_tension_of_which_one_side_is_not_asked_for_here_is_not_judged() -> None:
    report = judge(specification(SEEN, tensions=[TENSION]), *OWN[:2])
    assert (report.verdict, report.tensions) == ("PASS", ())


@pytest.mark.parametrize(
    ("order", "tau", "verdict"), [((90, 80, 40, 50), "1", "FAIL"), ((90, 40, 40, 90), "-1", "PASS")]
)
def test_a_ranking_is_that_of_the_version_beside_its_siblings(
    order: tuple[int, int, int, int], tau: str, verdict: str
) -> None:
    report = ranked(sibling("b", order[0], order[1]), sibling("c", order[2], order[3]))
    reading = report.tensions[0].readings[0]
    assert (str(reading.value), reading.n, reading.evidence) == (tau, 3, ("run-1", "run-b", "run-c"))
    assert report.verdict == reading.verdict == verdict


def test_the_golden_ranking_of_the_domain() -> None:
    """(.9, .8, .7, .6) against (.5, .6, .9, .8) is -.6667."""
    own = [replace(o, successes=x, estimate=f"0.{x // 10}") for o, x in zip(OWN, (90, 90, 50, 50, 50), strict=True)]
    others = [sibling("b", 80, 60), sibling("c", 70, 90), sibling("d", 60, 80)]
    asked = specification(SEEN, PEACE, tensions=[replace(RANKED, band=(Decimal("-0.5"), Decimal(1)))])
    report = judge(asked, *own, siblings=[o for version in others for o in version])
    assert str(report.tensions[0].readings[0].value) == "-0.666666667"
    assert report.verdict == "FAIL"


@pytest.mark.parametrize(
    "siblings",
    [
        [],
        [sibling("b", 90, 80)],
        [sibling("b", 90, 80), sibling("c", 40, 50, n=10, successes=5, estimate="0.5")],
        [sibling("b", 90, 80), sibling("c", 40, 50)[:2]],
    ],
)
def test_a_ranking_of_too_few_versions_says_nothing_and_holds_up_no_first_release(
    siblings: list[list[ObservationData]],
) -> None:
    report = ranked(*siblings)
    [found] = report.document()["tensions"]
    assert (found["verdict"], {r["value"] for r in found["readings"]}) == (None, {None})
    assert "a ranking needs 3" in found["readings"][0]["reason"]
    assert report.verdict == "PASS"


def test_each_group_has_a_ranking_of_its_own() -> None:
    for_all = (*sibling("b", 90, 80), *sibling("c", 40, 50))
    turned = [replace(o, successes=10, estimate="0.1") if _is_good_and(o, "peace", "b") else o for o in for_all]
    readings = {reading.group: reading for reading in ranked(turned).tensions[0].readings}
    assert {group: str(readings[group].value) for group in GROUPS} == {"poor": "1", "good": "-0.333333333"}


def _is_good_and(found: ObservationData, metric: str, model: str) -> bool:
    return (found.group, found.metric, found.source.subject[0]) == ("good", metric, model)


def test_siblings_that_were_measured_before_ratification_are_not_ranked() -> None:
    beside = [sibling("b", 90, 80), sibling("c", 40, 50)]
    old = [replace(o, source=replace(o.source, measured_at="2026-01-01T00:00:00Z")) for o in beside[1]]
    assert ranked(*beside, not_before="2026-02-01T00:00:00Z").tensions[0].readings[0].n == 3
    assert ranked(beside[0], old, not_before="2026-02-01T00:00:00Z").tensions[0].readings[0].n == 2


@pytest.mark.parametrize(
    "change",
    [
        {"context": "us/outreach/letter"},
        {"dimension": "another"},
        {"aggregate": "mean", "successes": None, "sd": "0.5"},
    ],
)
def test_what_was_measured_in_another_context_or_way_is_not_ranked(change: dict[str, Any]) -> None:
    beside = [sibling("b", 90, 80), [replace(o, **change) for o in sibling("c", 40, 50)]]
    assert ranked(*beside).tensions[0].readings[0].n == 2


def test_versions_that_do_not_differ_by_one_of_the_two_rank_nothing() -> None:
    report = ranked(sibling("b", 70, 80), sibling("c", 70, 50))
    assert "ranks none of 3 versions above another" in report.tensions[0].readings[0].reason
    assert report.tensions[0].verdict is None


def test_where_less_is_better_a_ranking_is_turned() -> None:
    disturbs = replace(PEACE, direction="lower", comparator="<=", threshold=Decimal("0.99"))
    beside = [*sibling("b", 90, 80), *sibling("c", 40, 50)]
    report = judge(specification(SEEN, disturbs, tensions=[RANKED]), *OWN, siblings=beside)
    assert str(report.tensions[0].readings[0].value) == "-1"


def test_the_whole_replays_from_its_own_inputs_with_the_siblings_among_them() -> None:
    for report in (shared(share("0.45")), ranked(sibling("b", 90, 80), sibling("c", 40, 50))):
        assert engine.differences(report.document()) == ()
        assert engine.judge_document(report.inputs) == report.document()
    forged = ranked(sibling("b", 90, 80), sibling("c", 40, 50)).document()
    forged["inputs"]["siblings"] = forged["inputs"]["siblings"][:4]
    assert "tensions" in engine.differences(forged)


@pytest.mark.parametrize(
    ("siblings", "said"),
    [
        (sibling("a", 90, 80), "the very model that is judged"),
        ([*sibling("b", 90, 80), *sibling("b", 80, 90)], "a second observation"),
    ],
)
def test_siblings_that_are_none_are_refused(siblings: list[ObservationData], said: str) -> None:
    assert siblings[0].source.subject in (MODEL, "b" * 64)
    with pytest.raises(Invalid, match=said):
        ranked(siblings)


@pytest.mark.parametrize(
    ("change", "said"),
    [({"between": ["need-is-seen"]}, "these are not two"), ({"band": ["0", "much"]}, "not a decimal number")],
)
def test_a_malformed_tension_is_refused_where_it_stands(change: dict[str, Any], said: str) -> None:
    document = shared(share("0.2")).inputs
    document["specification"]["tensions"][0] |= change
    with pytest.raises(Invalid, match=said):
        engine.judge_document(document)
