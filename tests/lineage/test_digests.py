from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.errors import Invalid
from lineage.digests import FileDigest, changed_paths, check_path, hash_folder, hash_stream, manifest_from, manifest_of
from lineage.errors import HostilePath

# From a statement that model-signing 1.1.1 made over a model of MLflow 3.18: names, file digests, subject digest.
SIGNED = {
    "MLmodel": "2750fb6e29ff40e4f33a9d7ecf72e7460f506cf94a637a9be34580b589bca21e",
    "conda.yaml": "349f11f9c9a3213c92f3070e47d36f9e2e8d9e375bc6544aa4b6701d7dadba7b",
    "input_example.json": "6e558d47fefdf19548e172e78e98b99a96ae98796a8d6ef211e84465e087420a",
    "model.skops": "e91480ff7f1110b410a35edf04f9dfa2dfbee6b91b12809daac171a8556ff2c5",
    "python_env.yaml": "3505cd5092e5e3917b266d040efdc577ae9d55c65e71f455ea62c2bcf511a290",
    "requirements.txt": "93146f9a900a40143254ff19448559e72813c62529a9eaa91a2b2540d1ce27ee",
    "serving_input_example.json": "3199fbc8e88710cdbe95eeb67929de41cfa889843ba449007053911c452f7129",
}
SUBJECT = "adbbafd6c263fc2860eed4e1d7ca074ee83a65730b9ac6dcfdb5a2ce0b168870"


@pytest.fixture
def model(tmp_path):
    (tmp_path / "code").mkdir()
    (tmp_path / "MLmodel").write_bytes(b"flavors: {}\n")
    (tmp_path / "code" / "main.py").write_bytes(b"print()\n")
    return tmp_path


def test_the_digest_is_the_subject_digest_of_model_signing():
    files = [FileDigest(path, 0, sha256) for path, sha256 in reversed(SIGNED.items())]
    assert manifest_of(files).digest == SUBJECT


def test_a_folder_has_the_same_digest_with_what_the_client_wrote_beside(model):
    before = hash_folder(model)
    (model / "registered_model_meta").write_text("model_name: x")
    assert hash_folder(model) == before
    assert [file.path for file in before.files] == ["MLmodel", "code/main.py"]


def test_a_file_of_that_name_deeper_in_the_model_counts(model):
    before = hash_folder(model)
    (model / "code" / "registered_model_meta").write_text("x")
    assert hash_folder(model) != before


def test_a_manifest_survives_being_stored(model):
    manifest = hash_folder(model)
    assert manifest_from(manifest.as_list()) == manifest


def test_renaming_a_file_changes_the_fingerprint(model):
    before = hash_folder(model)
    (model / "code" / "main.py").rename(model / "code" / "other.py")
    after = hash_folder(model)
    assert after.digest == before.digest
    assert after.fingerprint != before.fingerprint
    assert changed_paths(before, after) == ("code/main.py", "code/other.py")


@given(st.lists(st.binary(max_size=50), max_size=5))
def test_the_pieces_of_a_stream_do_not_matter(chunks):
    assert hash_stream("file", chunks) == hash_stream("file", [b"".join(chunks)])


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../secret",
        "a/../../b",
        "a//b",
        "./a",
        "a\\b",
        "C:/x",
        "a\nb",
        "a\0b",
        "a\u202eb",
        "x" * 1025,
    ],
)
def test_a_hostile_path_is_refused(path):
    with pytest.raises(HostilePath):
        check_path(path)


@pytest.mark.parametrize("path", ["MLmodel", "data/größe.bin", "a b/c.txt", "..data/x", "a...b"])
def test_an_honest_path_is_accepted(path):
    assert check_path(path) == path


def test_a_link_out_of_the_folder_is_refused(model):
    (model / "weights.bin").symlink_to("/etc/hostname")
    with pytest.raises(HostilePath, match="link or a special file"):
        hash_folder(model)


def test_a_linked_folder_is_refused(model):
    (model / "more").symlink_to("/etc")
    with pytest.raises(HostilePath):
        hash_folder(model)


def test_a_pipe_is_refused_and_not_waited_for(model):
    os.mkfifo(model / "pipe")
    with pytest.raises(HostilePath):
        hash_folder(model)


def test_a_name_that_is_no_text_is_refused(model):
    with open(os.fsencode(model) + b"/\xff", "wb"):
        pass
    with pytest.raises(HostilePath):
        hash_folder(model)


def test_an_empty_folder_has_no_digest(tmp_path):
    with pytest.raises(Invalid, match="without files"):
        hash_folder(tmp_path)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(Invalid, match="is not a folder"):
        hash_folder(tmp_path / "nowhere")


def test_hashing_on_a_deployment_host_needs_neither_django_nor_httpx():
    code = "import sys, lineage.digests; sys.exit(bool({'django', 'httpx', 'pydantic', 'mlflow'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
