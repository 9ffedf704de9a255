"""What is too much, malformed, or not there to be asked."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import ExecutionResult, get_introspection_query
from rest_framework.test import APIClient

from api.graphql import limits
from api.graphql.shapes import Reading
from api.graphql.view import run
from tests.api.asking import Asking
from tests.api.graphql.querying import ADDRESS, LIVE, OF_APPROVAL, ask, codes


def asked(query: str, **variables: Any) -> ExecutionResult:
    """Return what becomes of a query that must be refused before anything is read: nobody reads here."""
    return run(query, reading=Reading(by=None, at=None), variables=variables)  # type: ignore[arg-type]


def sentence(query: str) -> str:
    """Return the first error of a query that did not run."""
    result = asked(query)
    assert result.errors is not None
    assert result.errors[0].path is None
    return result.errors[0].message


def test_a_query_that_goes_too_deep_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    query = "{ approval(id: 1) { decision { revision { report { criteria { cells { interval { low } } } } } } } }"
    monkeypatch.setattr(limits, "DEEPEST", 7)
    assert sentence(query) == "This query goes 8 levels deep; the limit is 7. Ask for less at a time."


def test_depth_counts_through_fragments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DEEPEST", 3)
    query = (
        "{ approval(id: 1) { ...A } } fragment A on Approval { decision { ... on Decision { decidedBy { name } } } }"
    )
    assert "4 levels deep" in sentence(query)


def test_the_same_under_many_names_is_refused() -> None:
    query = "{" + " ".join(f"a{n}: approval(id: {n}) {{ id }}" for n in range(limits.MOST_ALIASES + 1)) + "}"
    assert "has 21 aliases" in sentence(query)


def test_a_page_costs_what_its_rows_cost() -> None:
    inner = "modelVersion { lineage { nodes { id } } upstream { id } downstream { id } }"
    page = "{ approvals(first: 20) { id " + inner + " } }"
    assert "This query costs 2121; the limit is 2000." in sentence(page)
    assert "costs 2121" in sentence("query Q($n: Int) " + page.replace("20", "$n"))


@pytest.mark.parametrize("first", ["-100000", "-1", "0", "21", "-" + "9" * 5_000, "9" * 5_000], ids=range(6))
@pytest.mark.parametrize(
    "query",
    [
        "{{ approvals(first: {}) {{ id }} }}",
        "{{ approvals(first: {}) @skip(if: false) {{ id }} }}",
        "query Q($yes: Boolean!) {{ approvals(first: {}) @include(if: $yes) {{ id }} }}",
        "{{ ...A }} fragment A on Query {{ approvals(first: {}) {{ id }} }}",
        "{{ ... on Query @include(if: true) {{ approvals(first: {}) {{ id }} }} }}",
    ],
)
def test_a_size_that_no_page_has_is_refused_before_it_counts(query: str, first: str) -> None:
    assert sentence(query.format(first)).startswith("`first` is not between 1 and 20.")


@pytest.mark.parametrize("cheap", ["-100000", "$n"])
def test_nothing_makes_the_rest_of_a_query_cheaper(cheap: str) -> None:
    costly = "modelVersion { lineage { nodes { id } } upstream { id } downstream { id } }"
    query = f"query Q($n: Int = -5) {{ a: approvals(first: {cheap}) {{ id }} approvals(first: 20) {{ id {costly} }} }}"
    result = asked(query, n=-100000)
    assert result.errors is not None
    assert any("the limit is 2000" in error.message for error in result.errors)


def test_fragments_that_multiply_are_counted_without_being_written_out() -> None:
    fragments = " ".join(
        f"fragment F{n} on Approval {{ id ...F{n + 1} ... on Approval {{ ...F{n + 1} }} }}" for n in range(40)
    )
    assert "costs" in sentence(f"{{ approval(id: 1) {{ ...F0 }} }} {fragments} fragment F40 on Approval {{ id }}")


def test_a_fragment_that_spreads_itself_comes_to_an_end() -> None:
    message = sentence("{ approval(id: 1) { ...A } } fragment A on Approval { id ...A }")
    assert "Cannot spread fragment 'A' within itself" in message


def test_the_whole_trace_is_within_the_limits() -> None:
    for query in (LIVE, OF_APPROVAL):
        result = asked(query)
        assert result.errors is not None
        assert "was not provided" in result.errors[0].message


def test_too_many_words_are_refused_unread() -> None:
    assert "Document contains more than 1000" in sentence("{" + " approvals" * limits.TOKENS + "}")


def test_too_many_letters_are_refused_unread(asking: Asking) -> None:
    response = asking.as_("auditor").post(ADDRESS, {"query": "#" * (limits.CHARACTERS + 1)}, format="json")
    assert (response.status_code, response.json()["code"]) == (422, "invalid")


def test_a_client_can_read_the_schema(asking: Asking) -> None:
    data = ask(asking, "auditor", get_introspection_query(descriptions=True))["data"]
    assert data["__schema"]["mutationType"] is None
    assert data["__schema"]["subscriptionType"] is None


def test_the_schema_is_not_read_in_circles() -> None:
    circles = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }"
    assert "Maximum introspection depth exceeded" in sentence(circles)


@pytest.mark.parametrize("operation", ["mutation", "subscription"])
def test_nothing_can_be_changed_or_subscribed_to(operation: str) -> None:
    assert operation in sentence(f"{operation} {{ approval(id: 1) {{ id }} }}")


def test_several_queries_at_once_are_refused(asking: Asking) -> None:
    response = asking.as_("auditor").post(ADDRESS, [{"query": "{ approvals { id } }"}], format="json")
    assert (response.status_code, response["Content-Type"]) == (422, "application/problem+json")


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_only_get_and_post_are_answered(asking: Asking, method: str) -> None:
    assert getattr(asking.as_("auditor"), method)(ADDRESS).status_code == 405


def test_no_page_with_a_console_is_served(asking: Asking) -> None:
    client: APIClient = asking.as_("auditor")
    response = client.get(ADDRESS, {"query": "{ approvals { id } }"}, headers={"Accept": "text/html"})
    assert response.status_code == 406


def test_a_client_of_graphql_over_http_gets_its_media_type(asking: Asking) -> None:
    wanted = "application/graphql-response+json"
    response = asking.as_("auditor").get(ADDRESS, {"query": "{ approvals { id } }"}, headers={"Accept": wanted})
    assert response["Content-Type"].startswith(wanted)


def test_variables_and_operation_name_come_in_an_address_too(asking: Asking) -> None:
    given = {
        "query": "query A($first: Int) { approvals(first: $first) { id } } query B { approvals { state } }",
        "variables": '{"first": 3}',
        "operationName": "A",
    }
    assert asking.as_("auditor").get(ADDRESS, given).json() == {"data": {"approvals": []}}


@pytest.mark.parametrize(
    "body",
    [{}, {"query": ""}, {"query": "{ a }", "variables": [1]}, {"query": "{ a }", "querry": ""}, {"query": {"a": 1}}],
)
def test_a_malformed_request_names_what_is_wrong(asking: Asking, body: dict[str, Any]) -> None:
    response = asking.as_("auditor").post(ADDRESS, body, format="json")
    assert response.status_code == 422
    assert response.json()["problems"][0]["where"] in {"query", "variables", "querry"}


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{", {}),
        ("{ ballots { salt } }", {}),
        ('{ live(system: "a\\u0000") { since } }', {}),
        ("query Q($s: Reference!) { live(system: $s) { since } }", {"s": "a\x00"}),
        ("query Q($s: Reference!) { live(system: $s) { since } }", {"s": None}),
        ("query Q($d: Digest) { approvals(digest: $d) { id } }", {"d": "A" * 64}),
        ("query Q($first: Int) { approvals(first: $first) { id } }", {"first": 10**12}),
    ],
)
def test_a_malformed_query_is_told_so_and_not_run(asking: Asking, query: str, variables: dict[str, Any]) -> None:
    response = asking.as_("auditor").post(ADDRESS, {"query": query, "variables": variables}, format="json")
    assert response.status_code == 400
    assert "data" not in response.json()
    assert codes(response.json()) == ["invalid-query"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ approval(id: 99999999999999999999999) { id } }", "not-found"),
        ('{ approval(id: "x") { id } }', "not-found"),
        ('{ live(system: "outreach") { since } }', "invalid"),
        ('{ live(system: "outreach", context: "us/outreach/phone", alias: "live-phone") { since } }', "invalid"),
        ('{ live(system: "outreach", context: "us/outreach/phone") { since } }', "not-found"),
        ('{ live(system: "outreach", context: "us/nowhere") { since } }', "context-unknown"),
        ('{ live(system: "outreach", alias: "live-nowhere") { since } }', "not-found"),
        ('{ modelVersion(system: "outreach", model: "outreach-model") { uri } }', "model-uri"),
        ('{ modelVersion(system: "outreach", model: "models:/outreach-model@live") { uri } }', "invalid"),
    ],
)
def test_a_refusal_of_the_domain_carries_its_code(asking: Asking, query: str, code: str) -> None:
    answer = ask(asking, "auditor", query)
    assert set(answer["data"].values()) == {None}
    assert codes(answer) == [code]
