"""Which account the server runs under, and which paths that account can reach.

PostgreSQL refuses to run as root, so root hands it to an account that owns nothing else. The permissions of folders
that we did not make are never changed: what the account cannot reach is copied to where it can.
"""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

OUTSIDE_HOMES = Path("/var/lib/edgewise")
"""Where root keeps what the account must reach when the data folder lies in a closed home."""


@dataclass(frozen=True, slots=True)
class Account:
    """`drop` are the arguments for subprocess that give up root; empty for an ordinary user."""

    uid: int
    gid: int
    drop: dict[str, object]

    def own(self, path: Path) -> None:
        """Give `path`, made by us, to the account."""
        if self.drop:
            os.chown(path, self.uid, self.gid)

    def make_folder(self, path: Path) -> None:
        """Make the private folder `path` for the account; raise PermissionError where another owns it."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.is_symlink() and path.stat().st_uid == os.geteuid():
            self.own(path)
        if path.is_symlink() or path.stat().st_uid != self.uid:
            raise PermissionError(f"{path} does not belong to user id {self.uid}; remove it or its owner's claim.")


def current() -> Account:
    """Return the caller's own account, or for root the one named by EDGEWISE_POSTGRES_ACCOUNT (`nobody`).

    Raise LookupError when there is no such account.
    """
    if os.geteuid() != 0:
        return Account(uid=os.geteuid(), gid=os.getegid(), drop={})
    name = os.environ.get("EDGEWISE_POSTGRES_ACCOUNT", "nobody")
    try:
        entry = pwd.getpwnam(name)
    except KeyError as error:
        raise LookupError(f"PostgreSQL cannot run as {name!r}: no such account (EDGEWISE_POSTGRES_ACCOUNT).") from error
    drop = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    return Account(uid=entry.pw_uid, gid=entry.pw_gid, drop=drop)


def can_reach(account: Account, folder: Path) -> bool:
    """Whether `account` may pass through `folder` and everything above it, by the permission bits for others."""
    if not account.drop:
        return True
    return all(step.stat().st_mode & 0o001 for step in (folder, *folder.parents) if step.exists())


def open_outside() -> None:
    """Make OUTSIDE_HOMES, passable for the account whatever the umask is."""
    if not OUTSIDE_HOMES.exists():
        OUTSIDE_HOMES.mkdir(parents=True)
        OUTSIDE_HOMES.chmod(0o755)
