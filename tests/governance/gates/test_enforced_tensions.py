"""A tension from the case table to the gate: measured where an evaluation is read, and held against its band."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from governance.audit import services as audit
from governance.evidence import services as evidence
from governance.evidence.models import EvaluationRun
from governance.exports import bundle, verify
from governance.gates import engine, selectors, services
from governance.gates.models import GateReport
from governance.specs.models import SpecificationVersion
from tests.factories.world import PHONE, TWO_VALUES, World

HEADER = "case_id,metric,value,context,health,limited\n"
PEACE = TWO_VALUES.replace("{metric: recall, aggregate: proportion", "{metric: peace, aggregate: proportion")
"""Need is asked of every group, and peace of people in poor health alone."""


def tension(measure: str = "disagreement-share", band: str = "[0, 0.2]", *, leaving: bool = False) -> str:
    return PEACE.replace(
        "tensions: []",
        f"""tensions:
  - between: [need-is-seen, left-in-peace]
    measure: {measure}
    band: {band}
    leaving_acceptable: {str(leaving).lower()}
    why: Whoever calls more people disturbs more of them.""",
    )


def cases(*, conflicting: int, missed: int = 0) -> bytes:
    """Return 100 cases for each group: need is seen in all but `missed`, and of people in poor health so many are
    disturbed."""
    health = {"excellent": "no", "good": "no", "fair": "no", "poor": "no", "other": "yes"}
    rows = [
        f"{of}-{case},recall,{int(case >= missed)},*,{of},{limited}"
        for of, limited in health.items()
        for case in range(100)
    ]
    rows += [f"poor-{case},peace,{int(case < 100 - conflicting)},*,poor,no" for case in range(100)]
    return (HEADER + "\n".join(rows)).encode()


def judged(world: World, number: str = "1", *, conflicting: int = 10, missed: int = 0) -> GateReport:
    version = world.register(number).model_version
    reading = world.read_file(version, content=cases(conflicting=conflicting, missed=missed))
    evidence.record_file(system_key="outreach", reading=reading, by=world.people.engineer, at=world.tick())
    return world.judge(version)


@pytest.mark.parametrize(("conflicting", "verdict"), [(20, "PASS"), (21, "FAIL")])
def test_the_share_of_an_evaluation_is_held_against_the_band(world: World, conflicting: int, verdict: str) -> None:
    world.ratify(tension())
    report = judged(world, conflicting=conflicting)
    assert report.verdict == verdict
    [found] = report.content()["tensions"]
    [reading] = found["readings"]
    assert (reading["group"], reading["value"], reading["n"]) == ("poor-health", f"0.{conflicting}".rstrip("0"), 100)
    assert not report.routes.exists()
    assert engine.differences(report.content()) == ()


def test_evidence_without_both_for_one_case_leaves_it_unknown(world: World) -> None:
    world.ratify(tension())
    version = world.register().model_version
    apart = "\n".join(f"of-{row}" if ",peace," in row else row for row in cases(conflicting=0).decode().splitlines())
    reading = world.read_file(version, content=apart.encode())
    evidence.record_file(system_key="outreach", reading=reading, by=world.people.engineer, at=world.tick())
    report = world.judge(version)
    assert report.verdict == "INSUFFICIENT"
    assert "no case that counts has both metrics for poor-health" in " ".join(report.content()["reasons"])


def test_other_cases_that_conflict_make_a_report_out_of_date(world: World) -> None:
    world.ratify(tension())
    report = judged(world)
    reading = world.read_file(report.model_version, content=cases(conflicting=11))
    evidence.record_file(system_key="outreach", reading=reading, by=world.people.engineer, at=world.tick())
    assert selectors.unjudged(report)


def test_leaving_a_band_that_may_be_left_waits_for_a_trade_off_record_and_then_passes_into_a_bundle(
    world: World,
) -> None:
    world.ratify(tension(leaving=True))
    report = judged(world, conflicting=30)
    assert report.verdict == "NEEDS_DELIBERATION"
    [route] = selectors.open_routes(report)
    assert (route.signal, route.dimension) == ("disagreement-share", "need-is-seen and left-in-peace")
    assert (route.process, route.metric) == ("trade-off", "")
    services.close_route(
        route_id=route.pk,
        because="30 of 100 are disturbed; the groups accept it.",
        by=world.people.facilitator,
        at=world.tick(),
    )
    candidate = world.open_again(report.model_version)
    world.sign_all(candidate)
    approval = world.decide(candidate).approval
    audit.integrate(at=datetime.now(UTC))
    data = bundle.write_bundle(approval=approval, by=world.people.auditor, at=world.tick())
    assert not verify.verify(data, keys=bundle.public_keys()).wrong


def test_a_ranking_is_taken_over_the_versions_that_were_evaluated_before(world: World) -> None:
    """Each version sees more need and disturbs more people, so the two rank the versions oppositely."""
    world.ratify(tension("kendall-tau", "[-0.5, 1]"))
    first, second, third = (
        judged(world, str(number), conflicting=10 * number, missed=12 - 3 * number) for number in (1, 2, 3)
    )
    assert [report.verdict for report in (first, second, third)] == ["PASS", "PASS", "FAIL"]
    assert [report.content()["tensions"][0]["verdict"] for report in (first, second, third)] == [None, None, "FAIL"]
    reading = third.content()["tensions"][0]["readings"][0]
    assert (reading["value"], reading["n"]) == ("-1", 3)
    given = third.content()["inputs"]["siblings"]
    assert {o["source"]["subject"] for o in given} == {first.model_digest, second.model_digest}
    assert not selectors.unjudged(first), "what is evaluated later touches no report"
    assert world.judge(first.model_version).verdict == "FAIL"


def test_a_version_is_ranked_by_its_newest_evaluation(world: World) -> None:
    world.ratify(tension("kendall-tau", "[-0.5, 1]"))
    report = judged(world)
    for conflicting in (11, 12):
        reading = world.read_file(report.model_version, content=cases(conflicting=conflicting))
        evidence.record_file(system_key="outreach", reading=reading, by=world.people.engineer, at=world.tick())
    other = judged(world, "2", conflicting=5)
    peace = [o for o in other.content()["inputs"]["siblings"] if o["metric"] == "peace"]
    assert [(o["group"], o["successes"]) for o in peace] == [("poor-health", 88)]
    assert EvaluationRun.objects.count() == 4


def test_nothing_is_read_of_other_versions_where_no_tension_ranks_them(
    world: World, specification: SpecificationVersion
) -> None:
    world.judged()
    report = world.judged(number="2")
    assert report.content()["inputs"]["siblings"] == []
    assert report.context_key == PHONE
