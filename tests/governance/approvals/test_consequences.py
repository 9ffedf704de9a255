"""What ratifying a draft would do to the approvals that stand, and that it then does exactly that."""

from __future__ import annotations

import pytest

from governance.approvals import consequences, issuing, selectors
from governance.approvals.consequences import Consequence
from governance.approvals.models import Approval
from governance.gates.models import GateReport
from governance.specs import editions
from governance.specs import selectors as specs
from tests.factories.world import SPECIFICATION, World
from tests.governance.specs.test_measures import MEASURE

TIGHTER = SPECIFICATION.replace("version: 1.0.0", "version: 1.1.0").replace("min_n: 50", "min_n: 200")
LOOSER = SPECIFICATION.replace("version: 1.0.0", "version: 2.0.0").replace("validity_days: 180", "validity_days: 365")
REWORDED = SPECIFICATION.replace("version: 1.0.0", "version: 1.0.1").replace("Need is seen", "Need is noticed")
REGROUPED = REWORDED.replace("version: 1.0.1", "version: 2.0.0")


def _foreseen(world: World, text: str, name: str = "auditor") -> list[Consequence]:
    if text:
        world.draft(text)
    line = specs.working_draft(system=world.system)
    assert line is not None
    by = world.people.by_name[name]
    return consequences.of_ratifying(editions.drafted(line), system=world.system, by=by, at=world.tick())


@pytest.mark.parametrize(
    ("text", "kinds", "verdict"),
    [(REWORDED, [], "PASS"), (TIGHTER, ["tightened"], "INSUFFICIENT"), (LOOSER, ["loosened"], "PASS")],
    ids=["reworded", "tighter", "looser"],
)
def test_what_is_foreseen_is_what_happens(
    world: World, approval: Approval, text: str, kinds: list[str], verdict: str
) -> None:
    (foreseen,) = _foreseen(world, text)
    assert [change.kind for change in foreseen.changes] == kinds
    assert foreseen.preview is not None
    assert foreseen.preview.verdict == verdict
    assert GateReport.objects.count() == 1, "a preview is no report"
    world.ratify(text)
    version = approval.model_version
    holds = selectors.holding(system=world.system, version=version, context_key=approval.context_key, at=world.tick())
    assert (holds is None) is foreseen.lapses is bool(kinds)


def test_evidence_on_other_people_is_left_out_and_named(world: World, approval: Approval) -> None:
    world.draft(REGROUPED)
    world.declare("limited", {"column": "limited", "in": ["yes", "a little"]})
    (foreseen,) = _foreseen(world, "")
    assert foreseen.lapses
    assert foreseen.regrouped == ("limited",)
    assert foreseen.preview is not None
    assert "limited: INSUFFICIENT" in foreseen.preview.reasons[0]


def test_a_metric_that_the_draft_derives_is_left_out_and_named(world: World, approval: Approval) -> None:
    (foreseen,) = _foreseen(world, REGROUPED.replace("tensions:", f"{MEASURE}tensions:", 1))
    assert foreseen.lapses
    assert foreseen.rederived == ("recall",)
    assert foreseen.preview is not None
    assert foreseen.preview.verdict == "INSUFFICIENT"


def test_what_does_not_stand_is_not_listed(world: World, approval: Approval) -> None:
    second = world.approve("2")
    issuing.revoke(approval_id=second.pk, reason="It harms people.", by=world.people.board, at=world.tick())
    assert [found.approval.pk for found in _foreseen(world, REWORDED)] == [approval.pk]
    world.ratify(TIGHTER)
    again = TIGHTER.replace("version: 1.1.0", "version: 1.1.1").replace("Need is seen", "Need is noticed")
    assert _foreseen(world, again) == []


def test_whoever_may_not_see_the_system_learns_nothing(world: World, approval: Approval) -> None:
    assert _foreseen(world, REWORDED, "outsider") == []
