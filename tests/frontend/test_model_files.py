"""A signature beside a model's files is checked with the keys that its system trusts, and shown to signers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from governance.approvals import services, standing
from governance.approvals.models import ReleaseCandidate
from governance.evidence import signatures
from lineage import hashing, sync
from lineage.errors import RegistryUnavailable
from lineage.models import ModelDigest, ModelVersion
from tests.factories.world import World
from tests.frontend.conftest import SignedIn
from tests.governance.monitoring.test_watching import NOBODY, Mirrored
from tests.lineage import signing
from tests.lineage.somebody import Somebody

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("mlflow")]
FILES = {"MLmodel": b"flavors: {}\n", "code/main.py": b"print()", "code.txt": b"x"}


@pytest.fixture
def world(world: World, specification: object, outreach: Somebody, mlflow_url: str) -> Mirrored:
    """A specification is ratified, and Edgewise is connected to MLflow."""
    sync.connect(key="main", url=mlflow_url)
    return Mirrored(people=world.people, system=world.system, now=world.now)


@pytest.fixture
def trusted(tmp_path: Path, settings: Any) -> Path:
    """The folder of trusted keys, with none in it."""
    settings.MODEL_KEY_DIR = tmp_path / "trusted"
    settings.MODEL_KEY_DIR.mkdir()
    return tmp_path / "trusted"


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """Where the release team keeps its key pair."""
    signing.new_key(tmp_path / "keys")
    return tmp_path / "keys"


def log(outreach: Somebody, folder: Path, keys: Path) -> None:
    """Sign a model and log it with its signature, as version 1."""
    for name, content in FILES.items():
        (folder / "model" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "model" / name).write_bytes(content)
    signature = signing.sign(folder / "model", key=keys / "release.key")
    outreach.create_version(outreach.log_model_files({**FILES, "model.sig": signature}), run_id="")


def trust(keys: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "release.pem").write_bytes((keys / "release.pem").read_bytes())


def seen(world: Mirrored) -> dict[str, Any]:
    found = signatures.signature(ModelVersion.objects.get(), system=world.system)
    assert found is not None
    return found


def stale(world: World) -> str:
    revision = services.newest_revision(ReleaseCandidate.objects.get())
    return standing.stale_because(revision, at=world.now)


def test_a_valid_signature_is_shown_and_is_part_of_what_is_signed(
    world: Mirrored, outreach: Somebody, tmp_path: Path, keys: Path, trusted: Path, as_person: SignedIn
) -> None:
    log(outreach, tmp_path, keys)
    trust(keys, trusted)
    candidate = world.open_candidate()
    pinned = services.newest_revision(candidate).content()["signature"]
    assert (pinned["state"], pinned["key"], pinned["covers"]) == ("valid", "release", len(FILES))
    assert {file["path"] for file in ModelDigest.objects.get().manifest} == set(FILES)
    page = as_person(world.people.board).get(f"/candidates/{candidate.pk}/").text
    assert "VALID" in page
    assert "Made with the key “release”; it names every file of the model." in page


def test_without_a_trusted_key_it_is_present_and_nobodys(
    world: Mirrored, outreach: Somebody, tmp_path: Path, keys: Path, trusted: Path, as_person: SignedIn
) -> None:
    log(outreach, tmp_path, keys)
    candidate = world.open_candidate()
    assert (seen(world)["state"], seen(world)["because"]) == ("key-unknown", "No key is trusted here yet.")
    assert "KEY UNKNOWN" in as_person(world.people.board).get(f"/candidates/{candidate.pk}/").text
    assert stale(world) == ""
    trust(keys, trusted)
    assert "signature on the model's files is another" in stale(world)


def test_a_key_of_one_system_counts_for_no_other(
    world: Mirrored, outreach: Somebody, tmp_path: Path, keys: Path, trusted: Path
) -> None:
    log(outreach, tmp_path, keys)
    world.mirror()
    trust(keys, trusted / "elsewhere")
    assert seen(world)["state"] == "key-unknown"
    trust(keys, trusted / world.system.key)
    assert seen(world)["state"] == "valid"


def test_a_file_that_is_no_key_is_trusted_with_nothing_and_hides_no_other(
    world: Mirrored, outreach: Somebody, tmp_path: Path, keys: Path, trusted: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log(outreach, tmp_path, keys)
    world.mirror()
    (trusted / "broken.pem").write_text("no key")
    trust(keys, trusted)
    assert seen(world)["state"] == "valid"
    assert "broken.pem cannot be read as a public key" in caplog.text


def test_a_file_changed_after_signing_is_named(
    world: Mirrored, outreach: Somebody, tmp_path: Path, keys: Path, trusted: Path, as_person: SignedIn
) -> None:
    trust(keys, trusted)
    for name, content in FILES.items():
        (tmp_path / "model" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "model" / name).write_bytes(content)
    signature = signing.sign(tmp_path / "model", key=keys / "release.key")
    logged = outreach.log_model_files({**FILES, "code/main.py": b"evil", "model.sig": signature})
    outreach.create_version(logged, run_id="")
    candidate = world.open_candidate()
    assert (seen(world)["state"], seen(world)["changed"]) == ("mismatch", ["code/main.py"])
    page = as_person(world.people.board).get(f"/candidates/{candidate.pk}/").text
    assert "DOES NOT MATCH THESE FILES" in page
    assert "<dt>Changed since it was signed</dt><dd><code>code/main.py</code></dd>" in page


def test_a_signature_that_comes_or_goes_later_is_no_incident_and_is_kept(
    world: Mirrored, outreach: Somebody, tmp_path: Path, keys: Path, trusted: Path
) -> None:
    trust(keys, trusted)
    for name, content in FILES.items():
        (tmp_path / "model" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "model" / name).write_bytes(content)
    outreach.create_version(outreach.log_model_files(FILES), run_id="")
    version = world.mirror()
    assert signatures.signature(version, system=world.system) is None
    signature = signing.sign(tmp_path / "model", key=keys / "release.key")
    outreach.put_file(version.artifact_uri, "model.sig", signature)
    assert not sync.rehash(version=version, at=world.tick()).changed
    assert seen(world)["state"] == "valid"
    outreach.put_file(version.artifact_uri, "model.sig", b"no signature")
    changed = sync.rehash(version=version, at=world.tick())
    assert changed.paths == ("model.sig",)
    assert signatures.signature(version, system=world.system) is None
    assert [bytes(row.content) for row in version.signatures.order_by("pk")] == [signature, b""]


def test_while_the_files_are_hashed_the_page_says_so_and_afterwards_why_they_could_not_be(
    world: Mirrored, outreach: Somebody, tmp_path: Path, keys: Path, trusted: Path, as_person: SignedIn
) -> None:
    log(outreach, tmp_path, keys)
    candidate = world.open_candidate()
    address, by = f"/candidates/{candidate.pk}/", as_person(world.people.board)
    assert "last hashed them itself" in by.get(address).text
    with hashing.looking(candidate.model_version, at=world.now):
        assert "Edgewise is hashing them again" in by.get(address).text
    sync.connect(key="main", url=NOBODY)
    with pytest.raises(RegistryUnavailable):
        sync.rehash(version=ModelVersion.objects.get(), at=world.tick())
    assert "They could not be hashed again" in by.get(address).text
