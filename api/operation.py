"""One declaration for each operation of the REST face: what comes in, which call answers it, and what goes out."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.conf import settings
from django.http import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api import errors, idempotency, standing
from api.parsing import BoundedJSONParser
from governance import actions
from governance.accounts.models import User
from governance.accounts.policies import check_password_is_own

Method = Callable[..., Any]
KEY_PARAMETER = OpenApiParameter(
    idempotency.HEADER,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The same request under the same key gets the same answer, for a day.",
)

PAGE_PARAMETERS = (
    OpenApiParameter("cursor", OpenApiTypes.STR, description="Where the page begins: from `next` or `previous`."),
    OpenApiParameter("limit", OpenApiTypes.INT, description="Rows in a page: 50 unless said, 200 at most."),
)


class Given(serializers.Serializer):
    """What a client sends. Fields that nobody asked for are refused, with the nearest one that exists."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the validated fields; raise ValidationError that names each wrong one."""
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, Mapping) else []
        if unknown:
            raise serializers.ValidationError({key: [self._unknown(key)] for key in unknown})
        return super().to_internal_value(data)

    def _unknown(self, key: str) -> str:
        nearest = difflib.get_close_matches(key, list(self.fields), n=1)
        hint = f"Did you mean {nearest[0]}?" if nearest else f"There are: {', '.join(self.fields) or 'none'}."
        return f"There is no such field. {hint}"


class Nothing(Given):
    """An empty body, or an empty object."""


class ProblemPlace(serializers.Serializer):
    """One thing that is wrong."""

    where = serializers.CharField()
    what = serializers.CharField()
    remedy = serializers.CharField(allow_blank=True)
    line = serializers.IntegerField(allow_null=True)
    column = serializers.IntegerField(allow_null=True)


class ProblemDocument(serializers.Serializer):
    """A refusal (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    problems = ProblemPlace(many=True)


class Endpoint(APIView):
    """One address. Its methods are declared with `operation`; `by` and `at` are who asks, and when."""

    parser_classes = [BoundedJSONParser]
    largest_body = 0
    """In bytes; 0 for as much as fits in memory."""
    by: User
    at: datetime

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what is too long to read, then authenticate."""
        most = self.largest_body or settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if int(request.META.get("CONTENT_LENGTH") or 0) > most:
            raise errors.TooLarge(f"A body has at most {most} bytes.")
        super().initial(request, *args, **kwargs)
        self.by, self.at = request.user, timezone.now()
        if self.by is not None:
            check_password_is_own(by=self.by)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Let nobody on the way keep an answer: yesterday's yes is not today's."""
        response.headers.setdefault("Cache-Control", "no-store")
        return super().finalize_response(request, response, *args, **kwargs)

    @property
    def acting(self) -> dict[str, Any]:
        """The two arguments that every service takes."""
        return {"by": self.by, "at": self.at}


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A method of an Endpoint, declared.

    The method gets what `takes` reads from the body, or `asks` from the query, as `given`; what it returns goes out
    through `gives` (a serializer class, or one with many=True) with `status`, in pages where `paged`; a Response goes
    out as it is. `verb` names the registered action that it calls, whose summary is then the operation's.
    `replayable` and `together`: see `idempotency.once`. The schemas stand in for what the serializers would say.
    """

    name: str = ""
    summary: str = ""
    verb: str = ""
    takes: type[Given] = Nothing
    asks: type[Given] = Nothing
    gives: Any = None
    status: int = 200
    paged: bool = False
    replayable: bool = True
    together: bool = True
    request_schema: Any = None
    response_schema: Any = None
    parameters: tuple[OpenApiParameter, ...] = ()

    def answer(self, method: Method, endpoint: Endpoint, request: Request, path: dict[str, Any]) -> HttpResponseBase:
        """Read, call and render, once for each Idempotency-Key."""

        def perform() -> HttpResponseBase:
            answer = method(endpoint, _read(request, takes=self.takes, asks=self.asks), **path)
            return answer if isinstance(answer, HttpResponseBase) else _render(endpoint, answer, self)

        key = request.headers.get(idempotency.HEADER)
        if key is None or request.method != "POST":
            return perform()
        if not self.replayable:
            raise serializers.ValidationError({idempotency.HEADER: ["is not taken here: this answer is not kept."]})
        return idempotency.once(
            request=request,
            key=key,
            together=self.together,
            # Only an operation that answers with a file gives no Response, and none of those is a POST.
            perform=lambda: cast("Response", perform()),
            permitted=lambda: standing.still_permitted(verb=self.verb, path=path, **endpoint.acting),
            user=endpoint.by,
            at=endpoint.at,
        )

    def described(self, handler: Method) -> Method:
        """Return `handler` with its place in the API's description."""
        action = actions.register()[self.verb] if self.verb else None
        wants_key = handler.__name__ == "post" and self.replayable
        asked = [self.asks] if self.asks is not Nothing else []
        shared = [*(PAGE_PARAMETERS if self.paged else ()), *([KEY_PARAMETER] if wants_key else [])]
        return extend_schema(
            operation_id=self.name or self.verb.replace(".", "_"),
            summary=self.summary or (action.summary if action else ""),
            description=f"Permission: `{action.permission}`." if action else "",
            request=self.request_schema or (self.takes if self.takes is not Nothing else None),
            parameters=[*asked, *shared, *self.parameters],
            responses={
                self.status: self.response_schema or self.gives,
                ("default", errors.MEDIA_TYPE): ProblemDocument,
            },
        )(handler)


def operation(name: str = "", **declared: Any) -> Callable[[Method], Method]:
    """Declare a method of an Endpoint: `name` is its operationId where it calls no action; see `Operation`."""
    what = Operation(name=name, **declared)

    def declare(method: Method) -> Method:
        @functools.wraps(method)
        def handler(self: Endpoint, request: Request, **path: Any) -> HttpResponseBase:
            return what.answer(method, self, request, path)

        handler.verb = what.verb  # type: ignore[attr-defined]
        return what.described(handler)

    return declare


def _read(request: Request, *, takes: type[Given], asks: type[Given]) -> dict[str, Any]:
    if request.method == "GET":
        paging = {"cursor", "limit", "format"}
        serializer = asks(data={k: v for k, v in request.query_params.items() if k in _fields(asks) or k not in paging})
    else:
        serializer = takes(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _fields(given: type[Given]) -> set[str]:
    return set(given().fields)


def _render(endpoint: Endpoint, answer: Any, what: Operation) -> Response:
    if what.gives is None:
        return Response(status=what.status)
    if not isinstance(what.gives, serializers.ListSerializer):
        return Response(what.gives(answer).data, status=what.status)
    row: Any = type(what.gives.child)
    if not what.paged:
        return Response(row(answer, many=True).data, status=what.status)
    paginator = endpoint.pagination_class()  # type: ignore[attr-defined]
    page = paginator.paginate_queryset(answer, endpoint.request, view=endpoint)
    answered: Response = paginator.get_paginated_response(row(page, many=True).data)
    return answered
