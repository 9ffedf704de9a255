from __future__ import annotations

import io

import pytest

from lineage import digests, selectors, sync
from lineage.errors import IntegrityConflict, RegistryMissing
from lineage.models import ModelDigest, ModelVersion, Run
from lineage.registry import Registry
from tests.lineage.test_sync import rows

pytestmark = [pytest.mark.xdist_group("mlflow"), pytest.mark.django_db]


@pytest.mark.expectation(22)
def test_registering_twice_changes_nothing(somebody, server, later):
    first = sync.register_version(server=server, name=somebody.model, version="1", at=later())
    before = rows()
    second = sync.register_version(server=server, name=somebody.model, version="1", at=later())
    assert second == first
    assert second.digest == first.digest
    assert rows() == before


@pytest.mark.expectation(22)
def test_the_digest_is_that_of_a_clients_download(mlflow_url, trained, server, later):
    version = sync.register_version(server=server, name="downloaded", version="1", at=later())
    downloaded = digests.hash_folder(trained["download"])
    assert version.digest == downloaded.digest
    assert version.current_digest.manifest == downloaded.as_list()
    assert "registered_model_meta" not in {file.path for file in downloaded.files}


def test_registering_reads_parents_siblings_and_evaluations(somebody, server, trained, later):
    version = sync.register_version(server=server, name=somebody.model, version="1", at=later())
    known = set(Run.objects.values_list("run_id", flat=True))
    assert {trained["parent"], trained["good_run"], trained["evaluation"]} <= known
    assert [run.run_id for run in selectors.evidence_runs(version=version)] == [trained["evaluation"]]


@pytest.mark.expectation(23)
def test_other_bytes_under_the_same_name_are_a_conflict_with_both_digests(somebody, server, later):
    model_id = somebody.log_model_files({"MLmodel": b"flavors: {}\n", "weights.bin": b"good"})
    number = somebody.create_version(model_id)
    version = sync.register_version(server=server, name=somebody.model, version=number, at=later())
    recorded = version.digest
    somebody.put_file(version.artifact_uri, "weights.bin", b"evil")
    with pytest.raises(IntegrityConflict, match="no longer has the bytes") as conflict:
        sync.register_version(server=server, name=somebody.model, version=number, at=later())
    assert conflict.value.recorded == recorded
    assert conflict.value.found == version.digest != recorded
    assert conflict.value.paths == ("weights.bin",)


@pytest.mark.expectation(23)
def test_rehashing_finds_an_overwritten_file_and_keeps_both_digests(somebody, server, later):
    model_id = somebody.log_model_files({"MLmodel": b"flavors: {}\n", "code/main.py": b"print()"})
    number = somebody.create_version(model_id)
    version = sync.register_version(server=server, name=somebody.model, version=number, at=later())
    unchanged = sync.rehash(version=version, at=later())
    somebody.put_file(version.artifact_uri, "code/extra.py", b"import os")
    changed = sync.rehash(version=version, at=(at := later()))
    assert not unchanged.changed
    assert changed.changed
    assert changed.paths == ("code/extra.py",)
    assert ModelDigest.objects.filter(version=version).count() == 2
    assert ModelVersion.objects.get(pk=version.pk).digest_checked_at == at


def test_a_version_that_does_not_exist_is_refused_by_name(somebody, server, later):
    with pytest.raises(RegistryMissing, match="version=77"):
        sync.register_version(server=server, name=somebody.model, version="77", at=later())


def test_a_run_deleted_behind_a_version_leaves_it_readable(somebody, server, later):
    number = somebody.create_version("bad", run_id="0" * 32)
    version = sync.register_version(server=server, name=somebody.model, version=number, at=later())
    assert version.run is None
    assert version.source_run_id == "0" * 32
    assert version.logged_model.model_id == somebody.trained["bad"]


def test_the_bytes_of_a_name_created_again_are_not_taken_for_the_old_ones(somebody, server, later):
    version = sync.register_version(server=server, name=somebody.model, version="1", at=later())
    somebody.delete_model()
    somebody.create_model()
    somebody.create_version("bad")
    with pytest.raises(RegistryMissing, match="another version"):
        sync.rehash(version=version, at=later())


def test_evidence_names_the_models_that_it_used(server, trained):
    with Registry.of(server) as registry:
        (run,) = registry.evidence_runs(experiment_id=trained["experiment"])
        assert run.model_inputs == (trained["good"],)
        assert [used.context for used in run.dataset_inputs] == ["eval"]
        table = io.BytesIO()
        registry.fetch(uri=run.artifact_uri, path="edgewise/cases.json", into=table, limit=1000)
        assert b"case_id" in table.getvalue()
