"""The whole record, and the keys that sign it, in one archive: what `edgewise backup` writes and `restore` reads.

The archive is a tar of `database.dump` (pg_dump's custom format), `keys/`, and `contents.json` with the SHA-256 of
each, which is checked before anything is restored. It holds private keys: keep it as you keep them.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections

from config.embedded import account, binaries
from governance.errors import Conflict, Invalid, NotAllowedNow, NotFound

FORMAT = "edgewise/backup/v1"
DUMP, CONTENTS = "database.dump", "contents.json"
QUEUE_SCHEMA = "pgmq"


def write(target: Path) -> Path:
    """Write the archive to `target`, readable by its owner only, whole or not at all; return it.

    The queue's messages are left out: what must happen has a row of its own, from which it is sent again. Raises
    Conflict when there is a file already, NotAllowedNow when the database cannot be dumped.
    """
    if target.exists():
        raise Conflict(f"There is a file {target} already; it is never overwritten.")
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        dump = Path(folder) / DUMP
        _run("pg_dump", "--format=custom", f"--exclude-schema={QUEUE_SCHEMA}", f"--file={dump}")
        members = {DUMP: dump.read_bytes()} | {f"keys/{p.name}": p.read_bytes() for p in _keys()}
        draft = Path(folder) / "archive"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            _write(members, file)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(target)
    return target


def restore(source: Path) -> None:
    """Put the record and the keys of the archive `source` into an empty installation.

    Everything in the archive is checked first. Raises NotFound, Invalid naming the member that is damaged, Conflict
    when this installation holds something already, NotAllowedNow when the database cannot be restored.
    """
    members = _read(source)
    if _has_tables() or any(_keys()):
        raise Conflict("This installation is not empty. Restore into a fresh one: another EDGEWISE_DATA_DIR.")
    with tempfile.NamedTemporaryFile(suffix=".dump") as dump:
        dump.write(members[DUMP])
        dump.flush()
        _run("pg_restore", "--exit-on-error", "--single-transaction", f"--dbname={_place()['NAME']}", dump.name)
    settings.KEY_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, content in members.items():
        if name.startswith("keys/"):
            path = settings.KEY_DIR / Path(name).name
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)


def _keys() -> list[Path]:
    return sorted(settings.KEY_DIR.glob("*.key"))


def _write(members: dict[str, bytes], file: io.BufferedIOBase) -> None:
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}
    contents = json.dumps({"format": FORMAT, "sha256": digests}, sort_keys=True, indent=1).encode()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, content in {CONTENTS: contents, **members}.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o600
            archive.addfile(entry, io.BytesIO(content))


def _read(source: Path) -> dict[str, bytes]:
    try:
        with tarfile.open(source, mode="r:") as archive:
            members = {m.name: _content(archive, m) for m in archive.getmembers()}
        digests = json.loads(members.pop(CONTENTS))["sha256"]
    except FileNotFoundError as error:
        raise NotFound(f"There is no file {source}.") from error
    except (tarfile.TarError, KeyError, ValueError) as error:
        raise Invalid(f"{source} is no backup of Edgewise, or is damaged: {error}.", code="not-a-backup") from error
    found = {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}
    damaged = sorted(name for name in digests.keys() | found.keys() if digests.get(name) != found.get(name))
    if damaged or DUMP not in found:
        raise Invalid(f"{source} is damaged: {', '.join(damaged) or DUMP}.", code="backup-damaged")
    return members


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    opened = archive.extractfile(member)
    if opened is None:
        raise tarfile.TarError(f"{member.name} is not a file")
    return opened.read()


def _place() -> dict[str, Any]:
    if "owner" not in settings.DATABASES:
        raise NotAllowedNow("Set DATABASE_OWNER_URL: only the owner of the database may do this.")
    return dict(connections["owner"].settings_dict)


def _has_tables() -> bool:
    _place()
    with connections["owner"].cursor() as cursor:
        return bool(connections["owner"].introspection.table_names(cursor))


def _run(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs as the database's owner; raise NotAllowedNow with its own words."""
    place = _place()
    environment = {
        **os.environ,
        "PGHOST": place["HOST"],
        "PGPORT": str(place["PORT"]),
        "PGUSER": place["USER"],
        "PGPASSWORD": place["PASSWORD"],
        "PGDATABASE": place["NAME"],
    }
    command = [str(binaries.programs(account.current()) / program), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise NotAllowedNow(f"{program} failed: {done.stderr.strip()}", code="backup-failed")
