"""Where MLflow's webhooks arrive: a thin face over `lineage.hooks`, without session or token, since they are signed."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from governance.errors import DomainError, Invalid, NotFound
from governance.monitoring import tasks
from lineage import hooks

TOO_LARGE, ACCEPTED, KNOWN = 413, 202, 200
STATUS = {NotFound: 404, hooks.HookRefused: 401, Invalid: 400}
"""None of these is one at which MLflow tries again."""


@csrf_exempt
@require_POST
def mlflow(request: HttpRequest, server: str) -> JsonResponse:
    """Keep a hint and have the model read again soon: 202 for a new one, 200 for one that came before."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > hooks.LARGEST_BODY:
        return _refused(f"A call has at most {hooks.LARGEST_BODY} bytes.", status=TOO_LARGE)
    try:
        is_new = hooks.receive(server_key=server, headers=request.headers, body=request.body, at=timezone.now())
    except DomainError as error:
        return _refused(error.message, status=STATUS[type(error)])
    if is_new:
        # What a broker loses is taken by the next synchronisation.
        transaction.on_commit(partial(tasks.hear.delay, server_key=server), robust=True)
    return JsonResponse({"new": is_new}, status=ACCEPTED if is_new else KNOWN)


def _refused(message: str, *, status: int) -> JsonResponse:
    return JsonResponse({"detail": message}, status=status)
