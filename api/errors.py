"""What goes wrong, as `application/problem+json` (RFC 9457): one table from the domain's refusals to statuses."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from http import HTTPStatus
from json import JSONDecodeError
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.core.signals import got_request_exception
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from governance import errors
from governance.errors import Problem
from lineage import errors as lineage

logger = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
STATUS: Mapping[type[errors.DomainError], HTTPStatus] = {
    errors.NotPermitted: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.NotAllowedNow: HTTPStatus.CONFLICT,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    lineage.RegistryMissing: HTTPStatus.NOT_FOUND,
    lineage.RegistryUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    lineage.RegistryError: HTTPStatus.BAD_GATEWAY,
    errors.DomainError: HTTPStatus.BAD_REQUEST,
}
"""The nearest class of a refusal gives its status."""
HEADERS: Mapping[HTTPStatus, dict[str, str]] = {HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "30"}}


class PreconditionFailed(exceptions.APIException):
    """What If-Match names is no longer what is there."""

    status_code = HTTPStatus.PRECONDITION_FAILED
    default_code = "precondition-failed"


class PreconditionRequired(exceptions.APIException):
    """Without If-Match, nobody knows whether the client has read what it would write over."""

    status_code = HTTPStatus.PRECONDITION_REQUIRED
    default_code = "precondition-required"


class TooLarge(exceptions.APIException):
    """The body is longer than any that this site takes."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "too-large"


def exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """Return the problem document that `error` becomes; what nobody foresaw becomes a 500 that gives nothing away."""
    set_rollback()
    if isinstance(error, errors.DomainError):
        status = status_of(error)
        return _response(status, error.code, error.message, error.problems, HEADERS.get(status))
    if isinstance(error, Http404):
        return _response(HTTPStatus.NOT_FOUND, "not-found", "There is nothing at this address.")
    if isinstance(error, PermissionDenied):
        return _response(HTTPStatus.FORBIDDEN, "not-permitted", "This is not permitted.")
    if isinstance(error, SuspiciousOperation):
        return _response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", "This form is longer than any that is read.")
    if isinstance(error, exceptions.APIException):
        return _of_framework(error)
    got_request_exception.send(sender=None, request=context.get("request"))
    logger.error("Unforeseen error in the API", exc_info=error)
    return _response(HTTPStatus.INTERNAL_SERVER_ERROR, "internal-error", "Edgewise failed. The failure is logged.")


def status_of(error: errors.DomainError) -> HTTPStatus:
    """Return the status of a refusal: that of the nearest of its classes in the table."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def document(*, status: HTTPStatus, code: str, detail: str, problems: tuple[Problem, ...] = ()) -> dict[str, Any]:
    """Return a problem document."""
    return {
        "type": f"/problems/{code}",
        "title": code.replace("-", " ").capitalize(),
        "status": int(status),
        "detail": detail,
        "code": code,
        "problems": [asdict(problem) for problem in problems],
    }


def _of_framework(error: exceptions.APIException) -> Response:
    problems: tuple[Problem, ...] = ()
    status = HTTPStatus(error.status_code)
    code, detail = _code(error), str(error.detail)
    if isinstance(error, exceptions.ValidationError):
        status, problems = HTTPStatus.UNPROCESSABLE_ENTITY, tuple(_flat(error.detail))
        code, detail = "invalid", "What was sent will not do: " + "; ".join(map(str, problems))
    elif isinstance(error, exceptions.ParseError):
        problems = (_unreadable(error),)
    challenge = getattr(error, "auth_header", None)
    headers = {"WWW-Authenticate": challenge} if challenge else {}
    if getattr(error, "wait", None):
        headers["Retry-After"] = str(int(error.wait))  # type: ignore[attr-defined]
    return _response(status, code, detail, problems, headers)


def _code(error: exceptions.APIException) -> str:
    codes = error.get_codes()
    return (codes if isinstance(codes, str) else error.default_code).replace("_", "-")


def _flat(detail: Any, where: str = "") -> Iterator[Problem]:
    """Yield one problem for each message in the nested detail of a ValidationError."""
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            yield from _flat(value, where if key == api_settings.NON_FIELD_ERRORS_KEY else _place(where, key))
    elif isinstance(detail, list):
        for index, value in enumerate(detail):
            yield from _flat(value, where if isinstance(value, str) else f"{where}[{index}]")
    else:
        yield Problem(where or "body", str(detail))


def _place(where: str, key: str | int) -> str:
    if isinstance(key, int):
        return f"{where}[{key}]"
    return f"{where}.{key}" if where else key


def _unreadable(error: exceptions.ParseError) -> Problem:
    cause = error.__context__
    place = (cause.lineno, cause.colno) if isinstance(cause, JSONDecodeError) else (None, None)
    return Problem("body", str(error.detail), "Send one JSON object in UTF-8.", *place)


def _response(
    status: HTTPStatus,
    code: str,
    detail: str,
    problems: tuple[Problem, ...] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    body = document(status=status, code=code, detail=detail, problems=problems)
    return Response(body, status=int(status), headers=headers, content_type=MEDIA_TYPE)
