"""How Edgewise signs in to each tracking server: from the environment alone, never from the database or an address.

`EDGEWISE_MLFLOW_<KEY>_USERNAME` and `_PASSWORD`, or `_TOKEN`; and `_CA`, a file of authorities to trust over TLS. KEY
is the server's key in capitals, with `_` for `-`.
"""

from __future__ import annotations

import functools
import ssl
from dataclasses import dataclass, field
from typing import Self

import httpx
from django.conf import settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What one server is told, and whom to trust that it is that server. Nothing of it is shown in a trace."""

    username: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    authorities: str = ""

    @classmethod
    def of(cls, key: str) -> Self:
        """Return those of the server `key`; all of them empty where the environment names none."""
        start = f"EDGEWISE_MLFLOW_{key.upper().replace('-', '_')}_"
        named = {name: settings.MLFLOW_CREDENTIALS.get(start + name, "") for name in ("USERNAME", "PASSWORD", "TOKEN")}
        authorities = settings.MLFLOW_CREDENTIALS.get(f"{start}CA", "")
        return cls(
            username=named["USERNAME"], password=named["PASSWORD"], token=named["TOKEN"], authorities=authorities
        )

    def headers(self) -> dict[str, str]:
        """Return the header of a token, which comes before a name and password."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def auth(self) -> httpx.BasicAuth | None:
        """Return name and password as HTTP's basic authentication, where there is no token."""
        return httpx.BasicAuth(self.username, self.password) if self.username and not self.token else None

    def trusted(self) -> ssl.SSLContext:
        """Return whom to trust over TLS; raises OSError where the file cannot be read, or holds no certificate."""
        return _authorities(self.authorities)


@functools.cache
def _authorities(file: str) -> ssl.SSLContext:
    """Read once: it takes as long as several answers."""
    return ssl.create_default_context(cafile=file) if file else httpx.create_ssl_context()
