from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator

import pytest
from django.apps import apps

from governance.approvals.models import Approval
from governance.exports.dossier import compile_dossier
from tests.architecture.sources import ROOT

pytestmark = pytest.mark.expectation(2)

SCALAR = re.compile(
    r"(?<![a-z])(?:scores?|scoring|scorecard|weights?|weighted|weighting|ratings?|rank_total|grand_total|overall|composite"
    r"|total_?(?:score|verdict|points)|points)(?![a-z])"
)
"""Words by which dimensions could be added up to one number."""
OWN = ("governance.", "lineage", "api", "frontend")


def smells(names: Iterator[str]) -> list[str]:
    """Return those of `names` (snake_case or camelCase) that hold such a word."""
    return sorted({name for name in names if SCALAR.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())})


def test_the_words_would_be_found() -> None:
    given = ["score", "overallScore", "total_score", "weights", "WeightedMean", "underscore", "scope", "between"]
    assert smells(iter(given)) == ["WeightedMean", "overallScore", "score", "total_score", "weights"]


def test_no_table_has_a_column_for_one_number_over_all_dimensions() -> None:
    own = [config for config in apps.get_app_configs() if config.name.startswith(OWN)]
    models = [model for config in own for model in config.get_models()]
    assert smells(field.name for model in models for field in model._meta.get_fields()) == []


def test_the_rest_face_answers_with_no_such_number() -> None:
    from drf_spectacular.generators import SchemaGenerator

    document = SchemaGenerator().get_schema(request=None, public=True)
    assert smells(keys(document)) == []


def test_the_graph_face_answers_with_no_such_number() -> None:
    from api.graphql.schema import schema

    names = re.findall(r"^\s*(\w+)(?=[(:])", str(schema), flags=re.MULTILINE)
    assert names
    assert smells(iter(names)) == []


def test_no_page_shows_such_a_number() -> None:
    templates = sorted((ROOT / "frontend" / "templates").rglob("*.html"))
    assert templates
    tags = [tag for path in templates for tag in re.findall(r"{[{%](.*?)[%}]}", path.read_text())]
    assert smells(name for tag in tags for name in words(tag)) == []


@pytest.mark.django_db
def test_nothing_that_is_signed_or_exported_holds_such_a_number(approval: Approval) -> None:
    dossier = compile_dossier(approval=approval, signing_key=approval.key_id)
    documents = [json.loads(document) for name, document in dossier.documents.items() if name.endswith(".json")]
    documents += [json.loads(base64.b64decode(json.loads(bytes(approval.envelope))["payload"]))]
    assert len(documents) > 5
    assert smells(name for document in documents for name in members(document)) == []


def members(value: object) -> Iterator[str]:
    """Yield the name of every member of a JSON document."""
    if isinstance(value, dict):
        yield from value
        yield from (name for member in value.values() for name in members(member))
    elif isinstance(value, list):
        yield from (name for member in value for name in members(member))


def keys(value: object) -> Iterator[str]:
    """Yield the name of every property of an OpenAPI document, and of every parameter."""
    if isinstance(value, dict):
        if isinstance(properties := value.get("properties"), dict):
            yield from properties
        if isinstance(value.get("in"), str):
            yield str(value.get("name"))
        for member in value.values():
            yield from keys(member)
    elif isinstance(value, list):
        for member in value:
            yield from keys(member)


def words(tag: str) -> list[str]:
    """Return the variables and filters of a template tag, without its quoted text."""
    return re.findall(r"[A-Za-z_]\w*", re.sub(r"\"[^\"]*\"|'[^']*'", "", tag))
