"""Having MLflow hint at changes: a secret is made here, MLflow is told it, and a test call shows whether it arrives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from governance.accounts.models import User
from governance.monitoring import services
from lineage import hooks, webhooks
from lineage.errors import RegistryError
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


def connect(*, server_key: str, callback: str = "", by: User, at: datetime) -> Connection:
    """Have the tracking server call `callback` (this site's own address when empty) at every change of a model, and try
    it. Doing it again renews the secret and repairs what others changed.

    Raises NotPermitted, NotFound, Invalid, and the registry's errors with what the server lacks as their remedy.
    """
    callback = callback or f"{settings.SITE_URL.rstrip('/')}/hooks/mlflow/{server_key}"
    hook = services.renew_hook(server_key=server_key, callback=callback, by=by, at=at)
    try:
        with Webhooks.of(hook.server) as there:
            webhook, is_new = there.put(name=f"edgewise-{server_key}", url=callback, secret=hooks.secret(hook))
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
