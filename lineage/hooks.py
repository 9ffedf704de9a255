"""Webhooks of MLflow: whose word counts, and what is waiting to be read again.

A delivery is a hint, never a fact: MLflow loses, repeats and reorders them, and anybody may set what they tell of. So
it only says which model to read. `X-MLflow-Signature` is `v1,` and the base64 HMAC-SHA256, under the secret, of
delivery id, timestamp and raw body, joined by points (MLflow, "Webhooks").
"""

from __future__ import annotations

import base64
import hmac
import json
import re
import secrets
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

from django.db.models import Q
from django.utils.crypto import salted_hmac

from governance.errors import Invalid, NotFound, NotPermitted
from lineage.models import Hint, Hook, TrackingServer

DELIVERY, TIMESTAMP, SIGNATURE = "X-MLflow-Delivery-Id", "X-MLflow-Timestamp", "X-MLflow-Signature"
LARGEST_BODY = 1024 * 1024
REPLAY_WINDOW = timedelta(minutes=5)
"""MLflow repeats a delivery for some eight seconds, with the timestamp of its first attempt."""
FORMER_SECRET_HOLDS = timedelta(minutes=5)
"""MLflow's processes go on with a former secret for up to 60 s."""
NOTED_EVERY = timedelta(seconds=10)
"""A refusal is noted no more often, so that nobody can have the database written at will."""

_DELIVERY = re.compile(r"[A-Za-z0-9-]{1,64}")
_EVENT = re.compile(r"[a-z_]{1,31}")


class HookRefused(NotPermitted):
    """A call that nobody proved to come from the server it names, or that is too old."""

    default_code = "hook-refused"


def secret(hook: Hook, *, former: bool = False) -> str:
    """Return the secret that MLflow signs with, or the one before: of this installation's key, the server's name and
    the generation, so that it lies nowhere and every process knows it."""
    generation = hook.generation - former
    return salted_hmac("lineage.hooks", f"{hook.server.key}:{generation}", algorithm="sha256").hexdigest()


def signature(secret: str, *, delivery: str, timestamp: str, body: bytes) -> str:
    """Return what MLflow writes into X-MLflow-Signature."""
    content = f"{delivery}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(secret.encode(), content, "sha256")).decode()


def receive(*, server_key: str, headers: Mapping[str, str], body: bytes, at: datetime) -> bool:
    """Keep what a delivery hints at; return whether it is new.

    Raises NotFound for a server without a hook, HookRefused for a call that is forged or older than REPLAY_WINDOW, and
    Invalid for one that is signed and says nothing that MLflow would.
    """
    hook = Hook.objects.select_related("server").filter(server__key=server_key).first()
    if hook is None:
        raise NotFound(f"No webhook is connected for a tracking server {server_key}.")
    try:
        delivery, said_at = _proven(hook, headers, body, at=at)
    except HookRefused as error:
        _note(hook, error.message, at=at)
        raise
    event, model = _told(body)
    _, is_new = Hint.objects.get_or_create(
        server=hook.server,
        delivery_id=delivery,
        defaults={"event": event, "model": model, "said_at": said_at, "received_at": at},
    )
    return is_new


def waiting(server: TrackingServer) -> list[Hint]:
    """Return the hints after which nothing has been read yet, oldest first."""
    return list(server.hints.filter(taken_at=None).order_by("pk"))


def take(hints: Collection[Hint], *, at: datetime) -> None:
    """Note that the models of these hints were read after they came."""
    Hint.objects.filter(pk__in=[hint.pk for hint in hints]).update(taken_at=at)


def renew(server: TrackingServer, *, at: datetime) -> Hook:
    """Return the server's hook with a secret that nobody has yet; the one before holds for FORMER_SECRET_HOLDS."""
    # A hook that was ended left no row, and its secrets must not come back.
    defaults = {"connected_at": at, "generation": secrets.randbelow(2**30)}
    hook, _ = Hook.objects.select_for_update().get_or_create(server=server, defaults=defaults)
    hook.generation += 1
    hook.connected_at, hook.refused_at, hook.refused_because = at, None, ""
    hook.save()
    return hook


def end(server: TrackingServer) -> bool:
    """Take no hints of the server any more, whatever they are signed with; return whether any were taken before."""
    return Hook.objects.filter(server=server).delete()[0] > 0


def _proven(hook: Hook, headers: Mapping[str, str], body: bytes, *, at: datetime) -> tuple[str, datetime]:
    delivery, timestamp = headers.get(DELIVERY, ""), headers.get(TIMESTAMP, "")
    if not _DELIVERY.fullmatch(delivery) or not timestamp.isascii() or not timestamp.isdigit():
        raise HookRefused(f"It names no delivery and time ({DELIVERY}, {TIMESTAMP}).")
    given = headers.get(SIGNATURE, "").encode()
    valid = [secret(hook)]
    if at - hook.connected_at <= FORMER_SECRET_HOLDS:
        valid.append(secret(hook, former=True))
    signed = [signature(known, delivery=delivery, timestamp=timestamp, body=body).encode() for known in valid]
    if not any(hmac.compare_digest(given, right) for right in signed):
        raise HookRefused("Its signature is not that of the server's secret. Connect the webhook again.")
    seconds = int(timestamp)
    if abs(at.timestamp() - seconds) > REPLAY_WINDOW.total_seconds():
        minutes = int(REPLAY_WINDOW.total_seconds() // 60)
        raise HookRefused(f"It was signed more than {minutes} minutes from now. Set the clocks of both servers right.")
    return delivery, datetime.fromtimestamp(seconds, UTC)


def _told(body: bytes) -> tuple[str, str]:
    try:
        said = json.loads(body)
        entity, action, model = said["entity"], said["action"], said["data"]["name"]
        if not (_EVENT.fullmatch(entity) and _EVENT.fullmatch(action) and isinstance(model, str)):
            raise ValueError("it names no event and model")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Invalid(f"This is no event of MLflow: {error!r:.100}.", code="no-event") from error
    return f"{entity}.{action}", model.replace("\0", "\ufffd").encode("utf-8", "replace").decode()[:500]


def _note(hook: Hook, why: str, *, at: datetime) -> None:
    quiet = Q(refused_at=None) | Q(refused_at__lt=at - NOTED_EVERY)
    Hook.objects.filter(quiet, pk=hook.pk).update(refused_at=at, refused_because=why)
