"""A browser without a browser, signed in as one of the people."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from governance.accounts.models import User

SignedIn = Callable[[User], Client]


@pytest.fixture
def as_person() -> SignedIn:
    """Return a client signed in as the given person."""

    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return signed_in
