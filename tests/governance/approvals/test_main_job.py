"""The main job through the services, and the ways in which it must not go."""

from __future__ import annotations

import pytest

from governance.approvals import selectors
from governance.approvals.models import Approval
from governance.approvals.states import ApprovalState
from governance.specs.models import SpecificationVersion
from tests.factories.world import FAILING, FEW, LETTER, PHONE, UNEQUAL, World

pytestmark = pytest.mark.django_db


def test_a_version_that_everybody_signed_is_allowed_in_its_context_only(world: World, approval: Approval) -> None:
    asked = {
        context: selectors.check(
            version=approval.model_version,
            context_key=context,
            digest=approval.artifact_digest,
            system=world.system,
            at=world.tick(),
        )
        for context in (PHONE, LETTER)
    }
    assert approval.state == ApprovalState.ACTIVE
    assert asked[PHONE].allowed
    assert not asked[LETTER].allowed
    assert [r.key for r in asked[LETTER].unmet] == ["approval", "gate"]


@pytest.mark.parametrize(
    ("counts", "verdict"), [(FAILING, "FAIL"), (FEW, "INSUFFICIENT"), (UNEQUAL, "NEEDS_DELIBERATION"), (None, "PASS")]
)
def test_the_gate_gives_each_of_its_four_values(
    counts: dict[str, tuple[int, int]] | None, verdict: str, world: World, specification: SpecificationVersion
) -> None:
    assert world.judged(counts).verdict == verdict
