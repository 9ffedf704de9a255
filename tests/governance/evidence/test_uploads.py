"""Large files in parts: received once and in order, read in the background, and evidence like any other or nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import InternalError, connection, transaction

from governance.audit.models import Leaf
from governance.errors import Conflict, DomainError, Invalid, NotAllowedNow, NotFound, NotPermitted
from governance.evidence import parts, policies, selectors, store, uploading, uploads
from governance.evidence.files import reading_of
from governance.evidence.models import EvaluationRun, EvidenceUpload
from governance.evidence.states import UploadState
from governance.specs.models import SpecificationVersion
from governance.systems import services as systems
from governance.systems.models import RoleGrant
from lineage.models import ModelVersion
from tests.factories import evidence as tables
from tests.factories.world import PASSING, SPECIFICATION, World

pytestmark = pytest.mark.django_db
CONTENT = tables.lines(tables.cases(PASSING))


@pytest.fixture
def version(world: World, specification: SpecificationVersion) -> ModelVersion:
    """A registered version of a system with a specification."""
    return world.register().model_version


@pytest.fixture(autouse=True)
def kept(tmp_path: Path) -> Iterator[Path]:
    """The folder of the uploaded files, the test's own."""
    with pytest.MonkeyPatch.context() as patch:
        from django.core.files.storage import storages

        patch.setitem(
            storages.backends, "evidence", settings.STORAGES["evidence"] | {"OPTIONS": {"location": tmp_path}}
        )
        patch.setattr(storages, "_storages", {})
        yield tmp_path


def send(
    world: World, row: EvidenceUpload, content: bytes = CONTENT, *, step: int = 4000, **more: Any
) -> EvidenceUpload:
    """Send what is not here yet of a file."""
    for offset in range(row.received, len(content), step):
        told = {"offset": offset, "content": content[offset : offset + step], "by": world.people.engineer} | more
        row = uploads.receive(system_key="outreach", upload_id=row.pk, at=world.tick(), **told)
    return row


def read(world: World, row: EvidenceUpload) -> EvidenceUpload:
    """Have an upload read, and return it as it is then."""
    uploading.read(upload_id=row.pk, at=world.tick())
    row.refresh_from_db()
    return row


def logged(verb: str) -> int:
    return sum(verb.encode() in bytes(entry) for entry in Leaf.objects.values_list("entry", flat=True))


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_file_in_parts_is_the_evidence_that_it_is_at_once(world: World, version: ModelVersion, kept: Path) -> None:
    row = send(world, world.begin_upload(version, CONTENT))
    assert (row.state, row.received, row.percent) == (UploadState.READING, len(CONTENT), 0)
    assert len(files(kept)) == 4
    row = read(world, row)
    assert (row.state, row.percent, row.attempts) == (UploadState.RECORDED, 100, 1)
    assert row.evaluation is not None
    of_run = world.give_evidence(version)
    told = [set(o.observations.values_list("group_key", "estimate", "n")) for o in (row.evaluation, of_run)]
    assert told[0] == told[1]
    assert row.evaluation.read_by == world.people.engineer
    with store.content(row.digest) as content:
        assert content.read() == CONTENT


def test_nothing_but_the_file_itself_is_kept_once_it_is_evidence(
    world: World, version: ModelVersion, kept: Path, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        row = send(world, world.begin_upload(version, CONTENT), step=10**6)
        row = read(world, row)
    digests = (row.digest, row.evaluation.content["ids"])
    assert files(kept) == sorted(f"{digest[:2]}/{digest}" for digest in digests)


def test_whoever_begins_again_goes_on_where_it_was_cut_off(world: World, version: ModelVersion) -> None:
    begun = world.tick().isoformat()
    first = world.begin_upload(version, CONTENT, evaluated_at=begun)
    uploads.receive(
        system_key="outreach",
        upload_id=first.pk,
        offset=0,
        content=CONTENT[:100],
        by=world.people.engineer,
        at=world.now,
    )
    again = world.begin_upload(version, CONTENT, evaluated_at=begun)
    assert (again.pk, again.received) == (first.pk, 100)
    assert logged("evidence.upload.begun") == 1
    assert world.begin_upload(version, CONTENT, evaluated_at=begun, level="interaction").pk != first.pk
    assert read(world, send(world, again)).state == UploadState.RECORDED


@pytest.mark.parametrize(
    ("offset", "length", "error"),
    [(50, 10, Conflict), (0, 0, Invalid), (0, 10**6, Invalid)],
    ids=["not the next", "nothing", "beyond the end"],
)
def test_only_the_next_part_is_taken(
    world: World, version: ModelVersion, offset: int, length: int, error: type[DomainError]
) -> None:
    row = world.begin_upload(version, CONTENT)
    with pytest.raises(error):
        send(world, row, b"x" * length, step=10**6, offset=offset) if length else uploads.receive(
            system_key="outreach", upload_id=row.pk, offset=0, content=b"", by=world.people.engineer, at=world.now
        )
    row.refresh_from_db()
    assert (row.received, row.state) == (0, UploadState.RECEIVING)


def test_what_is_whole_takes_no_part_and_nobody_adds_to_anothers(world: World, version: ModelVersion) -> None:
    row = send(world, world.begin_upload(version, CONTENT))
    more = {"system_key": "outreach", "upload_id": row.pk, "offset": 0, "content": b"x", "at": world.now}
    with pytest.raises(NotAllowedNow, match="is here whole"):
        uploads.receive(**more, by=world.people.engineer)
    with pytest.raises(NotPermitted):
        uploads.receive(**more, by=world.people.auditor)
    with pytest.raises(NotFound):
        uploads.receive(**more, by=world.people.outsider)


@pytest.mark.parametrize(
    ("content", "said", "what"),
    [
        (b"case_id,metric\n", {}, "the file: it has no rows"),
        (CONTENT.replace(b",1,*,excellent", b",2,*,excellent", 1), {}, "for the proportion"),
        (CONTENT, {"evaluated_at": ""}, "nothing says when the evaluation began"),
        (CONTENT, {"model_digest": "0" * 64}, "is about the model"),
        (CONTENT, {"form": "parquet"}, "this is no Parquet"),
    ],
    ids=["no rows", "no proportion", "no time", "another model", "another format"],
)
def test_what_is_no_evidence_is_refused_with_the_place_and_nothing_of_it_stays(
    world: World,
    version: ModelVersion,
    kept: Path,
    content: bytes,
    said: dict[str, str],
    what: str,
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        row = read(world, send(world, world.begin_upload(version, content, **said), content))
    assert row.state == UploadState.REFUSED
    assert what.removeprefix("the ") in f"{row.detail} {json.dumps(row.problems)}"
    assert (EvaluationRun.objects.count(), files(kept)) == (0, [])
    assert logged("evidence.upload.refused") == 1


def test_a_mapping_that_cannot_be_used_is_refused_before_anything_is_sent(world: World, version: ModelVersion) -> None:
    with pytest.raises(Invalid, match="mapping"):
        world.begin_upload(version, CONTENT, mapping="case_id: [x]")
    assert EvidenceUpload.objects.count() == 0


def test_another_file_than_was_said_is_refused(world: World, version: ModelVersion) -> None:
    row = world.begin_upload(version, CONTENT)
    changed = CONTENT.replace(b"poor", b"fair")
    row = read(world, send(world, row, changed))
    assert (row.state, row.problems[0]["where"]) == (UploadState.REFUSED, "digest")


def test_who_is_no_engineer_any_more_when_it_is_read_brings_nothing_in(world: World, version: ModelVersion) -> None:
    row = send(world, world.begin_upload(version, CONTENT))
    grant = RoleGrant.objects.get(user=world.people.engineer, role="engineer")
    systems.end_grant(grant_id=grant.pk, by=world.people.administrator, at=world.tick())
    row = read(world, row)
    assert (row.state, EvaluationRun.objects.count()) == (UploadState.REFUSED, 0)


def test_a_file_that_ends_its_reader_every_time_is_given_up(world: World, version: ModelVersion) -> None:
    row = send(world, world.begin_upload(version, CONTENT))
    EvidenceUpload.objects.filter(pk=row.pk).update(attempts=uploading.MOST_ATTEMPTS)
    row = read(world, row)
    assert (row.state, "Split the evaluation" in row.detail) == (UploadState.REFUSED, True)


def test_what_another_reads_is_left_alone_until_they_end(world: World, version: ModelVersion) -> None:
    row = send(world, world.begin_upload(version, CONTENT))
    with _another_reader(row.pk):
        row = read(world, row)
        assert (row.state, row.attempts, EvaluationRun.objects.count()) == (UploadState.READING, 0, 0)
    with _another_reader(row.pk + 1):
        row = read(world, row)
    assert (row.state, row.attempts) == (UploadState.RECORDED, 1)


def test_a_reader_who_is_done_lets_go(world: World, version: ModelVersion) -> None:
    row = read(world, send(world, world.begin_upload(version, CONTENT)))
    with _another_reader(row.pk) as is_first:
        assert is_first


@contextmanager
def _another_reader(upload: int) -> Iterator[bool]:
    """Let another process read an upload."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [uploading.SPACE, upload])
            yield cursor.fetchone()[0]
    finally:
        other.close()


def test_what_nobody_reads_or_sends_is_found(world: World, version: ModelVersion) -> None:
    row = send(world, world.begin_upload(version, CONTENT))
    left = world.begin_upload(version, CONTENT[:-1])
    assert uploading.waiting(at=row.changed_at) == []
    assert uploading.waiting(at=row.changed_at + uploading.QUIET) == [row.pk]
    uploading.give_up(at=world.now + timedelta(days=8))
    left.refresh_from_db()
    row.refresh_from_db()
    assert (left.state, row.state) == (UploadState.REFUSED, UploadState.READING)


def test_parts_that_nobody_dropped_any_more_are_swept(world: World, version: ModelVersion, kept: Path) -> None:
    row = read(world, send(world, world.begin_upload(version, CONTENT)))
    open_one = world.begin_upload(version, CONTENT[:-1])
    parts.keep(open_one.pk, parts.RECEIVED, 0, b"x")
    parts.keep(row.pk, parts.RECEIVED, 0, CONTENT)
    uploading.give_up(at=world.now)
    assert parts.uploads() == [open_one.pk]


def test_a_specification_that_is_ratified_meanwhile_is_read_under(world: World, version: ModelVersion) -> None:
    row = send(world, world.begin_upload(version, CONTENT))
    newer = world.ratify(SPECIFICATION.replace("version: 1.0.0", "version: 1.1.0").replace("0.70", "0.72"))
    row = read(world, row)
    assert row.evaluation is not None
    assert row.evaluation.specification == newer


def test_what_was_gathered_is_kept_and_gone_on_with(
    world: World, version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    from governance.evidence.formats import delimited

    monkeypatch.setattr(uploading, "BATCHES_KEPT", 1)
    monkeypatch.setattr(delimited, "ROWS_AT_ONCE", 100)
    row = send(world, world.begin_upload(version, CONTENT))
    seen: list[int] = []
    for _ in range(2):
        course = _Interrupted(row, seen)
        with parts.whole(row.pk, digest=row.digest) as file, pytest.raises(Interrupted):
            reading_of(uploading._upload(row, file), system=row.system, version=row.model_version, course=course)
    assert seen == [1, 2, 3, 3, 4, 5]
    assert read(world, row).state == UploadState.RECORDED


class Interrupted(Exception):
    """What ends a reading half-way."""


class _Interrupted(uploading._Course):
    """The course of a reading that ends with its third batch."""

    def __init__(self, row: EvidenceUpload, seen: list[int]) -> None:
        super().__init__(row)
        self.left, self.seen = 3, seen

    def reached(self, gathering: Any, *, end: int) -> None:
        self.seen.append(gathering.counts.batches)
        self.left -= 1
        if not self.left:
            raise Interrupted
        super().reached(gathering, end=end)


def test_engineers_and_auditors_see_it_and_nobody_else(world: World, version: ModelVersion) -> None:
    row = world.begin_upload(version, CONTENT)
    for person in (world.people.engineer, world.people.auditor):
        assert selectors.upload(system_key="outreach", upload_id=row.pk, by=person, at=world.now) == row
    for person, error in ((world.people.participant_good, NotPermitted), (world.people.outsider, NotFound)):
        with pytest.raises(error):
            selectors.upload(system_key="outreach", upload_id=row.pk, by=person, at=world.now)


def test_the_database_itself_holds_what_was_said_and_the_order_of_states(world: World, version: ModelVersion) -> None:
    row = world.begin_upload(version, CONTENT)
    for change in ({"digest": "0" * 64}, {"state": UploadState.RECORDED}, {"size": 1}):
        with pytest.raises((InternalError, DomainError, Exception)), transaction.atomic():
            EvidenceUpload.objects.filter(pk=row.pk).update(**change)


def test_a_part_is_never_larger_than_what_fits_into_a_request(
    world: World, version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "LARGEST_PART", 10)
    with pytest.raises(Invalid, match="a part of 11 bytes"):
        send(world, world.begin_upload(version, CONTENT), CONTENT[:11], step=11)
