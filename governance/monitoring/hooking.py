"""Having MLflow hint at changes: a secret is made here, MLflow is told it, and a test call shows whether it arrives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from governance.accounts.models import User
from governance.monitoring import services
from lineage import hooks, webhooks
from lineage.errors import RegistryError
from lineage.models import TrackingServer
from lineage.transport import without_password
from lineage.webhooks import Webhooks

BEGINS = "MLflow keeps a list of its webhooks for up to 60 s in each process, so the first hints may take as long."
NEEDS_A_KEY = (
    "Nobody outside can see whether MLflow has MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY. Without it, it forgets its "
    "secrets when it is started again, and hints stop without a word."
)


@dataclass(frozen=True, kw_only=True)
class Connection:
    """What came of connecting a webhook: where MLflow calls, whether its test call arrived, and what it lacks."""

    server: str
    callback: str
    is_new: bool
    arrived: bool
    notes: tuple[str, ...]


STAYS = "The mirror, its history and the log stay. Edgewise goes on finding changes by the clock."
ENDS = "MLflow's processes may call for up to 60 s more; those calls are turned away."
STILL_THERE = (
    "Edgewise takes no hints from it any more, but its webhook is still there and calls. Disconnect it again once "
    "this is mended."
)


@dataclass(frozen=True, kw_only=True)
class Disconnection:
    """What came of disconnecting a webhook: whether hints were taken before, the addresses that MLflow called and calls
    no more, and what stays."""

    server: str
    was_connected: bool
    removed: tuple[str, ...]
    notes: tuple[str, ...]


def connect(*, server_key: str, callback: str = "", by: User, at: datetime) -> Connection:
    """Have the tracking server call `callback` (this site's own address when empty) at every change of a model, and try
    it. Doing it again renews the secret and repairs what others changed.

    Raises NotPermitted, NotFound, Invalid, and the registry's errors with what the server lacks as their remedy.
    """
    callback = callback or f"{settings.SITE_URL.rstrip('/')}/hooks/mlflow/{server_key}"
    hook = services.renew_hook(server_key=server_key, callback=callback, by=by, at=at)
    try:
        with Webhooks.of(hook.server) as there:
            webhook, is_new = there.put(name=_name(server_key), url=callback, secret=hooks.secret(hook))
            test = there.test(webhook)
    except RegistryError as error:
        if known := webhooks.remedy(error):
            raise type(error)(
                "does not take the webhook", server=error.server, endpoint=error.endpoint, remedy=known
            ) from error
        raise
    failed = () if test.arrived else (f"The test call did not arrive: {test.because}", webhooks.remedy(test.because))
    return Connection(
        server=server_key,
        callback=callback,
        is_new=is_new,
        arrived=test.arrived,
        notes=tuple(note for note in (*failed, BEGINS, NEEDS_A_KEY) if note),
    )


def disconnect(*, server_key: str, by: User, at: datetime) -> Disconnection:
    """Take no hints of a tracking server any more, and remove its webhook there; doing it again changes nothing.

    Raises NotPermitted, NotFound, and the registry's errors where the webhook could not be removed; hints are not taken
    any more even so.
    """
    was_connected = services.end_hook(server_key=server_key, by=by, at=at)
    try:
        with Webhooks.of(TrackingServer.objects.get(key=server_key)) as there:
            removed = there.remove(name=_name(server_key))
    except RegistryError as error:
        remedy = " ".join(filter(None, (webhooks.remedy(error) or error.remedy, STILL_THERE)))
        what = error.problems[0].what
        raise type(error)(what, server=error.server, endpoint=error.endpoint, remedy=remedy) from error
    return Disconnection(
        server=server_key,
        was_connected=was_connected,
        removed=tuple(map(without_password, removed)),
        notes=(STAYS, ENDS) if removed else (STAYS,),
    )


def _name(server_key: str) -> str:
    """Return what Edgewise calls its webhook, by which it finds it again."""
    return f"edgewise-{server_key}"
