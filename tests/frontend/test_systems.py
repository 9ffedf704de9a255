"""The page of a system: what it reads of the many reports that it lists."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.specs.models import SpecificationVersion
from tests.factories.world import FAILING, World
from tests.frontend.conftest import SignedIn

pytestmark = pytest.mark.django_db


def test_whoever_opens_no_candidate_makes_the_page_read_no_document_of_a_report(
    world: World, specification: SpecificationVersion, as_person: SignedIn
) -> None:
    world.judged()
    auditor, engineer = as_person(world.people.auditor), as_person(world.people.engineer)
    with CaptureQueriesContext(connection) as asked:
        page = auditor.get("/systems/outreach/").text
    assert not any('"gates_gatereport"."document"' in query["sql"] for query in asked)
    assert "outreach-model" in page
    assert "Open a candidate" not in page
    assert "Open a candidate" in engineer.get("/systems/outreach/").text


def test_a_report_is_not_listed_as_if_it_knew_evidence_that_was_read_since(
    world: World, specification: SpecificationVersion, as_person: SignedIn
) -> None:
    report = world.judged()
    auditor = as_person(world.people.auditor)
    assert "Evidence was read since" not in auditor.get("/systems/outreach/").text
    world.give_evidence(report.model_version, FAILING)
    assert "Evidence was read since" in auditor.get("/systems/outreach/").text
    world.judge(report.model_version)
    assert "Evidence was read since" not in auditor.get("/systems/outreach/").text
