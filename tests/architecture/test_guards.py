"""What the application's role could write by raw SQL, past every service and without an entry, the database refuses."""

from __future__ import annotations

from datetime import timedelta

import pytest

from governance.accounts import services as accounts
from governance.approvals import issuing as approvals
from governance.approvals.models import Approval
from governance.deliberation import services as deliberation
from governance.monitoring import services as monitoring
from governance.specs import services as specs
from governance.systems import services as systems
from lineage.models import ModelVersion, SyncReport
from tests.factories import mirror
from tests.factories.world import UNEQUAL, World
from tests.governance.refused import refused

OUTSIDER = "(SELECT id FROM accounts_user WHERE email = 'outsider@example.org')"

REFUSED = {
    "an account": (
        "UPDATE accounts_user SET is_administrator = true WHERE email = 'board@example.org'",
        "UPDATE accounts_user SET is_administrator = false WHERE is_administrator",
        "UPDATE accounts_user SET kind = 'person' WHERE kind = 'service'",
        "UPDATE accounts_user SET email = 'eve@example.org' WHERE email = 'board@example.org'",
        "UPDATE accounts_user SET is_active = false WHERE email = 'board@example.org'",
        "UPDATE accounts_user SET erased_at = now() WHERE email = 'board@example.org'",
    ),
    "a system": (
        "UPDATE systems_aisystem SET key = 'other'",
        f"UPDATE systems_aisystem SET owner_id = {OUTSIDER}",
        "UPDATE systems_deploymentcontext SET live_alias = key",
        "UPDATE systems_deploymentcontext SET key = 'elsewhere/' || id",
        "UPDATE systems_registeredmodellink SET name = 'another'",
    ),
    "a grant that was ended": (
        "UPDATE systems_rolegrant SET ended_at = NULL, ended_by_id = NULL WHERE ended_at IS NOT NULL",
        "UPDATE systems_rolegrant SET ended_at = now() + interval '9 days' WHERE ended_at IS NOT NULL",
        f"UPDATE systems_rolegrant SET ended_by_id = {OUTSIDER} WHERE ended_at IS NOT NULL",
    ),
    "a deliberation that is closed": (
        "UPDATE deliberation_deliberation SET voting_until = now() + interval '9 days'",
        "UPDATE deliberation_deliberation SET voting_from = voting_from - interval '1 hour'",
        "UPDATE deliberation_deliberation SET answer = 'We did as you said.'",
        "UPDATE deliberation_deliberation SET closed_at = now()",
        f"UPDATE deliberation_deliberation SET facilitator_id = {OUTSIDER}",
        f"UPDATE deliberation_deliberation SET proposer_id = {OUTSIDER}",
    ),
    "a specification that is ratified": (
        "UPDATE specs_valuespecification SET draft_text = ''",
        f"UPDATE specs_valuespecification SET drafter_id = {OUTSIDER}",
    ),
    "a route that is closed": (
        "UPDATE gates_route SET closed_leaf_id = 1 WHERE state = 'closed'",
        "UPDATE gates_route SET deliberation_id = NULL WHERE state = 'closed'",
        f"UPDATE gates_route SET closed_by_id = {OUTSIDER} WHERE state = 'closed'",
        "UPDATE gates_route SET closed_at = now() WHERE state = 'closed'",
    ),
    "a candidate": (
        "UPDATE approvals_releasecandidate SET withdrawn_leaf_id = 1, withdrawn_at = now()",
        "UPDATE approvals_releasecandidate SET context_key = 'elsewhere'",
    ),
    "what MLflow is to be told": (
        "UPDATE approvals_writeback SET word = 'approved'",
        "UPDATE approvals_writeback SET done_at = now()",
    ),
    "an approval that was revoked": (
        "UPDATE approvals_approval SET valid_until = valid_until + interval '1 year'",
        "UPDATE approvals_approval SET state = 'active'",
    ),
    "a deployment": (
        "UPDATE monitoring_deployment SET since = since - interval '1 day'",
        "UPDATE monitoring_deployment SET context_key = 'elsewhere'",
        "UPDATE monitoring_deployment SET until = NULL WHERE until IS NOT NULL",
    ),
    "a claim past everybody": (
        "UPDATE monitoring_outofbandclaim SET after = 'None'",
        "UPDATE monitoring_outofbandclaim SET found_at = now()",
    ),
    "a promotion past everybody": (
        "UPDATE monitoring_outofbandpromotion SET unmet = '[]'",
        "UPDATE monitoring_outofbandpromotion SET found_at = now()",
        "UPDATE monitoring_outofbandpromotion SET alias = 'none'",
        "UPDATE monitoring_outofbandpromotion SET resolved_because = 'Never mind.'",
        "UPDATE monitoring_outofbandpromotion SET state = 'resolved'",
    ),
}
"""Of what → statements that each change at least one row of a finished main job."""


@pytest.mark.expectation(16)
@pytest.mark.django_db
def test_nothing_that_was_agreed_or_has_ended_is_rewritten_by_raw_sql(world: World, approval: Approval) -> None:
    answered(world)
    routes_closed(world)
    live(world, "1")
    approvals.revoke(approval_id=approval.pk, reason="It harms.", by=world.people.board, at=world.tick())
    ModelVersion.objects.filter(version="1").update(stage="Production")
    live(world, "2")
    grant = world.people.auditor.grants.get()
    systems.end_grant(grant_id=grant.pk, by=world.people.administrator, at=world.tick())
    for what, statements in REFUSED.items():
        for statement in statements:
            assert refused(statement), f"{what} was changed: {statement}"


@pytest.mark.expectation(16)
@pytest.mark.django_db
def test_an_approval_ends_only_together_with_the_row_that_says_why(approval: Approval) -> None:
    for state in ("lapsed", "revoked", "superseded"):
        assert refused(f"UPDATE approvals_approval SET state = '{state}'; SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.expectation(1)
@pytest.mark.django_db
def test_a_draft_in_deliberation_is_changed_by_no_statement_that_leaves_it_there(world: World) -> None:
    deliberated = world.prepare_deliberation(digest=world.draft())
    specs.put_forward(system_key="outreach", deliberation_id=deliberated.pk, by=world.people.steward, at=world.tick())
    for change in ("draft_text = 'x'", "draft_digest = 'x'", f"drafter_id = {OUTSIDER}", "deliberation_id = NULL"):
        assert refused(f"UPDATE specs_valuespecification SET {change}")
    world.draft()


@pytest.mark.expectation(18)
@pytest.mark.django_db
def test_who_was_erased_does_not_come_back(world: World) -> None:
    board = world.people.board
    accounts.erase_person(user_id=board.pk, by=world.people.administrator, at=world.tick())
    for change in ("erased_at = NULL", "is_active = true", "name = 'Board'", "is_administrator = true"):
        assert refused(f"UPDATE accounts_user SET {change} WHERE id = '{board.pk}'")


@pytest.mark.expectation(16)
@pytest.mark.django_db
def test_a_token_says_for_ever_whose_it_was_and_what_it_allowed(world: World) -> None:
    by = world.people.board
    token, _ = accounts.issue_token(
        user=by, label="Mine", scopes=["system.read"], expires_at=world.now + timedelta(days=1), by=by, at=world.now
    )
    accounts.revoke_token(token_id=token.pk, by=by, at=world.tick())
    for change in (
        "revoked_at = NULL, revoked_by_id = NULL",
        "scopes = '{administer}'",
        "expires_at = expires_at + interval '1 year'",
        f"user_id = {OUTSIDER}",
    ):
        assert refused(f"UPDATE accounts_token SET {change}")


def answered(world: World) -> None:
    deliberated = world.system.deliberations.get()
    deliberation.close(deliberation_id=deliberated.pk, answer="Heard.", by=world.people.facilitator, at=world.tick())


def routes_closed(world: World) -> None:
    world.close_routes(world.judged(UNEQUAL, number="2"))


def live(world: World, number: str) -> None:
    version = ModelVersion.objects.get(version=number)
    mirror.point_alias("live-phone", version, at=world.tick())
    report = SyncReport.objects.create(
        server=mirror.server(), started_at=world.tick(), outcome="succeeded", counts={"aliases": 1}, digest="0" * 64
    )
    monitoring.judge_synchronisation(system_key="outreach", report=report, by=world.people.machine, at=world.tick())
