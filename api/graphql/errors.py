"""What goes wrong in a query: the REST face's table decides, and `extensions.code` carries the stable word."""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import Any

from django.core.signals import got_request_exception
from django.http import HttpRequest
from graphql import GraphQLError

from api.errors import status_of
from governance.errors import DomainError

logger = logging.getLogger(__name__)


def formatted(error: GraphQLError, *, request: HttpRequest) -> dict[str, Any]:
    """Return an error as it goes out; what nobody foresaw is logged and gives nothing away."""
    shown: dict[str, Any] = dict(error.formatted)
    cause = error.original_error
    if isinstance(cause, DomainError):
        problems = [asdict(problem) for problem in cause.problems]
        shown["extensions"] = {"code": cause.code, "status": int(status_of(cause)), "problems": problems}
    elif cause is None or isinstance(cause, GraphQLError):
        shown["extensions"] = {"code": "invalid-query"} | shown.get("extensions", {})
    else:
        got_request_exception.send(sender=None, request=request)
        logger.error("Unforeseen error in a query", exc_info=cause)
        shown["message"] = "Edgewise failed. The failure is logged."
        shown["extensions"] = {"code": "internal-error"}
    return shown
