from __future__ import annotations

import stat
from pathlib import Path

import pytest

from governance.audit import keys
from governance.errors import Conflict, Invalid, NotFound


def test_a_key_is_made_once_for_its_owner_alone_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "any.key"
    made = keys.create(path)
    assert keys.public_bytes(keys.load(path)) == keys.public_bytes(made)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(Conflict, match="never replaced"):
        keys.create(path)


def test_a_missing_key_is_never_made_silently(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="edgewise init"):
        keys.load(tmp_path / "none.key")
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_everybody_can_read_is_refused(tmp_path: Path) -> None:
    keys.create(tmp_path / "open.key")
    (tmp_path / "open.key").chmod(0o644)
    with pytest.raises(Invalid, match="chmod 600"):
        keys.load(tmp_path / "open.key")


def test_a_file_that_holds_no_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "not.key").write_text("hello")
    (tmp_path / "not.key").chmod(0o600)
    with pytest.raises(Invalid, match="not a private key"):
        keys.load(tmp_path / "not.key")
