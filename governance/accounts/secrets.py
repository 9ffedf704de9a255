"""Secrets that are made here and shown once: of tokens, kept only as a digest, and first passwords."""

from __future__ import annotations

import hashlib
import secrets

PREFIX = "ew_"


def new_secret() -> str:
    """Return a fresh secret of 256 random bits, with a prefix by which leak scanners know it."""
    return PREFIX + secrets.token_urlsafe(32)


def new_password() -> str:
    """Return a fresh password of 120 random bits, for a person who has to choose another."""
    return secrets.token_urlsafe(15)


def digest_of(secret: str) -> str:
    """Return the hexadecimal SHA-256 under which a secret is kept; its entropy makes a slow hash needless."""
    return hashlib.sha256(secret.encode()).hexdigest()
