"""What is published is what is enforced, and anybody may read it."""

from __future__ import annotations

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from governance.exports.formats import openlineage
from governance.specs import document, reading
from tests.factories.world import SPECIFICATION

PLACE = "/schemas/specification/v1"


@pytest.mark.parametrize("place", [PLACE, openlineage.PLACE])
def test_a_schema_is_read_without_signing_in_from_any_origin_and_kept(place: str) -> None:
    answer = Client().get(place)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/schema+json")
    assert answer["Access-Control-Allow-Origin"] == "*"
    Draft202012Validator.check_schema(answer.json())
    assert Client().get(place, headers={"If-None-Match": answer["ETag"]}).status_code == 304
    assert Client().post(place).status_code == 405


@pytest.mark.parametrize(("change", "valid"), [({}, True), ({"weights": {"a": 1}}, False), ({"version": "1"}, False)])
def test_it_accepts_what_the_site_accepts(change: dict[str, object], valid: bool) -> None:
    published = Client().get(PLACE).json()
    Draft202012Validator.check_schema(published)
    canonical = document.canonical(reading.read(SPECIFICATION))
    assert Draft202012Validator(published).is_valid(canonical | change) is valid
