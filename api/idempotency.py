"""`Idempotency-Key` on POST: the same request of the same user gets the answer that was given before.

After the IETF draft "The Idempotency-Key HTTP Header Field": 422 when the key was used for another request, 409 while
the first one is still at work. Only successes are remembered: a refusal changed nothing and may be asked again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.crypto import salted_hmac
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from api.models import GivenAnswer
from governance.accounts.models import User
from governance.errors import Conflict, Invalid, Problem

HEADER = "Idempotency-Key"
LONGEST_KEY = 200
REMEMBERED_FOR = timedelta(days=1)
KEPT_HEADERS = ("Location", "ETag")


def once(
    *,
    request: Request,
    key: str,
    together: bool,
    perform: Callable[[], Response],
    permitted: Callable[[], bool],
    user: User,
    at: datetime,
) -> Response:
    """Return what `perform` answers, or what it answered to the same request under `key`.

    `permitted` says whether the user may still do it: where not, they are refused as if they had never asked.
    `together`: the effect and the memory of it are one transaction. Where it is False (work that stores findings of
    its own on the way, and is safe to repeat by itself), the memory follows the effect.
    """
    _check_key(key)
    digest = _digest(request, user)
    with _alone(user, key):
        known = GivenAnswer.objects.filter(user=user, key=key, given_at__gt=at - REMEMBERED_FOR).first()
        if known is not None:
            again = _again(known, digest)
            return again if permitted() else perform()
        with transaction.atomic() if together else nullcontext():
            response = perform()
            _remember(response, user=user, key=key, digest=digest, at=at)
        return response


def _again(known: GivenAnswer, digest: str) -> Response:
    if known.request_digest != digest:
        problem = Problem(HEADER, "was used for another request.", "Make up a new key for each request.")
        raise Invalid(str(problem), code="idempotency-key-reused", problems=(problem,))
    return Response(known.body, status=known.status, headers=known.headers | {"Idempotency-Replayed": "true"})


def _remember(response: Response, *, user: User, key: str, digest: str, at: datetime) -> None:
    GivenAnswer.objects.filter(user=user, given_at__lte=at - REMEMBERED_FOR).delete()
    GivenAnswer.objects.create(
        user=user,
        key=key,
        request_digest=digest,
        status=response.status_code,
        body=json.loads(json.dumps(response.data, cls=JSONEncoder)),
        headers={name: response.headers[name] for name in KEPT_HEADERS if name in response.headers},
        given_at=at,
    )


def _digest(request: Request, user: User) -> str:
    asked = [request.method, request.get_full_path(), request.content_type, sorted(user.scopes or ("*",))]
    value = json.dumps(asked).encode() + b"\0" + request._request.body
    return salted_hmac("api.idempotency", value, algorithm="sha256").hexdigest()


@contextmanager
def _alone(user: User, key: str) -> Iterator[None]:
    """Hold the advisory lock of this user's key; PostgreSQL frees it when this process dies. Raises Conflict."""
    name = hashlib.sha256(f"{user.actor} {key}".encode()).digest()
    number = int.from_bytes(name[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
        if cursor.fetchone() != (True,):
            raise Conflict("The first request under this key is still at work. Ask again.", code="request-in-progress")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [number])


def _check_key(key: str) -> None:
    if not (key.isascii() and key.isprintable() and 0 < len(key) <= LONGEST_KEY):
        problem = Problem(HEADER, f"is not 1 to {LONGEST_KEY} printable ASCII characters.", "Send a UUID.")
        raise Invalid(str(problem), problems=(problem,))
