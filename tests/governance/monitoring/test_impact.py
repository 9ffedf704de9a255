"""What rests on a dataset, a run or a commit, and on what evidence was made from."""

from __future__ import annotations

from datetime import timedelta

import pytest

from governance.errors import NotFound
from governance.monitoring.impact import CAME, JUDGED, impact
from governance.monitoring.models import Deployment
from lineage.models import Run, RunInput, RunModel
from tests.factories import mirror
from tests.factories.world import PHONE, World

pytestmark = pytest.mark.django_db


def test_a_dataset_leads_to_the_versions_candidates_approvals_and_deployments_on_it(world: World) -> None:
    world.ratify()
    approval = world.approve()
    version = approval.model_version
    mirror.trained_on(version, name="visits", digest="abc")
    RunInput.objects.update(first_seen_at=version.first_seen_at)
    Deployment.objects.create(
        system=world.system,
        context_key=PHONE,
        registered_model=version.registered_model,
        model_version=version,
        since=world.now,
    )
    found = impact("visits", by=world.people.auditor)
    assert [row.pk for row in found.versions] == [version.pk]
    assert [row.pk for row in found.candidates] == [approval.decision.revision.candidate_id]
    assert [row.pk for row in found.approvals] == [approval.pk]
    assert [row.model_version_id for row in found.deployments] == [version.pk]
    assert CAME in found.because(version.pk)
    before = impact("visits", by=world.people.auditor, as_of=version.first_seen_at)
    assert ([row.pk for row in before.versions], before.candidates, before.approvals, before.deployments) == (
        [version.pk],
        [],
        [],
        [],
    )
    with pytest.raises(NotFound):
        impact("visits", by=world.people.auditor, as_of=version.first_seen_at - timedelta(days=9))
    with pytest.raises(NotFound):
        impact("visits", by=world.people.outsider)


def test_a_release_rests_on_the_dataset_that_it_was_evaluated_on(world: World) -> None:
    world.ratify()
    candidate = world.open_candidate()
    version = candidate.model_version
    evaluation = version.evaluations.get()
    run, _ = Run.objects.get_or_create(
        server=mirror.server(), run_id=evaluation.run_id, defaults={"first_seen_at": world.now}
    )
    RunModel.objects.get_or_create(run=run, logged_model=version.logged_model, role="input")
    found = impact(f"run:{evaluation.run_id}", by=world.people.auditor)
    assert [row.pk for row in found.candidates] == [candidate.pk]
    assert (list(found.versions), found.because(version.pk)) == ([], [JUDGED])
