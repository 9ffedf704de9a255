"""Ed25519 signing keys in files: the log's own, and any other that Edgewise signs with. Made only deliberately."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from governance.audit.note import VerifierKey
from governance.errors import Conflict, Invalid, NotFound


def create(path: Path) -> Ed25519PrivateKey:
    """Make a key, write it to `path` (PEM, PKCS #8, mode 0600) and return it. Raises Conflict when one is there."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Conflict(f"There is a key at {path} already; it is never replaced.", code="key-exists") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(descriptor)
    return key


def load(path: Path) -> Ed25519PrivateKey:
    """Return the key in `path`. Raises NotFound when there is none, Invalid when it is open to others or no key."""
    try:
        if path.stat().st_mode & 0o007:
            raise Invalid(f"The key at {path} is open to everybody; run: chmod 600 {path}", code="key-exposed")
        pem = path.read_bytes()
    except FileNotFoundError as error:
        remedy = "Restore it from its backup, or, for a new installation, run: edgewise init"
        raise NotFound(f"There is no signing key at {path}. {remedy}", code="key-missing") from error
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except ValueError as error:
        raise Invalid(f"The file at {path} is not a private key in PEM.", code="key-unreadable") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise Invalid(f"The key at {path} is not an Ed25519 key.", code="key-unreadable")
    return key


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """Return the 32 bytes of the public key (RFC 8032)."""
    return key.public_key().public_bytes_raw()


def log_key_path() -> Path:
    """Return where the log's signing key lies."""
    return Path(settings.KEY_DIR) / "log.key"


def create_log_key() -> Ed25519PrivateKey:
    """Make the log's signing key; once for an installation. Raises Conflict when there is one."""
    return create(log_key_path())


def log_key() -> Ed25519PrivateKey:
    """Return the log's signing key. Raises NotFound, with the remedy, when it was never made."""
    return load(log_key_path())


def log_verifier_key() -> VerifierKey:
    """Return the public half of the log's key, under the log's origin."""
    return VerifierKey.of(settings.LOG_ORIGIN, log_key())
