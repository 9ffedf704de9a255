"""How the demonstration keeps the one password that it prints for everybody to read."""

from __future__ import annotations

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class PublicPasswordHasher(PBKDF2PasswordHasher):
    """Hashes in no time, since no secret is kept; the site reads them, and at a sign-in puts one of its own instead."""

    iterations = 1
