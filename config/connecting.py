"""How other programs and libraries reach the database: with all that Django was told of it, TLS included."""

from __future__ import annotations

from django.db import connections
from psycopg import pq

LIBPQ = frozenset(option.keyword.decode() for option in pq.Conninfo.get_defaults())


def parameters(alias: str) -> dict[str, str]:
    """Return the parameters of libpq, by its own keywords, with which Django connects as `alias`.

    What the query of DATABASE_URL names (`sslmode`, `sslrootcert`, …) is among them.
    """
    given = connections[alias].get_connection_params()
    return {key: str(value) for key, value in given.items() if key in LIBPQ and value not in (None, "")}
