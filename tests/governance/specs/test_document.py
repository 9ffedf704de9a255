from __future__ import annotations

import json
from decimal import Decimal

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from governance.errors import Invalid
from governance.specs import document, reading, shape
from tests.governance.specs.documents import TEXT, changed, specification


def as_json() -> str:
    return json.dumps(YAML(typ="safe", pure=True).load(TEXT), indent="\t", default=str)


def test_numbers_are_kept_exactly_as_written():
    criterion = specification(("threshold: 0.70", "threshold: 0.123456789012345678901")).dimensions[0].criteria[0]
    assert criterion.threshold == Decimal("0.123456789012345678901")


def test_what_is_left_out_has_its_documented_default():
    criterion = specification().dimensions[1].criteria[0]
    assert (criterion.tolerance, criterion.correction) == (Decimal(0), "holm")
    assert specification(("        contexts: [us/outreach]\n", "")).dimensions[1].criteria[0].contexts == ("*",)


def test_the_canonical_form_has_decimal_strings_and_integers_and_no_floats():
    criterion = document.canonical(specification())["dimensions"][0]["criteria"][0]
    assert (criterion["threshold"], criterion["alpha"], criterion["min_n"]) == ("0.7", "0.05", 100)


def test_yaml_and_json_of_the_same_document_have_the_same_digest():
    assert document.digest(reading.read(as_json())) == document.digest(specification())


def test_comments_whitespace_and_trailing_zeros_do_not_change_the_digest():
    text = changed(("threshold: 0.70", "threshold:   0.7000   # agreed in spring"), ("tensions:", "\n\ntensions:"))
    assert document.digest(reading.read(text)) == document.digest(specification())


def test_a_different_threshold_changes_the_digest():
    assert document.digest(specification(("threshold: 0.70", "threshold: 0.71"))) != document.digest(specification())


def test_the_canonical_form_reads_back_as_the_same_specification():
    written = json.loads(json.dumps(document.canonical(specification())))
    assert document.from_canonical(written) == specification()
    assert reading.read(json.dumps(written)) == specification()


@pytest.mark.parametrize(
    ("key", "value"), [("dimensions", []), ("weight", 1), ("review_by", "2027-02-30"), ("purpose", 0.5)]
)
def test_what_is_not_canonical_is_not_read_back(key, value):
    with pytest.raises(Invalid):
        document.from_canonical(document.canonical(specification()) | {key: value})


def test_the_published_schema_is_a_valid_schema_and_accepts_the_canonical_form():
    Draft202012Validator.check_schema(shape.schema())
    assert Draft202012Validator(shape.schema()).is_valid(document.canonical(specification()))


def test_a_character_outside_the_basic_plane_is_the_same_in_yaml_and_json():
    escaped = changed(("title: Outreach assistant", 'title: "\\ud83d\\ude00"'))
    assert reading.read(escaped) == specification(("title: Outreach assistant", "title: 😀"))
