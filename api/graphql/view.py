"""One address for queries: GET and POST, one query at a time, for the same people under the same rules as REST."""

from __future__ import annotations

from typing import Any

from graphql import DocumentNode, ExecutionResult, GraphQLError, execute_sync, parse, specified_rules, validate
from graphql.validation import KnownFragmentNamesRule, NoFragmentCyclesRule
from rest_framework import renderers, serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from api.graphql import errors, limits
from api.graphql.schema import schema
from api.graphql.shapes import Reading
from api.operation import Endpoint, Given
from api.parsing import check_depth

FIRST_RULES = (KnownFragmentNamesRule, NoFragmentCyclesRule, limits.Limits)
"""Held before all others, so that nothing too large is looked at more closely."""
MOST_ERRORS = 20


class BoundedJSONField(serializers.JSONField):
    """JSON that comes as text in an address; a body's was bounded when it was parsed."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the value; raise ValidationError when it is no JSON, or nested too deep."""
        try:
            value = super().to_internal_value(data)
            check_depth(value)
        except (RecursionError, ParseError):
            self.fail("invalid")
        return value


class Asked(Given):
    """A query as GraphQL over HTTP sends it; `extensions` may be there and mean nothing here."""

    query = serializers.CharField(max_length=limits.CHARACTERS, trim_whitespace=False)
    variables = BoundedJSONField(required=False, allow_null=True)
    operationName = serializers.CharField(required=False, allow_null=True, allow_blank=True, max_length=200)  # noqa: N815
    extensions = BoundedJSONField(required=False, allow_null=True)

    def validate_variables(self, value: Any) -> dict[str, Any] | None:
        """Return the variables; raise ValidationError unless they are an object."""
        if value is not None and not isinstance(value, dict):
            raise serializers.ValidationError("are not an object. Send {name: value}.")
        return value


class GraphQLRenderer(renderers.JSONRenderer):
    """The media type that GraphQL over HTTP gives its answers."""

    media_type = "application/graphql-response+json"


class Queries(Endpoint):
    """The endpoint. Who asks, CSRF, sizes and refusals before the query are REST's own."""

    schema = None
    renderer_classes = [renderers.JSONRenderer, GraphQLRenderer]

    def get(self, request: Request) -> Response:
        """Answer a query in the address."""
        return self._answer(Asked(data=request.query_params))

    def post(self, request: Request) -> Response:
        """Answer a query in the body."""
        return self._answer(Asked(data=request.data))

    def _answer(self, asked: Asked) -> Response:
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        result = run(
            given["query"],
            reading=Reading(by=self.by, at=self.at),
            variables=given.get("variables"),
            operation_name=given.get("operationName") or None,
        )
        found = result.errors or []
        body = {"errors": [errors.formatted(error, request=self.request) for error in found]} if found else {}
        if any(error.path is None for error in found):
            return Response(body, status=400)
        return Response(body | {"data": result.data})


def run(
    query: str,
    *,
    reading: Reading,
    variables: dict[str, Any] | None = None,
    operation_name: str | None = None,
) -> ExecutionResult:
    """Return what a query finds for who reads; errors without a path mean that it was not run at all."""
    try:
        document = parse(query, max_lexical_tokens=limits.TOKENS, max_comments=limits.COMMENTS)
        refused = _refused(document)
    except GraphQLError as error:
        return ExecutionResult(data=None, errors=[error])
    except RecursionError:
        return ExecutionResult(data=None, errors=[GraphQLError("This query is nested too deep to be read.")])
    if refused:
        return ExecutionResult(data=None, errors=refused)
    return execute_sync(
        schema.graphql_schema,
        document,
        context_value=reading,
        variable_values=variables,
        operation_name=operation_name,
    )


def _refused(document: DocumentNode) -> list[GraphQLError]:
    found = validate(schema.graphql_schema, document, FIRST_RULES, max_errors=MOST_ERRORS)
    return found or validate(schema.graphql_schema, document, specified_rules, max_errors=MOST_ERRORS)
