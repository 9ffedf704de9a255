"""The pages lead to each export, and the files are those of the other faces."""

from __future__ import annotations

import re

import pytest

from governance.approvals.models import Approval
from governance.exports import selectors
from governance.exports.formats import FORMATS
from tests.factories.world import World
from tests.frontend.conftest import SignedIn

VERSION = "model=models%3A%2Foutreach-model%2F1"


@pytest.mark.parametrize(
    ("page", "about"),
    [
        ("/systems/outreach/", "system"),
        ("/systems/outreach/evidence/?model=models:/outreach-model/1", "version"),
        ("/systems/outreach/versions/us/outreach/phone/", "version"),
        ("/candidates/{candidate}/", "candidate"),
    ],
)
def test_each_page_leads_to_every_format(
    world: World, approval: Approval, as_person: SignedIn, page: str, about: str
) -> None:
    client = as_person(world.people.auditor)
    shown = client.get(page.format(candidate=approval.decision.revision.candidate_id)).text
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="([^"]*/exports/[^"]*)"', shown)]
    assert [link.rpartition("/")[2].partition("?")[0] for link in links] == list(FORMATS)
    for link, form in zip(links, FORMATS.values(), strict=True):
        answer = client.get(link)
        assert (answer.status_code, answer["Content-Type"]) == (200, form.media_type)
        assert f"edgewise-{about}.{form.suffix}" in answer["Content-Disposition"]


def test_the_file_is_that_of_the_record(world: World, approval: Approval, as_person: SignedIn) -> None:
    by = world.people.auditor
    told = selectors.of_version(system_key="outreach", uri="models:/outreach-model/1", by=by)
    answer = as_person(by).get(f"/systems/outreach/exports/cyclonedx?{VERSION}")
    assert answer.content == FORMATS["cyclonedx"].write(told)


def test_what_is_hidden_or_no_format_is_not_there(world: World, approval: Approval, as_person: SignedIn) -> None:
    candidate = f"/candidates/{approval.decision.revision.candidate_id}/exports/"
    for place in ("/systems/outreach/exports/", candidate):
        assert as_person(world.people.outsider).get(place + "prov").status_code == 404
        assert as_person(world.people.auditor).get(place + "spdx").status_code == 404
