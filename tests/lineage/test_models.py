from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import Error, connection, transaction

from lineage.digests import FileDigest, manifest_of
from lineage.hashing import compare_and_store
from lineage.models import AliasChange, ModelVersion, RegisteredModel, StateChange, SyncReport, TrackingServer

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def version():
    server = TrackingServer.objects.create(key="main", url="http://127.0.0.1:1")
    model = RegisteredModel.objects.create(server=server, name="m", created_ms=1, first_seen_at=NOW)
    return ModelVersion.objects.create(registered_model=model, version="1", created_ms=2, first_seen_at=NOW)


@pytest.fixture
def recorded(version):
    report = SyncReport.objects.create(server=version.server, started_at=NOW)
    AliasChange.objects.create(
        registered_model=version.registered_model, report=report, alias="live", after=version, seen_at=NOW
    )
    StateChange.objects.create(registered_model=version.registered_model, what="tag", key="a", after="b", seen_at=NOW)
    compare_and_store(version=version, manifest=manifest_of([FileDigest("MLmodel", 1, "00" * 32)]), at=NOW)
    return version


@pytest.mark.parametrize("table", ["lineage_modeldigest", "lineage_aliaschange", "lineage_statechange"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
def test_what_was_seen_can_be_neither_changed_nor_removed(recorded, table, statement):
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))


def test_a_version_can_not_be_deleted(version):
    with pytest.raises(Error), transaction.atomic():
        version.delete()


def test_two_living_versions_can_not_have_one_number(version):
    with pytest.raises(Error), transaction.atomic():
        ModelVersion.objects.create(
            registered_model=version.registered_model, version="1", created_ms=3, first_seen_at=NOW
        )


def test_the_same_files_are_recorded_once(recorded):
    manifest = manifest_of([FileDigest("MLmodel", 1, "00" * 32)])
    assert not compare_and_store(version=recorded, manifest=manifest, at=NOW).changed
    assert recorded.digests.count() == 1


def test_a_digest_that_comes_back_is_a_change_again(recorded):
    first, other = (manifest_of([FileDigest("MLmodel", 1, byte * 32)]) for byte in ("00", "01"))
    changes = [compare_and_store(version=recorded, manifest=each, at=NOW).changed for each in (other, first, first)]
    assert changes == [True, True, False]
    assert recorded.digest == first.digest


def test_the_age_of_a_digest_counts_from_the_last_hashing(recorded):
    assert recorded.is_digest_fresh(at=NOW, max_age_seconds=60)
    assert not recorded.is_digest_fresh(at=NOW.replace(hour=1), max_age_seconds=60)
