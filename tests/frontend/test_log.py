"""The auditor's log: searched, proved, verified before one's eyes."""

from __future__ import annotations

import pytest

from governance.approvals.models import Approval
from governance.audit import selectors, services
from tests.factories.world import World
from tests.frontend.conftest import SignedIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(world: World, approval: Approval) -> World:
    """An approved version, its log sequenced."""
    services.integrate(at=world.tick())
    return world


def test_only_who_may_read_the_log_finds_it(world: World, as_person: SignedIn) -> None:
    assert as_person(world.people.auditor).get("/log/").status_code == 200
    assert as_person(world.people.engineer).get("/log/").status_code == 404
    assert as_person(world.people.engineer).post("/log/verify/").status_code == 404


def test_entries_are_found_by_kind_and_subject(world: World, as_person: SignedIn) -> None:
    candidate = world.system.candidates.get()
    wanted = {"event_type": "approvals.candidate.", "subject": f"candidate:{candidate.pk}"}
    part = as_person(world.people.auditor).get("/log/", wanted, headers={"hx-request": "true"}).content.decode()
    assert part.count("<tr data-row") == 5
    assert "specs.version.ratified" not in part


def test_an_entry_shows_its_bytes_and_its_proof(world: World, as_person: SignedIn) -> None:
    client = as_person(world.people.auditor)
    leaf = world.system.approvals.get().leaf_id
    page = client.get(f"/log/{leaf}/").content.decode()
    assert "c2sp.org/tlog-proof@v1" in page
    assert client.get(f"/log/{leaf}/entry.json").content == selectors.entry(leaf).entry
    assert client.get(f"/log/{leaf}/proof").content == selectors.proof_for(leaf).to_bytes()


def test_an_entry_that_waits_for_its_place_says_so(world: World, as_person: SignedIn) -> None:
    world.draft(world_text())
    leaf = selectors.entries(system="outreach")[0].leaf_id
    client = as_person(world.people.auditor)
    assert "◻" in client.get(f"/log/{leaf}/").content.decode()
    assert client.get(f"/log/{leaf}/proof").status_code == 404


def test_entries_of_another_system_are_not_there(world: World, as_person: SignedIn) -> None:
    leaf = world.system.approvals.get().leaf_id
    assert as_person(world.people.outsider).get(f"/log/{leaf}/").status_code == 404


def test_verifying_ends_in_a_sentence(world: World, as_person: SignedIn) -> None:
    response = as_person(world.people.auditor).post("/log/verify/")
    text = b"".join(response.streaming_content).decode()
    assert "VERIFIED" in text
    assert f"All {selectors.log_size()} entries" in text
    assert text.rstrip().endswith("</html>")


def test_verifying_begins_where_one_says(world: World, as_person: SignedIn) -> None:
    client = as_person(world.people.auditor)
    text = b"".join(client.post("/log/verify/", {"since": "3"}).streaming_content).decode()
    assert f"All {selectors.log_size() - 3} entries from index 3 on" in text
    beyond = b"".join(client.post("/log/verify/", {"since": "999999"}).streaming_content).decode()
    assert "NOT VERIFIED" in beyond
    refused = client.post("/log/verify/", {"since": "soon"})
    assert refused.status_code == 422
    assert "Enter a whole number." in refused.content.decode()


def test_the_signed_note_can_be_read(world: World, as_person: SignedIn) -> None:
    head = selectors.latest_head()
    assert head is not None
    assert bytes(head.note).decode().splitlines()[0] in as_person(world.people.auditor).get("/log/").content.decode()
    assert "Signed note" in as_person(world.people.auditor).get("/log/").content.decode()


@pytest.mark.parametrize("wanted", [{"since": "soon"}, {"before": "x"}, {"subject": "candidate:\x001"}])
@pytest.mark.parametrize("headers", [{}, {"hx-request": "true"}])
def test_a_search_that_is_malformed_finds_nothing_and_says_why(
    world: World, as_person: SignedIn, wanted: dict[str, str], headers: dict[str, str]
) -> None:
    page = as_person(world.people.auditor).get("/log/", wanted, headers=headers).content.decode()
    assert "<tr data-row" not in page
    assert "Nothing was searched." in page


def world_text() -> str:
    """Return a next version that asks for more."""
    from tests.factories.world import SPECIFICATION

    return SPECIFICATION.replace("version: 1.0.0", "version: 1.1.0").replace("threshold: 0.70", "threshold: 0.72")
