"""Who saw a verdict does not choose the cases anew: not in another file, and not unseen with fewer of them."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from django.conf import settings
from pyarrow import parquet

from governance.approvals import services as approvals
from governance.approvals.selectors import newest_revision
from governance.audit.models import Leaf
from governance.errors import Conflict
from governance.evidence import registration, services
from governance.evidence.files import Upload
from governance.evidence.models import EvaluationRun
from governance.evidence.runs import reading_of
from governance.specs.models import SpecificationVersion
from lineage.models import ModelVersion
from tests.factories import evidence as tables
from tests.factories.world import FAILING, PASSING, PHONE, SPECIFICATION, World
from tests.frontend.conftest import SignedIn, as_person  # noqa: F401

pytestmark = pytest.mark.django_db
COLUMNS = ("case_id", "metric", "value", "context", "health", "limited")
CASES = tables.cases(FAILING)
FEWER = [row for row in CASES if row[4] != "poor" or row[2] == 1]
"""Without the cases that fail."""
CHOSEN = "{case_id: case_id, metric: metric, value: value, context: context, where: {kept: 'yes'}, attributes: {"
CHOSEN += "health: health, limited: limited}}"


def as_lines(rows: Sequence[Sequence[Any]], **more: Callable[[Sequence[Any]], Any]) -> bytes:
    records = [dict(zip(COLUMNS, row, strict=True)) | {name: of(row) for name, of in more.items()} for row in rows]
    return "\n".join(map(json.dumps, records)).encode()


def as_parquet(rows: Sequence[Sequence[Any]]) -> bytes:
    columns = dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
    file = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), file)
    return file.getvalue()


def is_kept(row: Sequence[Any]) -> str:
    return "yes" if row in FEWER else "no"


@pytest.fixture(autouse=True)
def kept(tmp_path: Path) -> Iterator[Path]:
    """The folder of the uploaded files, the test's own."""
    with pytest.MonkeyPatch.context() as patch:
        from django.core.files.storage import storages

        place = settings.STORAGES["evidence"] | {"OPTIONS": {"location": tmp_path}}
        patch.setitem(storages.backends, "evidence", place)
        patch.setattr(storages, "_storages", {})
        yield tmp_path


@pytest.fixture
def version(world: World, specification: SpecificationVersion) -> ModelVersion:
    """A registered version of a system with a specification."""
    return world.register().model_version


def sent(world: World, version: ModelVersion, content: bytes, *, name: str = "cases.jsonl", **more: Any) -> Any:
    """Let the engineer bring in a file."""
    told: dict[str, Any] = {"level": "response", "evaluator": "", "evaluated_at": world.tick()} | more
    return registration.bring_in_file(
        system_key="outreach",
        uri=version.uri,
        upload=Upload(name=name, file=io.BytesIO(content), **told),
        by=world.people.engineer,
        at=world.tick(),
    )


def of_a_run(world: World, version: ModelVersion, content: bytes, mapping: str = "") -> EvaluationRun:
    """Let a run in MLflow with this table be read."""
    run = tables.run(run_id=f"eval-{world.now:%H%M}", model_id=version.logged_model.model_id, at=world.tick())
    if mapping:
        run = run.model_copy(update={"tags": run.tags | {"edgewise.mapping": mapping}})
    specification = SpecificationVersion.objects.latest("pk")
    reading = reading_of(run, io.BytesIO(content), system=world.system, version=version, specification=specification)
    return services.record_evidence(system_key="outreach", reading=reading, by=world.people.engineer, at=world.tick())


@pytest.mark.parametrize("first", [("cases.csv", tables.lines(CASES)), ("cases.parquet", as_parquet(CASES))])
def test_the_same_cases_in_another_format_and_order_are_not_chosen_from_anew(
    world: World, version: ModelVersion, first: tuple[str, bytes]
) -> None:
    name, content = first
    sent(world, version, content, name=name)
    leaves = Leaf.objects.count()
    other = as_lines(random.Random(1).sample(CASES, len(CASES)), kept=is_kept)
    with pytest.raises(Conflict, match="These very cases were read otherwise before") as refusal:
        sent(world, version, other, mapping=CHOSEN)
    assert refusal.value.code == "read-otherwise"
    [problem] = refusal.value.problems
    assert problem.where == "metric recall"
    assert "left 0 values out; this one leaves 60 out" in problem.what
    assert "ratified that says which cases count" in problem.remedy
    assert (EvaluationRun.objects.count(), Leaf.objects.count()) == (1, leaves)


def test_nor_are_those_of_a_run_through_a_file_or_of_a_file_through_a_run(world: World, version: ModelVersion) -> None:
    of_a_run(world, version, tables.table(CASES))
    with pytest.raises(Conflict, match="read otherwise before"):
        sent(world, version, as_lines(CASES, kept=is_kept), mapping=CHOSEN)
    rows = [[*row, is_kept(row)] for row in CASES]
    again = json.dumps({"columns": [*COLUMNS, "kept"], "data": rows}).encode()
    with pytest.raises(Conflict, match="read otherwise before"):
        of_a_run(world, version, again, CHOSEN)


def test_nor_do_cases_change_their_group(world: World, version: ModelVersion) -> None:
    sent(world, version, as_lines(CASES))
    moved = [[*row[:4], "good", row[5]] if row[4] == "poor" and row[2] == 0 else row for row in CASES]
    with pytest.raises(Conflict, match="other contexts or attributes"):
        sent(world, version, as_lines(moved))


def test_the_same_reading_of_the_same_cases_is_another_evaluation_about_which_nothing_is_to_be_said(
    world: World, version: ModelVersion
) -> None:
    first = sent(world, version, as_lines(CASES))
    second = sent(world, version, tables.lines(CASES), name="cases.csv")
    assert first.content == second.content
    assert (second.pk == first.pk, second.remarks) == (False, [])


def test_the_identical_reading_is_recorded_once_whatever_came_between(world: World, version: ModelVersion) -> None:
    at = world.tick()
    first = sent(world, version, as_lines(CASES), evaluated_at=at)
    sent(world, version, as_lines(tables.cases(PASSING, first=1000)))
    assert sent(world, version, as_lines(CASES), evaluated_at=at) == first
    assert EvaluationRun.objects.count() == 2


def test_under_another_specification_they_are_read_anew(world: World, version: ModelVersion) -> None:
    sent(world, version, as_lines(CASES))
    world.ratify(SPECIFICATION.replace("version: 1.0.0", "version: 1.1.0").replace("0.70", "0.72"))
    assert sent(world, version, as_lines(CASES, kept=is_kept), mapping=CHOSEN).remarks == []


def test_of_another_version_they_say_something_else(world: World, version: ModelVersion) -> None:
    sent(world, version, as_lines(CASES))
    other = world.register("2").model_version
    assert sent(world, other, as_lines(CASES, kept=is_kept), mapping=CHOSEN).remarks == []


def test_an_evaluation_that_was_read_before_this_was_asked_is_no_obstacle(world: World, version: ModelVersion) -> None:
    sent(world, version, as_lines(CASES))
    reading = world.read_file(version, content=as_lines(CASES, kept=is_kept), name="other.jsonl", mapping=CHOSEN)
    older = EvaluationRun(content=None, file={"left_out": 0})
    from governance.evidence import policies

    with pytest.raises(Conflict):
        policies.check_chosen_alike(
            content=reading.content, file=reading.origin.file, earlier=EvaluationRun.objects.all()
        )
    policies.check_chosen_alike(content=reading.content, file=reading.origin.file, earlier=[older])


def test_cases_that_failed_and_are_missing_now_are_told(world: World, version: ModelVersion) -> None:
    first = sent(world, version, as_lines(CASES))
    assert first.remarks == []
    second = sent(world, version, as_lines(FEWER))
    told = f"60 of the 500 cases that evaluation {first.run_id} counted for 'recall' in context '*' are missing from"
    assert second.remarks == [f"{told} this newer one."]
    leaf = json.loads(bytes(Leaf.objects.get(pk=second.leaf_id).entry))["data"]
    assert leaf["missing"] == 60


def test_whoever_goes_through_a_third_evaluation_is_told_all_the_same(world: World, version: ModelVersion) -> None:
    first = sent(world, version, as_lines(CASES))
    few = sent(world, version, as_lines(FEWER[:40]))
    assert few.missing[0]["missing"] == 460
    third = sent(world, version, as_lines(FEWER))
    assert [(lack["run"], lack["missing"]) for lack in third.missing] == [(first.run_id, 60)]


def test_a_case_that_counts_in_another_context_now_is_missing(world: World, version: ModelVersion) -> None:
    def placed(rows: Sequence[Sequence[Any]], context: str) -> list[list[Any]]:
        return [[*row[:3], context, *row[4:]] for row in rows]

    rest = [row for row in CASES if row not in FEWER]
    sent(world, version, as_lines(placed(CASES, PHONE)))
    moved = placed([[f"x{row[0]}", *row[1:]] for row in FEWER], PHONE) + placed(rest, "us/outreach/letter")
    [lack] = sent(world, version, as_lines(moved)).missing
    assert (lack["context"], lack["missing"]) == (PHONE, 500)
    everywhere = sent(world, version, as_lines(CASES[1:]))
    assert [(found["context"], found["missing"]) for found in everywhere.missing] == [(PHONE, 440)]


def test_where_the_list_of_cases_is_gone_nobody_says_that_none_is_missing(
    world: World, version: ModelVersion, kept: Path
) -> None:
    first = sent(world, version, as_lines(CASES))
    (kept / first.content["ids"][:2] / first.content["ids"]).unlink()
    [remark] = sent(world, version, as_lines(FEWER)).remarks
    assert remark.startswith("Nobody can tell whether the 500 cases that evaluation")


def test_signers_are_shown_what_is_missing(world: World, version: ModelVersion, as_person: SignedIn) -> None:  # noqa: F811
    passing = tables.cases(PASSING)
    sent(world, version, as_lines(passing))
    sent(world, version, as_lines(passing[1:]))
    candidate = approvals.open_candidate(
        system_key="outreach",
        version=world.judge(version).model_version,
        context_key=PHONE,
        by=world.people.engineer,
        at=world.tick(),
    )
    [shown] = newest_revision(candidate).content()["evidence"]
    assert shown["missing"][0].startswith("1 of the 500 cases")
    for page in (f"/candidates/{candidate.pk}/", "/systems/outreach/evidence/"):
        assert "1 of the 500 cases that evaluation" in as_person(world.people.board).get(page).text
