"""What is put forward and what is approved are the bytes that lie in MLflow at that moment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from governance.approvals import looking, policies, services, tasks
from governance.approvals.models import Approval, CandidateRevision, Decision, ReleaseCandidate
from governance.audit.models import Leaf
from governance.errors import NotAllowedNow, NotFound, NotPermitted
from governance.monitoring import selectors
from lineage import sync
from lineage.errors import IntegrityConflict, RegistryUnavailable
from lineage.models import ModelVersion
from tests.factories.world import ANSWERED, PHONE, World
from tests.governance.monitoring.test_watching import NOBODY, Mirrored
from tests.lineage.somebody import Somebody
from tests.tracking import add_version

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("mlflow"), pytest.mark.expectation(23)]


@pytest.fixture
def world(world: World, specification: object, outreach: Somebody, mlflow_url: str, settings: Any) -> Mirrored:
    """A specification is ratified, MLflow holds a version, and a look at files counts for a minute."""
    sync.connect(key="main", url=mlflow_url)
    add_version(outreach, content=b"first")
    settings.LOOK_MAX_AGE = timedelta(seconds=60)
    return Mirrored(people=world.people, system=world.system, now=world.now)


@pytest.fixture
def judged(world: Mirrored) -> ModelVersion:
    """Version 1 is registered and judged, and was hashed minutes ago."""
    found = world.judged().model_version
    assert not policies.is_looked_at(version=found, at=world.tick())
    return found


@pytest.fixture
def candidate(world: Mirrored, judged: ModelVersion) -> ReleaseCandidate:
    """A candidate that everybody signed, whose files were hashed minutes ago."""
    found = opened(world, judged)
    world.sign_all(found)
    world.tick(3)
    return found


def opened(world: World, version: ModelVersion, name: str = "engineer") -> ReleaseCandidate:
    by = world.people.by_name[name]
    return looking.open_candidate(system_key="outreach", version=version, context_key=PHONE, by=by, at=world.tick())


def decided(world: World, candidate: ReleaseCandidate, outcome: str = "approved", name: str = "board") -> Decision:
    return looking.decide(
        candidate_id=candidate.pk,
        shown_digest=services.newest_revision(candidate).digest,
        outcome=outcome,
        reason=ANSWERED,
        by=world.people.by_name[name],
        at=world.tick(),
    )


def put(outreach: Somebody, version: ModelVersion) -> None:
    outreach.put_file(version.artifact_uri, "model.pkl", b"evil")


def test_opening_and_approving_hash_the_files_again(world: Mirrored, judged: ModelVersion) -> None:
    candidate = opened(world, judged)
    judged.refresh_from_db()
    assert judged.digest_checked_at == world.now
    world.sign_all(candidate)
    decided(world, candidate)
    judged.refresh_from_db()
    assert (judged.digest_checked_at, judged.hashing_since, judged.hashing_problem) == (world.now, None, "")
    assert Approval.objects.get().artifact_digest == judged.digest


def test_files_changed_before_opening_are_named_and_nothing_is_opened(
    world: Mirrored, judged: ModelVersion, outreach: Somebody
) -> None:
    put(outreach, judged)
    before = Leaf.objects.count()
    with pytest.raises(IntegrityConflict) as refused:
        opened(world, judged)
    assert refused.value.paths == ("model.pkl",)
    assert (ReleaseCandidate.objects.count(), Leaf.objects.count()) == (0, before)
    world.watch()
    (incident,) = selectors.standing_incidents(by=world.people.auditor)
    assert incident.files["changed"] == ["model.pkl"]


def test_files_changed_before_the_decision_are_named_and_nothing_is_approved(
    world: Mirrored, candidate: ReleaseCandidate, outreach: Somebody
) -> None:
    put(outreach, candidate.model_version)
    with pytest.raises(IntegrityConflict) as refused:
        decided(world, candidate)
    assert refused.value.paths == ("model.pkl",)
    assert not Approval.objects.exists()
    with pytest.raises(NotAllowedNow, match="bytes are others"):
        decided(world, candidate)
    assert decided(world, candidate, "rejected").outcome == "rejected"


def test_files_changed_before_a_refresh_are_named(
    world: Mirrored, candidate: ReleaseCandidate, outreach: Somebody
) -> None:
    put(outreach, candidate.model_version)
    with pytest.raises(IntegrityConflict):
        looking.refresh_candidate(candidate_id=candidate.pk, by=world.people.engineer, at=world.tick())
    assert CandidateRevision.objects.count() == 1


def test_while_mlflow_is_away_nothing_is_approved_and_the_version_says_why(
    world: Mirrored, candidate: ReleaseCandidate, mlflow_url: str
) -> None:
    sync.connect(key="main", url=NOBODY)
    with pytest.raises(RegistryUnavailable):
        decided(world, candidate)
    version = ModelVersion.objects.get()
    assert "cannot be reached" in version.hashing_problem
    assert version.hashing_since is None
    sync.connect(key="main", url=mlflow_url)
    decided(world, candidate)
    version.refresh_from_db()
    assert version.hashing_problem == ""


def test_nobody_goes_around_the_look_by_calling_the_service(world: Mirrored, candidate: ReleaseCandidate) -> None:
    with pytest.raises(NotAllowedNow, match="hashed again first"):
        world.decide(candidate)
    with pytest.raises(NotAllowedNow, match="hashed again first"):
        world.open_again(candidate.model_version, "us/outreach/letter")


def test_who_may_not_ask_has_nothing_hashed(world: Mirrored, judged: ModelVersion) -> None:
    with pytest.raises(NotPermitted):
        opened(world, judged, "auditor")
    with pytest.raises(NotFound):
        opened(world, judged, "outsider")
    candidate = opened(world, judged)
    world.tick(3)
    hashed = ModelVersion.objects.get().digest_checked_at
    with pytest.raises(NotPermitted):
        decided(world, candidate, name="engineer")
    assert ModelVersion.objects.get().digest_checked_at == hashed


def test_large_files_are_hashed_by_a_worker_while_people_are_told(
    world: Mirrored, candidate: ReleaseCandidate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "LARGE_BYTES", 1)
    queued: list[int] = []
    monkeypatch.setattr(tasks.look_again, "delay", lambda *, version_id: queued.append(version_id))
    world.tick(61)
    with pytest.raises(NotAllowedNow, match="a worker is hashing them again"):
        decided(world, candidate)
    assert queued == [candidate.model_version_id]
    tasks.look_again(version_id=queued[0])
    assert decided(world, candidate).outcome == "approved"
