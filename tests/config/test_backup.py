"""A backup holds everything, and comes back into an empty installation as the same record."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone

from config import archive as archives
from config import embedded
from governance.approvals.models import Approval
from governance.audit import services as audit
from governance.audit.models import Leaf
from governance.errors import Conflict, Invalid, NotAllowedNow, NotFound
from governance.evidence import store
from governance.evidence.services import record_file
from governance.specs.models import SpecificationVersion
from tests.database import TestDatabase
from tests.factories.evidence import FILE
from tests.factories.world import PHONE, World


@pytest.fixture
def archive(committed_db: TestDatabase, approval: Approval, tmp_path: Path) -> Path:
    """A backup of an installation in which one version is approved and the log is integrated."""
    audit.integrate(at=timezone.now())
    assert archives.write(tmp_path / "edgewise.backup") == ()
    return tmp_path / "edgewise.backup"


def test_a_backup_comes_back_as_the_same_record(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _leaves()
    monkeypatch.setattr(settings, "KEY_DIR", tmp_path / "restored-keys")
    with embedded.running(tmp_path / "other", durable=False) as server, _connected_to(server.urls):
        archives.restore(archive)
        assert _leaves() == before
        assert Approval.objects.get().context_key == PHONE
        assert sorted(path.name for path in settings.KEY_DIR.iterdir()) == ["attestation.key", "log.key"]
        with pytest.raises(psycopg.errors.InsufficientPrivilege), psycopg.connect(server.urls.application) as other:
            other.execute("DELETE FROM audit_leaf")


def test_what_was_uploaded_comes_back_too_and_what_was_altered_is_named(
    committed_db: TestDatabase,
    specification: SpecificationVersion,
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reading = world.read_file(world.register().model_version)
    kept = record_file(system_key="outreach", reading=reading, by=world.people.engineer, at=world.tick()).table_digest
    written = tmp_path / "edgewise.backup"
    assert archives.write(written) == ()
    with tarfile.open(written) as archive:
        assert archive.extractfile(f"evidence/{kept}").read() == FILE
    (settings.DATA_DIR / "evidence" / kept[:2] / kept).write_bytes(b"other")
    assert archives.write(tmp_path / "another.backup") == (kept,)
    monkeypatch.setattr(settings, "KEY_DIR", tmp_path / "restored-keys")
    with embedded.running(tmp_path / "other", durable=False) as server, _connected_to(server.urls):
        archives.restore(written)
    with store.content(kept) as content:
        assert content.read() == FILE


def test_a_backup_is_readable_by_its_owner_only(archive: Path) -> None:
    assert archive.stat().st_mode & 0o077 == 0


def test_a_damaged_backup_is_refused_by_the_name_of_the_member(archive: Path) -> None:
    damaged = bytearray(archive.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    archive.write_bytes(damaged)
    with pytest.raises(Invalid, match=r"database\.dump"):
        archives.restore(archive)


def test_a_backup_is_never_overwritten_and_never_restored_over_a_record(archive: Path) -> None:
    with pytest.raises(Conflict, match="already"):
        archives.write(archive)
    with pytest.raises(Conflict, match="not empty"):
        archives.restore(archive)


def test_a_missing_backup_is_said_to_be_missing(tmp_path: Path, committed_db: TestDatabase) -> None:
    with pytest.raises(NotFound, match="no file"):
        archives.restore(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["log.key", "attestation.key"])
def test_there_is_no_backup_without_both_keys(
    committed_db: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(settings, "KEY_DIR", tmp_path / "keys")
    World.begin()
    (tmp_path / "keys" / name).unlink()
    with pytest.raises(NotFound, match=f"no signing key at .*{name}"):
        archives.write(tmp_path / "edgewise.backup")
    assert not (tmp_path / "edgewise.backup").exists()


def test_a_backup_without_a_key_is_not_restored(archive: Path, tmp_path: Path) -> None:
    with archives._opened(archive) as members:
        contents = {name: content.read() for name, content in members.items() if name != "keys/attestation.key"}
    with (tmp_path / "keyless").open("wb") as file:
        archives._write({name: partial(io.BytesIO, content) for name, content in contents.items()}, file)
    with pytest.raises(Invalid, match=r"not whole: keys/attestation\.key"):
        archives.restore(tmp_path / "keyless")


def test_a_backup_keeps_to_the_tls_settings_of_the_database(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = {"sslmode": "verify-full", "sslrootcert": "/etc/edgewise/db.pem"}
    monkeypatch.setitem(connections["owner"].settings_dict, "OPTIONS", wanted)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotAllowedNow, match=r"does not speak\. Install PostgreSQL's own client programs"):
        archives.write(tmp_path / "over-tls")
    (tmp_path / "pg_dump").write_text('#!/bin/sh\n/bin/cat "$PGSERVICEFILE" >&2; exit 1\n')
    (tmp_path / "pg_dump").chmod(0o700)
    with pytest.raises(
        NotAllowedNow, match=r"(?s)\[edgewise\].*sslmode=verify-full\nsslrootcert=/etc/edgewise/db\.pem"
    ):
        archives.write(tmp_path / "over-tls")


def _leaves() -> list[tuple[int, bytes]]:
    return [(pk, bytes(entry)) for pk, entry in Leaf.objects.order_by("pk").values_list("pk", "entry")]


@contextmanager
def _connected_to(urls: embedded.Urls) -> Iterator[None]:
    """Let this process's connections lead to another server."""
    before = {alias: dict(connections[alias].settings_dict) for alias in ("default", "owner")}
    connections.close_all()
    for alias, url in (("default", urls.application), ("owner", urls.owner)):
        parts = urlsplit(url)
        login = {"USER": parts.username, "PASSWORD": parts.password, "PORT": parts.port, "NAME": parts.path[1:]}
        connections[alias].settings_dict.update(login)
    try:
        yield
    finally:
        connections.close_all()
        for alias, settled in before.items():
            connections[alias].settings_dict.update(settled)
