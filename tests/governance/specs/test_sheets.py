"""The provenance sheets of metrics: written, approved by another, never changed; without one nothing passes."""

from __future__ import annotations

import pytest
from django.db import Error, transaction

from governance.approvals import services as approvals
from governance.approvals import standing
from governance.approvals.models import ReleaseCandidate
from governance.approvals.selectors import newest_revision
from governance.audit.models import Leaf
from governance.errors import Conflict, Invalid, NotAllowedNow, NotFound, NotPermitted
from governance.specs import selectors, services, sheet
from governance.specs.models import MetricSheet, SheetApproval, SpecificationVersion
from tests.factories.world import ANSWERS, World

pytestmark = pytest.mark.django_db


def approve(world: World, written: MetricSheet, *, name: str = "board", digest: str = "") -> SheetApproval:
    return services.approve_sheet(
        system_key="outreach",
        metric=written.metric,
        digest=digest or written.digest,
        by=world.people.by_name[name],
        at=world.tick(),
    )


def rewrite(world: World, metric: str = "recall", **changes: str) -> MetricSheet:
    answers = ANSWERS | changes
    by, at = world.people.steward, world.tick()
    return services.write_sheet(system_key="outreach", metric=metric, answers=answers, by=by, at=at)


def test_a_sheet_answers_every_question_and_says_which_it_does_not() -> None:
    with pytest.raises(Invalid) as refused:
        sheet.make("recall", ANSWERS | {"owner": "  ", "how": "x" * 4001, "who": "a\x00b", "colour": "red"})
    assert [problem.where for problem in refused.value.problems] == ["owner", "how", "who", "colour"]
    assert refused.value.problems[0].remedy == sheet.QUESTIONS["owner"]


@pytest.mark.parametrize("metric", ["", "two words", "x" * 65, "recall\n", "../recall"])
def test_what_names_no_metric_has_no_sheet(metric: str) -> None:
    with pytest.raises(Invalid) as refused:
        sheet.make(metric, ANSWERS)
    assert [problem.where for problem in refused.value.problems] == ["metric"]


def test_the_same_answers_are_recorded_once(world: World) -> None:
    first = rewrite(world, "kindness")
    count = Leaf.objects.count()
    assert rewrite(world, "kindness", owner=f"  {ANSWERS['owner']}\n") == first
    assert Leaf.objects.count() == count
    assert sheet.digest(sheet.make("kindness", ANSWERS)) == first.digest


def test_nobody_approves_what_they_wrote_on(world: World) -> None:
    written = rewrite(world, "kindness")
    world.people.steward.scopes = None
    with pytest.raises(NotPermitted, match="must be board member"):
        approve(world, written, name="steward")
    approve(world, written)
    with pytest.raises(NotAllowedNow, match="approved already"):
        approve(world, written, name="second_board")


def test_the_database_refuses_an_approval_of_ones_own_sheet_and_every_change(world: World) -> None:
    written = rewrite(world, "kindness")
    own = {"sheet": written, "written_by": world.people.board, "approved_by": world.people.board}
    with pytest.raises(Error, match="nobody_approves_their_own_sheet"), transaction.atomic():
        SheetApproval.objects.create(**own, approved_at=world.now, leaf_id=written.leaf_id)
    for change in (lambda: MetricSheet.objects.update(digest="0" * 64), MetricSheet.objects.all().delete):
        with pytest.raises(Error), transaction.atomic():
            change()


def test_one_approves_what_one_read(world: World) -> None:
    read = rewrite(world, "kindness")
    rewrite(world, "kindness", owner="Somebody else answers for it.")
    with pytest.raises(Conflict, match="another than the one you read"):
        approve(world, read)
    with pytest.raises(NotFound, match=r"“patience” has no sheet\. There are sheets of: kindness\."):
        approve(world, MetricSheet(metric="patience", digest="0" * 64))


def test_a_change_stands_only_once_it_is_approved(world: World, specification: SpecificationVersion) -> None:
    before = selectors.approved_sheets(system=world.system, metrics=["recall"])["recall"]
    changed = rewrite(world, owner="Somebody else answers for it.")
    assert selectors.approved_sheets(system=world.system, metrics=["recall"])["recall"] == before
    approve(world, changed)
    assert selectors.approved_sheets(system=world.system, metrics=["recall"])["recall"] == changed
    assert list(selectors.writings(system=world.system, metric="recall", by=world.people.auditor)) == [changed, before]


def test_a_metric_without_an_approved_sheet_cannot_gate(world: World) -> None:
    world.approve_sheets = lambda metrics: None  # type: ignore[method-assign]
    world.ratify()
    report = world.judged()
    assert report.verdict == "INSUFFICIENT"
    assert report.content()["reasons"][0].endswith("the metric recall has no approved provenance sheet.")
    approve(world, world.write_sheet("recall"))
    assert world.judge(report.model_version).verdict == "PASS"


def test_a_sheet_that_changes_makes_a_candidate_out_of_date(world: World, candidate: ReleaseCandidate) -> None:
    revision = newest_revision(candidate)
    (signed,) = revision.content()["metrics"]
    changed = rewrite(world, owner="Somebody else answers for it.")
    assert standing.stale_because(revision, at=world.now) == ""
    approve(world, changed)
    assert standing.stale_because(revision, at=world.now) == "the provenance sheet of a metric is another by now."
    renewed = approvals.refresh_candidate(candidate_id=candidate.pk, by=world.people.engineer, at=world.tick())
    assert renewed.content()["metrics"] == [{"metric": "recall", "sheet": changed.digest}] != [signed]


def test_sheets_of_a_hidden_system_are_not_there(world: World, specification: SpecificationVersion) -> None:
    assert not selectors.sheets(system=world.system, by=world.people.outsider).exists()
    with pytest.raises(NotFound):
        selectors.writings(system=world.system, metric="recall", by=world.people.outsider)
