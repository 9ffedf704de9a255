"""Specifications over REST: files byte for byte, and what ratifying a draft would do."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from governance.approvals.models import Approval
from governance.specs.models import SpecificationVersion
from tests.api.asking import ROOT, Asking
from tests.factories.world import SPECIFICATION, World

pytestmark = pytest.mark.django_db

PLACE = "systems/outreach/specification/"
COMMENTED = f"# Why: ¾ of those asked agreed.\r\n\n{SPECIFICATION}\n# The end — with a space behind it. \n\n"
NEXT = COMMENTED.replace("version: 1.0.0", "version: 1.1.0").replace("min_n: 50", "min_n: 200 # more cases")


def _file(asking: Asking, path: str, *, accept: str = "*/*", name: str = "auditor") -> Any:
    return asking.as_(name).get(f"{ROOT}{PLACE}{path}", headers={"Accept": accept})


def test_writing_ratifying_and_downloading_keeps_every_comment_and_byte(world: World, asking: Asking) -> None:
    saved = asking.as_("steward").put(f"{ROOT}{PLACE}draft", COMMENTED.encode(), content_type="application/yaml")
    assert saved.status_code == 200, saved.content
    assert _file(asking, "draft/text").content == COMMENTED.encode()
    version = world.ratify(COMMENTED)
    found = _file(asking, "versions/1.0.0/text", accept="application/yaml")
    assert (found.content, found["Content-Type"]) == (COMMENTED.encode(), "application/yaml")
    assert found["Content-Disposition"] == 'attachment; filename="outreach-1.0.0.yaml"'
    assert version.text == COMMENTED
    again = asking.as_("steward").put(
        f"{ROOT}{PLACE}draft",
        found.content,
        content_type="application/yaml",
        headers={"If-Match": f'"{version.digest}"'},
    )
    assert again.status_code == 422, "the same text again is nothing new"


@pytest.mark.parametrize("path", ["draft/document", "versions/1.0.0/document"])
def test_the_canonical_document_hashes_to_the_digest(world: World, asking: Asking, path: str) -> None:
    digest = world.ratify(COMMENTED).digest
    found = _file(asking, path, accept="application/json")
    assert hashlib.sha256(found.content).hexdigest() == digest
    assert found.json()["version"] == "1.0.0"


@pytest.mark.parametrize("path", ["draft/text", "draft/document", "draft/consequences", "versions/9.0.0/text"])
def test_what_is_missing_and_what_is_hidden_is_a_problem_document(world: World, asking: Asking, path: str) -> None:
    for name in ("auditor", "outsider"):
        found = _file(asking, path, name=name)
        assert (found.status_code, found["Content-Type"]) == (404, "application/problem+json")


def test_the_consequences_of_a_draft_name_what_lapses_and_why(world: World, asking: Asking, approval: Approval) -> None:
    world.draft(NEXT)
    found = asking.get("auditor", f"{PLACE}draft/consequences").json()
    assert (found["against"], found["version"]) == ("1.0.0", "1.1.0")
    assert (found["required_bump"], found["made_bump"], found["refusal"]) == ("minor", "minor", "")
    (row,) = found["approvals"]
    assert (row["approval"], row["context"], row["lapses"]) == (approval.pk, approval.context_key, True)
    assert "changes more than wording since specification 1.0.0" in row["because"]
    assert row["preview"]["verdict"] == "INSUFFICIENT"
    assert any("100" in reason for reason in row["preview"]["reasons"])
    assert [change["kind"] for change in row["changes"]] == ["tightened"]


def test_other_words_end_nothing(
    world: World, asking: Asking, specification: SpecificationVersion, approval: Approval
) -> None:
    world.draft(SPECIFICATION.replace("version: 1.0.0", "version: 1.0.1").replace("Need is seen", "Need is noticed"))
    (row,) = asking.get("board", f"{PLACE}draft/consequences").json()["approvals"]
    assert (row["lapses"], row["preview"]["verdict"], row["changes"]) == (False, "PASS", [])
    assert "nothing but wording" in row["because"]


def test_the_first_draft_has_nothing_to_stand_against(world: World, asking: Asking) -> None:
    world.draft(COMMENTED)
    found = asking.get("auditor", f"{PLACE}draft/consequences").json()
    assert (found["against"], found["required_bump"], found["changes"], found["approvals"]) == (None, None, [], [])
