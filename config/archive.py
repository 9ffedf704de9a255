"""The whole record, and the keys that sign it, in one archive: what `edgewise backup` writes and `restore` reads.

The archive is a tar of `database.dump` (pg_dump's custom format), `keys/`, `evidence/`, and `contents.json` with the
SHA-256 of each, which is checked before anything is restored. It holds private keys: keep it as you keep them.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import connections

from config import connecting
from config.embedded import account, binaries
from governance.approvals.keys import attestation_key_path
from governance.audit.keys import load, log_key_path
from governance.errors import Conflict, Invalid, NotAllowedNow, NotFound
from governance.evidence import store
from governance.evidence.models import EvaluationRun

FORMAT = "edgewise/backup/v1"
DUMP, CONTENTS, EVIDENCE = "database.dump", "contents.json", "evidence/"
QUEUE_SCHEMA = "pgmq"
Opening = Callable[[], Any]
"""Opens a member, so that only one is open, and none is in memory."""
TLS = frozenset({"require", "verify-ca", "verify-full"})
"""The values of sslmode without which libpq would go on unencrypted."""


def write(target: Path) -> tuple[str, ...]:
    """Write the archive to `target`, readable by its owner only, whole or not at all; return the digests of the files
    of evidence that are gone or altered, and so are not in it: one lost file keeps nothing else from being safe.

    The queue's messages are left out: what must happen has a row of its own, from which it is sent again. Raises
    Conflict when there is a file already, NotFound, Invalid or NotAllowedNow when one of the two keys is missing or
    cannot be read, NotAllowedNow when the database cannot be dumped.
    """
    if target.exists():
        raise Conflict(f"There is a file {target} already; it is never overwritten.")
    keys = _read_keys()
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        dump = Path(folder) / DUMP
        _run("pg_dump", "--format=custom", f"--exclude-schema={QUEUE_SCHEMA}", f"--file={dump}")
        evidence, lost = _evidence()
        members: dict[str, Opening] = {DUMP: partial(dump.open, "rb")} | keys | evidence
        draft = Path(folder) / "archive"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            _write(members, file)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(target)
    return lost


def restore(source: Path) -> None:
    """Put the record and the keys of the archive `source` into an empty installation.

    Everything in the archive is checked first. Raises NotFound, Invalid naming the member that is damaged, Conflict
    when this installation holds something already, NotAllowedNow when the database cannot be restored.
    """
    with _opened(source) as members:
        if _has_tables() or any(settings.KEY_DIR.glob("*.key")):
            raise Conflict("This installation is not empty. Restore into a fresh one: another EDGEWISE_DATA_DIR.")
        with tempfile.NamedTemporaryFile(suffix=".dump") as dump:
            shutil.copyfileobj(members[DUMP], dump)
            dump.flush()
            _run("pg_restore", "--exit-on-error", "--single-transaction", dump.name)
        settings.KEY_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, content in members.items():
            if name.startswith("keys/"):
                path = settings.KEY_DIR / Path(name).name
                with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    shutil.copyfileobj(content, file)
            elif name.startswith(EVIDENCE):
                store.keep(content)


def _evidence() -> tuple[dict[str, Opening], tuple[str, ...]]:
    """Return what opens every file that was uploaded as evidence, by its name in the archive, and the digests of those
    that are gone or altered."""
    members: dict[str, Opening] = {}
    lost: list[str] = []
    files = EvaluationRun.objects.filter(file__is_kept=True).values_list("table_digest", flat=True)
    for digest in sorted(set(files)):
        try:
            store.content(digest).close()
            members[f"{EVIDENCE}{digest}"] = partial(store.content, digest)
        except (NotFound, Conflict):
            lost.append(digest)
    return members, tuple(lost)


def _key_paths() -> tuple[Path, Path]:
    return log_key_path(), attestation_key_path()


def _read_keys() -> dict[str, Opening]:
    """Return what opens both keys by their names in the archive; raise unless each is there, readable and a key."""
    try:
        for path in _key_paths():
            load(path)
        return {f"keys/{path.name}": partial(path.open, "rb") for path in _key_paths()}
    except PermissionError as error:
        raise NotAllowedNow(f"{error.filename} cannot be read. Run as the account that owns the keys.") from error


def _write(members: Mapping[str, Opening], file: io.BufferedIOBase) -> None:
    digests = {name: _digest(opening) for name, opening in members.items()}
    contents = json.dumps({"format": FORMAT, "sha256": digests}, sort_keys=True, indent=1).encode()
    with tarfile.open(fileobj=file, mode="w") as archive:
        listed: dict[str, Opening] = {CONTENTS: partial(io.BytesIO, contents)}
        for name, opening in (listed | dict(members)).items():
            with opening() as content:
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = content.seek(0, os.SEEK_END), 0o600
                content.seek(0)
                archive.addfile(entry, content)


def _digest(opening: Opening) -> str:
    with opening() as content:
        return store.digest_of(content)


@contextmanager
def _opened(source: Path) -> Iterator[dict[str, IO[bytes]]]:
    """Give the members of an archive, open, once each of them has been checked."""
    try:
        archive = tarfile.open(source, mode="r:")  # noqa: SIM115
    except FileNotFoundError as error:
        raise NotFound(f"There is no file {source}.") from error
    except tarfile.TarError as error:
        raise _damaged(source, error) from error
    with archive:
        try:
            members = {m.name: _content(archive, m) for m in archive.getmembers()}
            digests = json.loads(members.pop(CONTENTS).read())["sha256"]
            found = {name: store.digest_of(content) for name, content in members.items()}
        except (tarfile.TarError, KeyError, ValueError) as error:
            raise _damaged(source, error) from error
        damaged = sorted(name for name in digests.keys() | found.keys() if digests.get(name) != found.get(name))
        needed = {DUMP, *(f"keys/{path.name}" for path in _key_paths())}
        if wrong := damaged or sorted(needed - found.keys()):
            raise Invalid(f"{source} is damaged or not whole: {', '.join(wrong)}.", code="backup-damaged")
        for content in members.values():
            content.seek(0)
        yield members


def _damaged(source: Path, error: Exception) -> Invalid:
    return Invalid(f"{source} is no backup of Edgewise, or is damaged: {error}.", code="not-a-backup")


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    opened = archive.extractfile(member)
    if opened is None:
        raise tarfile.TarError(f"{member.name} is not a file")
    return opened


def _owner() -> dict[str, str]:
    if "owner" not in settings.DATABASES:
        raise NotAllowedNow("Set DATABASE_OWNER_URL: only the owner of the database may do this.")
    return connecting.parameters("owner")


def _has_tables() -> bool:
    _owner()
    with connections["owner"].cursor() as cursor:
        return bool(connections["owner"].introspection.table_names(cursor))


def _run(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs as the database's owner; raise NotAllowedNow with its own words.

    How to connect stands in a service file (libpq's "Connection Service File"), since others see arguments.
    """
    place = _owner()
    command = [_program(program, tls=place.get("sslmode") in TLS), "--dbname=service=edgewise", *arguments]
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write("\n".join(["[edgewise]", *(f"{key}={value}" for key, value in place.items()), ""]))
        file.flush()
        environment = {**os.environ, "PGSERVICEFILE": file.name}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise NotAllowedNow(f"{program} failed: {done.stderr.strip()}", code="backup-failed")


def _program(name: str, *, tls: bool) -> str:
    """Return where the program lies: with Edgewise, or for TLS, which that one does not speak, on this machine."""
    found = shutil.which(name) if tls else str(binaries.programs(account.current()) / name)
    if found is None:
        what = f"The database wants TLS, which the {name} that comes with Edgewise does not speak"
        raise NotAllowedNow(f"{what}. Install PostgreSQL's own client programs.", code="backup-failed")
    return found
