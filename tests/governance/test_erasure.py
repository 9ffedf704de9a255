"""What people wrote lies in one place beside the log: erased there it is nowhere, and everything still verifies."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from governance import canonical
from governance.approvals import issuing, services
from governance.approvals.models import Approval
from governance.audit import services as audit
from governance.audit import verification
from governance.audit.models import SealedField
from governance.deliberation.models import Outcome
from governance.evidence import services as evidence
from governance.monitoring import services as monitoring
from lineage.models import SyncReport
from tests.factories import mirror
from tests.factories.world import UNEQUAL, World

WORD = "Rumpelstiltskin"
SAID = f"{WORD} knows it."


@pytest.fixture
def world(world: World) -> World:
    """A main job in which everything that people can say contains one word."""
    world.dissent = SAID
    approval = world.approve(reason=SAID)
    people, at = world.people, world.tick
    world.close_routes(world.judged(UNEQUAL, number="2"), because=SAID)
    candidate = world.open_candidate(number="3")
    world.sign(candidate, "board", stance="object", reason=SAID)
    services.declare_conflict(candidate_id=candidate.pk, reason=SAID, by=people.second_board, at=at())
    services.withdraw_candidate(candidate_id=candidate.pk, reason=SAID, by=people.engineer, at=at())
    issuing.revoke(approval_id=approval.pk, reason=SAID, by=people.board, at=at())
    mirror.point_alias("live-phone", approval.model_version, at=at())
    report = SyncReport.objects.create(
        server=mirror.server(), started_at=at(), outcome="succeeded", counts={"aliases": 1}, digest="0" * 64
    )
    monitoring.judge_synchronisation(system_key="outreach", report=report, by=people.machine, at=at())
    world.withdraw_sheet(because=SAID)
    held_out = world.write_edge_cases()
    evidence.open_edge_cases(
        system_key="outreach", key=held_out.key, version=1, because=SAID, by=people.engineer, at=at()
    )
    return world


def test_what_people_wrote_stands_once_beside_the_log_and_in_no_other_row(world: World) -> None:
    assert tables_with(WORD) == {"audit_sealedfield"}
    assert len(sealed_with(WORD)) == 10


@pytest.mark.expectation(18)
def test_erased_it_is_nowhere_and_every_digest_still_verifies(world: World) -> None:
    erase_everything(world)
    assert tables_with(WORD) == set()
    outcome = Outcome.objects.earliest("pk")
    assert outcome.digest == canonical.digest(outcome.document)
    assert outcome.dissent == "erased"
    decision = Approval.objects.get().decision
    assert (decision.reason, decision.digest) == ("erased", canonical.digest_bytes(bytes(decision.document)))
    audit.integrate(at=world.tick())
    *_, last = verification.verify_everything()
    assert isinstance(last, verification.Verified)


@pytest.mark.expectation(7)
@pytest.mark.parametrize(("erased", "shown"), [(False, SAID), (True, "erased")])
def test_pages_show_the_words_or_that_they_were_erased(world: World, reading: Client, erased: bool, shown: str) -> None:
    if erased:
        erase_everything(world)
    approval = Approval.objects.get()
    candidates = (approval.decision.revision.candidate_id, withdrawn(world))
    pages = [f"/deliberations/{Outcome.objects.earliest('pk').deliberation_id}/", f"/approvals/{approval.pk}/"]
    pages += ["/systems/outreach/edge-cases/", "/systems/outreach/metrics/"]
    for page in pages + [f"/candidates/{candidate}/" for candidate in candidates]:
        content = reading.get(page).content.decode()
        assert shown in content, page
        assert (WORD in content) != erased, page


@pytest.mark.expectation(7)
@pytest.mark.parametrize(("erased", "shown"), [(False, SAID), (True, "erased")])
def test_the_api_gives_the_words_or_that_they_were_erased(
    world: World, reading: Client, erased: bool, shown: str
) -> None:
    if erased:
        erase_everything(world)
    approval, candidate = Approval.objects.get(), withdrawn(world)
    deliberated = asked(reading, f"deliberations/{Outcome.objects.earliest('pk').deliberation_id}")
    assert deliberated["outcome"]["dissent"] == shown
    assert asked(reading, f"approvals/{approval.pk}")["ending"]["reason"] == shown
    assert asked(reading, "approvals")["results"][0]["ending"]["reason"] == shown
    found = asked(reading, f"candidates/{candidate}")
    assert (found["withdrawn_because"], found["sign_offs"][0]["reason"]) == (shown, shown)
    listed = {row["id"]: row["withdrawn_because"] for row in asked(reading, "candidates")["results"]}
    assert listed[candidate] == shown
    assert asked(reading, f"approvals/{approval.pk}/trace")["decision"]["reason"] == shown
    [recall] = asked(reading, "systems/outreach/sheets")
    assert recall["approval"]["withdrawal"]["because"] == shown
    [held_out] = asked(reading, "systems/outreach/edge-cases")
    assert [used["because"] for used in held_out["exposures"]] == [shown]


@pytest.fixture
def reading(world: World) -> Client:
    """A client signed in as the auditor."""
    client = Client()
    client.force_login(world.people.auditor, backend="django.contrib.auth.backends.ModelBackend")
    return client


def asked(client: Client, path: str) -> Any:
    return client.get(f"/api/v1/{path}").json()


def withdrawn(world: World) -> int:
    return int(world.system.candidates.get(state="withdrawn").pk)


def erase_everything(world: World) -> None:
    for field in sealed_with(WORD):
        audit.erase_sealed(
            leaf_id=field.leaf_id,
            name=field.name,
            ground="Art. 17 GDPR",
            by=world.people.administrator,
            at=world.tick(),
        )


def sealed_with(word: str) -> list[SealedField]:
    return [field for field in SealedField.objects.all() if word.encode() in bytes(field.value)]


def tables_with(word: str) -> set[str]:
    """Return the tables of which some row holds `word`, as text or as bytes."""
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    return {table for table in tables if _holds(table, word)}


def _holds(table: str, word: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT EXISTS (SELECT FROM "{table}" AS row WHERE row::text LIKE %s OR row::text LIKE %s)',
            [f"%{word}%", f"%{word.encode().hex()}%"],
        )
        return bool(cursor.fetchone()[0])
