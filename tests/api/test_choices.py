"""A choice that is none is refused with those that there are, and a time without its offset with how to write one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import get_resolver
from rest_framework import serializers

from api.operation import Given
from api.rest.fields import Moment, OneOf
from governance.errors import Invalid
from governance.evidence.models import EvaluationRun
from governance.specs.models import SpecificationVersion
from lineage.models import ModelVersion
from tests.api.asking import Asking
from tests.api.test_evidence_files import sent
from tests.factories.world import World

OUTREACH = "systems/outreach/"


@pytest.fixture
def model(world: World, specification: SpecificationVersion) -> str:
    """A registered version of a system with a specification."""
    return world.register().model_version.uri


def fields(field: Any) -> Iterator[Any]:
    """Yield a field and those inside it."""
    yield field
    for inner in [getattr(field, "child", None), *getattr(field, "fields", {}).values()]:
        if inner is not None:
            yield from fields(inner)


def below(kind: type[Given]) -> Iterator[type[Given]]:
    """Yield every kind of body and query that a client may send."""
    for heir in kind.__subclasses__():
        yield heir
        yield from below(heir)


def test_every_choice_that_rest_takes_is_refused_with_its_list_and_every_time_without_its_offset() -> None:
    assert get_resolver().url_patterns, "the addresses name every endpoint, and so every body"
    taken = [(kind, field) for kind in below(Given) for field in fields(kind())]
    of = {kind: [one for one in taken if isinstance(one[1], kind)] for kind in (OneOf, Moment)}
    assert all(of.values())
    assert [one for one in taken if isinstance(one[1], serializers.ChoiceField)] == of[OneOf]
    assert [one for one in taken if isinstance(one[1], serializers.DateTimeField)] == of[Moment]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "where", "said"),
    [
        ({"level": "respnse"}, "level", "Did you mean `response`? Known: deployment, interaction, model, response."),
        ({"format": "cvs"}, "format", "Did you mean `csv`? Known: csv, "),
        ({"evaluated_at": "2026-01-31T12:00"}, "evaluated_at", "no offset. Write 2026-01-31T12:00:00Z if it is UTC"),
        ({"evaluated_at": "2026-01-31"}, "evaluated_at", "no offset. Write 2026-01-31T00:00:00Z if it is UTC"),
    ],
)
def test_what_comes_with_a_file_is_one_of_what_there_is(
    asking: Asking, model: str, changed: dict[str, str], where: str, said: str
) -> None:
    refused = sent(asking, model, **changed)
    (problem,) = refused.json()["problems"]
    assert (refused.status_code, problem["where"], said in problem["what"]) == (422, where, True), problem
    assert not EvaluationRun.objects.exists()


@pytest.mark.django_db
def test_a_large_file_is_not_begun_with_a_time_that_nobody_knows(world: World, asking: Asking, model: str) -> None:
    version = ModelVersion.objects.get()
    with pytest.raises(Invalid, match="has no offset") as refusal:
        world.begin_upload(version, evaluated_at="2026-01-31T12:00:00")
    assert (refusal.value.code, refusal.value.problems[0].where) == ("no-time", "evaluated_at")
    said = {"model": model, "name": "cases.csv", "size": 10, "digest": "a" * 64, "level": "response"}
    path = f"{OUTREACH}evidence-uploads"
    refused = asking.post("engineer", path, said | {"evaluated_at": "2026-01-31T12:00:00"})
    assert (refused.status_code, "no offset" in refused.json()["detail"]) == (422, True)
    assert asking.post("engineer", path, said | {"evaluated_at": "2026-01-31T12:00:00+02:00"}).status_code == 201


@pytest.mark.django_db
@pytest.mark.parametrize("path", [f"{OUTREACH}specification", "lineage/impact"])
def test_a_moment_that_is_asked_about_has_its_offset(asking: Asking, model: str, path: str) -> None:
    more = {"of": model} if path.startswith("lineage") else {}
    refused = asking.get("auditor", path, as_of="2026-01-31T12:00:00", **more)
    assert "The time has no offset." in str(refused.json()), refused.json()


@pytest.mark.django_db
def test_the_names_that_a_system_has_are_told_to_who_asks_for_another(asking: Asking, model: str) -> None:
    asked = asking.post("engineer", f"{OUTREACH}gate-reports", {"model": model, "context": "us/outreach/phnoe"})
    assert "Did you mean `us/outreach/phone`? It has: us/outreach/letter, us/outreach/phone." in asked.json()["detail"]
    missing = asking.get("auditor", f"{OUTREACH}specification/versions/1.0.1")
    assert "Did you mean `1.0.0`? Known: 1.0.0." in missing.json()["detail"]
    sheet = asking.get("auditor", f"{OUTREACH}sheets/recal")
    assert "Did you mean `recall`? There are sheets of: recall." in sheet.json()["detail"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("models:/outreach-model/10", "Known versions: 1. Register it, or synchronise."),
        ("models:/outreach/1", "Did you mean `outreach-model`? These do: outreach-model."),
    ],
)
def test_the_versions_and_models_of_a_system_are_told_to_who_names_another(
    asking: Asking, model: str, named: str, said: str
) -> None:
    asked = asking.post("engineer", f"{OUTREACH}gate-reports", {"model": named, "context": "us/outreach/phone"})
    assert said in asked.json()["detail"], asked.json()
