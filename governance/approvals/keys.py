"""The key that signs attestations: another than the log's, which names it."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from governance.audit import keys


def attestation_key_path() -> Path:
    """Return where the attestation key lies."""
    return Path(settings.KEY_DIR) / "attestation.key"


def create_attestation_key() -> Ed25519PrivateKey:
    """Make the attestation key; once for an installation. Raises Conflict when there is one."""
    return keys.create(attestation_key_path())


def attestation_key() -> Ed25519PrivateKey:
    """Return the attestation key. Raises NotFound, with the remedy, when it was never made."""
    return keys.load(attestation_key_path())
