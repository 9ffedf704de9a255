"""The gate on stored evidence: recorded once, replayable, and routes that stay open until somebody acted."""

from __future__ import annotations

import pytest

from governance import canonical
from governance.audit.models import Leaf
from governance.deliberation.models import Deliberation
from governance.errors import Conflict, Invalid, NotAllowedNow, NotFound
from governance.gates import engine, services
from governance.gates.models import GateReport
from governance.specs.models import SpecificationVersion
from tests.factories.world import LETTER, PHONE, UNEQUAL, World
from tests.governance.refused import refused
from tests.people import GROUPS


def test_the_same_inputs_give_the_same_report_recorded_once(world: World, specification: SpecificationVersion) -> None:
    first = world.judged()
    leaves = Leaf.objects.count()
    assert world.judge(first.model_version) == first
    assert Leaf.objects.count() == leaves


def test_a_stored_report_replays_from_its_own_inputs(world: World, specification: SpecificationVersion) -> None:
    report = world.judged(UNEQUAL)
    assert engine.differences(report.content()) == ()
    assert canonical.digest_bytes(bytes(report.document)) == report.digest


@pytest.mark.parametrize(("counts", "verdict"), [((80, 100), "INSUFFICIENT"), ((92, 100), "PASS")])
def test_a_context_may_ask_for_more(
    world: World, counts: tuple[int, int], verdict: str, specification: SpecificationVersion
) -> None:
    report = world.judged(dict.fromkeys(GROUPS, counts))
    assert report.verdict == "PASS"
    assert world.judge(report.model_version, LETTER).verdict == verdict


def test_nothing_is_judged_without_a_specification_or_a_context(world: World) -> None:
    version = world.register().model_version
    with pytest.raises(NotFound) as refusal:
        world.judge(version)
    assert refusal.value.code == "no-specification"
    world.ratify()
    with pytest.raises(NotFound, match="us/outreach/fax"):
        world.judge(version, "us/outreach/fax")
    assert world.judge(version, PHONE).verdict == "INSUFFICIENT"


def test_a_route_is_closed_once_with_a_reason(world: World, specification: SpecificationVersion) -> None:
    route = world.judged(UNEQUAL).routes.get()
    about = world.deliberate(route.report.digest)
    with pytest.raises(Invalid):
        _close(world, route.pk, about, because=" ")
    _close(world, route.pk, about)
    with pytest.raises(NotAllowedNow):
        _close(world, route.pk, about)
    with pytest.raises(NotFound):
        _close(world, route.pk + 1, about)
    assert refused(
        "UPDATE gates_route SET state = 'open', closed_at = NULL, closed_by_id = NULL, closed_leaf_id = NULL"
    )
    assert refused("UPDATE gates_route SET sentence = 'All is well.'")


def test_a_route_that_asks_for_a_deliberation_closes_by_no_sentence_alone(
    world: World, specification: SpecificationVersion
) -> None:
    route = world.judged(UNEQUAL).routes.get()
    about_another = world.deliberate("f" * 64)
    undecided = world.prepare_deliberation(digest=route.report.digest)
    for offered in (None, about_another):
        with pytest.raises(Conflict) as refusal:
            _close(world, route.pk, offered)
        assert refusal.value.code == "undeliberated"
    with pytest.raises(NotAllowedNow, match="not decided yet"):
        _close(world, route.pk, undecided)
    assert route.report.routes.filter(state="open").exists()


def _close(world: World, route_id: int, about: Deliberation | None, *, because: str = "It was deliberated.") -> None:
    services.close_route(
        route_id=route_id,
        because=because,
        deliberation_id=about.pk if about else None,
        by=world.people.facilitator,
        at=world.tick(),
    )


def test_the_database_changes_no_report(world: World, specification: SpecificationVersion) -> None:
    world.judged()
    for statement in (
        "UPDATE gates_gatereport SET verdict = 'PASS'",
        "DELETE FROM gates_gatereport",
        "TRUNCATE gates_gatereport CASCADE",
    ):
        assert refused(statement)
    assert GateReport.objects.count() == 1
