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


def test_an_editor_says_of_every_key_of_a_specification_what_it_is_for() -> None:
    published = Client().get(PLACE).json()
    parts = {"document": published} | published["$defs"]
    untold = [
        f"{part}.{key}"
        for part, shape in parts.items()
        for key, wanted in shape.get("properties", {}).items()
        if "title" not in wanted and part != "among"
    ]
    assert untold == []
