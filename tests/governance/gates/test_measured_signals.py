"""From ratings of cases to a route: what raters part over is measured, judged, and opens a question for people."""

from __future__ import annotations

import pytest

from governance.errors import Invalid
from governance.evidence import services as evidence
from governance.gates import selectors, services
from governance.gates.models import GateReport
from lineage.models import ModelVersion
from tests.factories.world import PHONE, SPECIFICATION, World

RULE = """  - signal: vote-entropy
    dimension: need-is-seen
    metric: recall
    over: 0.10
    route: deliberation
    why: Where nurses part over who needs a call, no number settles it.
"""
RATED = (
    SPECIFICATION.replace("contexts:\n  - key", f"{RULE}contexts:\n  - key")
    .replace("aggregate: proportion", "aggregate: mean")
    .replace("bound: clopper-pearson", "bound: t")
)
HEADER = "case_id,metric,value,context,health,limited,rater\n"
POPULATIONS = ("excellent", "good", "fair", "poor", "other")


def rated(parting: int, *, raters: str = "ab") -> bytes:
    """Return 60 cases for each group, of which the raters part over the first `parting`; the last one is missed."""
    lines = [
        f"{health}-{case},recall,{1 if case < 59 and (case >= parting or rater == 'a') else 0},*,{health},"
        f"{'yes' if health == 'other' else 'no'},{rater}"
        for health in POPULATIONS
        for case in range(60)
        for rater in raters
    ]
    return (HEADER + "\n".join(lines)).encode()


def judged(world: World, version: ModelVersion, content: bytes) -> GateReport:
    reading = world.read_file(version, content=content)
    evidence.record_file(system_key="outreach", reading=reading, by=world.people.engineer, at=world.tick())
    return services.judge(
        system_key="outreach", version=version, context_key=PHONE, by=world.people.engineer, at=world.tick()
    )


def test_raters_who_part_open_a_route_and_raters_who_agree_do_not(world: World) -> None:
    world.ratify(RATED)
    version = world.register().model_version
    parted = judged(world, version, rated(12))
    assert parted.verdict == "NEEDS_DELIBERATION"
    [route] = selectors.open_routes(parted)
    assert route.sentence == "vote-entropy of recall is 0.2 over 300 cases, over 0.1."
    agreed = judged(world, version, rated(3))
    assert agreed.verdict == "PASS"
    assert not selectors.open_routes(agreed)


def test_one_rater_alone_leaves_disagreement_unknown_and_unknown_is_no_pass(world: World) -> None:
    world.ratify(RATED)
    report = judged(world, world.register().model_version, rated(0, raters="a"))
    assert report.verdict == "INSUFFICIENT"
    assert "it needs cases that at least two people rated (column rater)" in " ".join(report.content()["reasons"])


def test_a_newer_signal_makes_a_report_out_of_date(world: World) -> None:
    world.ratify(RATED)
    version = world.register().model_version
    report = judged(world, version, rated(3))
    assert not selectors.unjudged(report)
    reading = world.read_file(version, content=rated(12))
    evidence.record_file(system_key="outreach", reading=reading, by=world.people.engineer, at=world.tick())
    assert selectors.unjudged(report)


def test_the_report_names_the_evaluation_that_measured_its_signal(world: World) -> None:
    world.ratify(RATED)
    report = judged(world, world.register().model_version, rated(12))
    [signal] = report.content()["inputs"]["measured_signals"]
    assert [signal["source"]["evidence"]] == [run for run, _ in report.evidence]
    assert (signal["value"], signal["n"]) == ("0.2", 300)


def test_a_proportion_is_not_made_of_parting_raters(world: World) -> None:
    world.ratify(SPECIFICATION)
    version = world.register().model_version
    with pytest.raises(Invalid, match="declare the criterion a mean"):
        judged(world, version, rated(12))
