"""Reading many reports: their names tell them apart, and their long documents stay where they are."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.evidence import services as evidence
from governance.gates import selectors
from governance.specs.models import SpecificationVersion
from governance.systems import services as systems
from lineage.models import ModelVersion
from tests.factories import mirror
from tests.factories.world import PHONE, World

pytestmark = pytest.mark.django_db
DOCUMENT = '"gates_gatereport"."document"'


def elsewhere(world: World) -> ModelVersion:
    """Let version 1 of a model of the same name, on another server, have been judged."""
    systems.connect_model(
        system_key="outreach",
        server_key="second",
        name=mirror.MODEL,
        by=world.people.administrator,
        at=world.tick(),
    )
    version = mirror.version("1", at=world.tick(), server_key="second", content=b"others")
    evidence.register_checkpoint(system_key="outreach", version=version, by=world.people.engineer, at=world.tick())
    world.give_evidence(version)
    world.judge(version)
    return version


def siblings_named(world: World) -> list[str]:
    reports, _ = selectors.siblings(system=world.system, context_key=PHONE, by=world.people.auditor)
    return list(reports)


def test_versions_of_one_name_on_two_servers_are_told_apart(world: World, specification: SpecificationVersion) -> None:
    first = world.judged().model_version
    assert siblings_named(world) == ["outreach-model 1"]
    second = elsewhere(world)
    assert siblings_named(world) == ["main: outreach-model 1", "second: outreach-model 1"]
    reports, _ = selectors.siblings(system=world.system, context_key=PHONE, by=world.people.auditor)
    assert [row.model_version for row in reports.values()] == [first, second]


def test_a_list_of_reports_reads_no_document_and_asks_as_often_for_many_as_for_one(
    world: World, specification: SpecificationVersion
) -> None:
    def listed() -> tuple[int, int]:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            rows = selectors.latest_reports(system=world.system, by=world.people.auditor)
            assert all(row.verdict and row.model_version.uri and row.specification.version for row in rows)
        assert not any(DOCUMENT in query["sql"] for query in asked)
        return len(rows), len(asked)

    world.judged()
    one, asked_for_one = listed()
    for number in ("2", "3"):
        world.judged(number=number)
    assert (one, listed()) == (1, (3, asked_for_one))


def test_where_documents_are_looked_into_all_are_read_in_one_query(
    world: World, specification: SpecificationVersion
) -> None:
    for number in ("1", "2"):
        world.judged(number=number)
    rows = list(selectors.latest_reports(system=world.system, by=world.people.auditor, with_documents=True))
    with CaptureQueriesContext(connection) as asked:
        assert [row.content()["verdict"] for row in rows] == ["PASS", "PASS"]
    assert not len(asked)
