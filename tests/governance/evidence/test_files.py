"""Evidence from an uploaded file counts like a run's: recomputed from its cases, bound to bytes, recorded once."""

from __future__ import annotations

import io
import json
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from governance import canonical
from governance.approvals import services as approvals
from governance.approvals.selectors import newest_revision
from governance.audit.models import Leaf
from governance.errors import Conflict, DomainError, Invalid, NotFound
from governance.evidence import registration, services, store
from governance.evidence.files import Upload
from governance.evidence.models import EvaluationRun, Observation
from governance.exports.verify import verify
from governance.specs.models import SpecificationVersion
from lineage.models import ModelVersion
from tests.database import TestDatabase
from tests.factories import evidence as tables
from tests.factories.world import PASSING, PHONE, SPECIFICATION, World
from tests.frontend.conftest import SignedIn, as_person  # noqa: F401
from tests.governance.evidence.formats.test_inspect_log import ONCE, as_document
from tests.governance.exports.conftest import export

INSPECT = "{case_id: id, values: {recall: scores.includes}, context_is: '*', "
INSPECT += "attributes: {health: metadata.health, limited: metadata.health}}"
HARNESS = """
case_id: doc_id
values: {recall: acc}
context_is: "*"
attributes: {health: doc.health, limited: doc.limited}
where: {filter: none}
"""


@pytest.fixture
def version(world: World, specification: SpecificationVersion) -> ModelVersion:
    """A registered version of a system with a specification."""
    return world.register().model_version


def sent(world: World, version: ModelVersion, **changed: Any) -> EvaluationRun:
    """Let the engineer upload the file that anybody could upload, or another."""
    told: dict[str, Any] = {
        "name": "cases.csv",
        "content": tables.lines(tables.cases(PASSING)),
        "level": "response",
        "evaluator": "",
        "evaluated_at": world.tick(),
    }
    told |= changed
    return registration.bring_in_file(
        system_key="outreach",
        uri=version.uri,
        upload=Upload(file=io.BytesIO(told.pop("content")), **told),
        by=world.people.engineer,
        at=world.tick(),
    )


def test_a_file_gives_the_very_observations_that_a_run_with_the_same_cases_gives(
    world: World, version: ModelVersion
) -> None:
    of_run = world.give_evidence(version)
    of_file = sent(world, version)
    columns = ("dimension", "metric", "group_key", "context_key", "estimate", "n")
    found = [list(o.observations.order_by("pk").values_list(*columns)) for o in (of_run, of_file)]
    assert found[0] == found[1] != []
    assert of_file.cases == of_run.cases


def test_a_version_passes_on_evidence_from_a_file(world: World, version: ModelVersion) -> None:
    sent(world, version)
    assert world.judge(version).verdict == "PASS"


def test_the_record_says_how_the_file_was_read_and_the_log_names_its_bytes(world: World, version: ModelVersion) -> None:
    content = tables.lines(tables.cases(PASSING))
    found = sent(world, version, evaluator="somebody@example.org")
    assert found.table_digest == canonical.digest_bytes(content)
    assert found.run_id == f"file:{found.table_digest[:32]}"
    assert found.file["name"] == "cases.csv"
    assert (found.file["format"], found.file["left_out"]) == ("csv", 0)
    assert found.file["mapping"]["attributes"] == {"health": "health", "limited": "limited"}
    leaf = Leaf.objects.get(pk=found.leaf_id)
    assert leaf.type == "evidence.evaluation.read"
    assert json.loads(bytes(leaf.entry))["data"]["table"] == found.table_digest


def test_the_same_file_is_recorded_once(world: World, version: ModelVersion) -> None:
    at = world.tick()
    first = sent(world, version, evaluated_at=at)
    leaves = Leaf.objects.count()
    assert sent(world, version, evaluated_at=at) == first
    assert Leaf.objects.count() == leaves


def test_who_uploads_evidence_does_not_sign_what_it_speaks_for(world: World, version: ModelVersion) -> None:
    from governance.evidence import selectors

    sent(world, version, evaluator="board@example.org")
    assert EvaluationRun.objects.get().evaluator == world.people.board.actor
    makers = selectors.makers(version)
    assert makers[world.people.engineer.actor] == "You brought in its evidence."
    assert makers[world.people.board.actor] == "You evaluated this model version."


def test_a_log_of_inspect_is_evidence_and_its_own_time_goes_before_the_senders(
    world: World, version: ModelVersion
) -> None:
    began = world.tick()
    log = as_document(ONCE, eval={"created": began.isoformat()})
    found = sent(world, version, name="recall.json", content=log, mapping=INSPECT, evaluated_at=world.tick())
    assert (found.evaluated_at, found.file["format"]) == (began, "inspect")
    assert Observation.objects.get(evaluation=found, group_key="poor-health", context_key__endswith="phone").n == 5


def harness_samples() -> bytes:
    rows = tables.cases(PASSING)
    samples = [
        {"doc_id": i, "doc": {"health": health, "limited": limited}, "filter": name, "metrics": ["acc"], "acc": value}
        for i, (_, _, value, _, health, limited) in enumerate(rows)
        for name in ("none", "strict")
    ]
    return "\n".join(map(json.dumps, samples)).encode()


def test_samples_of_the_harness_are_held_to_the_figures_of_its_results(world: World, version: ModelVersion) -> None:
    told = {"name": "samples_outreach_2026.jsonl", "content": harness_samples(), "mapping": HARNESS}
    told["evaluated_at"] = None
    right = sum(successes for successes, _ in PASSING.values()) / sum(n for _, n in PASSING.values())
    began = (world.now + timedelta(minutes=1)).timestamp()

    def results(figure: float) -> bytes:
        return f'{{"results": {{"outreach": {{"acc,none": {figure}}}}}, "date": {began}}}'.encode()

    world.now += timedelta(minutes=2)
    with pytest.raises(Invalid, match=r"claims 0\.1, and its cases give") as refusal:
        sent(world, version, results=results(0.1), **told)
    assert refusal.value.code == "claim-mismatch"
    found = sent(world, version, results=results(right), **told)
    assert found.cases == sum(n for _, n in PASSING.values())
    assert found.file["left_out"] == found.cases


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"name": "cases.xlsx"}, "unknown-format"),
        ({"content": b"case_id,metric,value,context\na,recall,1,*\n"}, "pooled-evidence"),
        ({"content": b"case_id,metric,value,context,health,limited\na,recal,1,*,poor,no\n"}, "cases-unusable"),
        ({"content": b"case_id,metric,value,context,health,limited,unit\na,recall,1,*,poor,no,ms\n"}, "mixed-units"),
        ({"mapping": "case_id: id"}, "mapping-unusable"),
        ({"evaluated_at": None}, "no-time"),
        ({"model_digest": "0" * 64}, "other-model"),
        ({"content": b""}, "cases-unusable"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name_and_nothing_is_kept(
    world: World, version: ModelVersion, changed: dict[str, Any], code: str
) -> None:
    leaves = Leaf.objects.count()
    with pytest.raises(DomainError) as refusal:
        sent(world, version, **changed)
    assert refusal.value.code == code
    assert (EvaluationRun.objects.count(), Leaf.objects.count()) == (0, leaves)
    with pytest.raises(NotFound):
        store.content(canonical.digest_bytes(changed.get("content", tables.lines(tables.cases(PASSING)))))


def test_mixed_units_name_a_case_of_each(world: World, version: ModelVersion) -> None:
    header = b"case_id,metric,value,context,health,limited,unit\n"
    rows = header + b"a,recall,1,*,poor,no,proportion\nb,recall,1,*,poor,no,percent\n"
    with pytest.raises(Invalid, match=r"'recall' is in proportion \(case a, line 2\), percent \(case b, line 3\)"):
        sent(world, version, content=rows)


def test_one_file_speaks_for_one_model(world: World, version: ModelVersion) -> None:
    sent(world, version)
    other = world.register("2").model_version
    with pytest.raises(Conflict, match="is evidence about other bytes already") as refusal:
        sent(world, other)
    assert refusal.value.code == "other-model"
    assert "outreach-model/1" not in refusal.value.message


CHOSEN = "{case_id: case_id, values: {recall: value}, context: context, where: {limited: 'no'}, attributes: {"
CHOSEN += "health: health, limited: limited}}"


def test_who_saw_the_verdict_does_not_choose_the_rows_anew(world: World, version: ModelVersion) -> None:
    sent(world, version)
    with pytest.raises(Conflict, match="was read with another mapping, which left 0 values out") as refusal:
        sent(world, version, mapping=CHOSEN)
    assert refusal.value.code == "read-otherwise"


def test_signers_are_shown_how_much_was_left_out(world: World, version: ModelVersion, as_person: SignedIn) -> None:  # noqa: F811
    sent(world, version, mapping=CHOSEN)
    candidate = approvals.open_candidate(
        system_key="outreach",
        version=world.judge(version).model_version,
        context_key=PHONE,
        by=world.people.engineer,
        at=world.tick(),
    )
    [shown] = newest_revision(candidate).content()["evidence"]
    assert shown["left_out"] == 100
    assert "100 values were left out" in as_person(world.people.board).get(f"/candidates/{candidate.pk}/").text


def test_a_time_with_another_offset_leaves_the_approval_provable(
    committed_db: TestDatabase, world: World, version: ModelVersion
) -> None:
    elsewhere = timezone(timedelta(hours=-4))
    found = sent(world, version, evaluated_at=world.tick().astimezone(elsewhere))
    assert found.observations.first().document["source"]["measured_at"].endswith("+00:00")
    world.judge(version)
    candidate = approvals.open_candidate(
        system_key="outreach", version=version, context_key=PHONE, by=world.people.engineer, at=world.tick()
    )
    world.sign_all(candidate)
    exported = export(world, world.decide(candidate).approval)
    assert verify(exported.data, keys=exported.keys).ok


def test_evidence_from_the_future_is_refused(world: World, version: ModelVersion) -> None:
    with pytest.raises(Invalid, match="future"):
        sent(world, version, evaluated_at=world.now + timedelta(days=1))


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the uploaded files, the test's own."""
    place = settings.STORAGES["evidence"] | {"OPTIONS": {"location": tmp_path}}
    with pytest.MonkeyPatch.context() as patch:
        from django.core.files.storage import storages

        patch.setitem(storages.backends, "evidence", place)
        patch.setattr(storages, "_storages", {})
        yield tmp_path


def test_a_file_is_kept_under_its_digest_and_an_altered_one_is_no_evidence(
    world: World, version: ModelVersion, kept: Path
) -> None:
    found = sent(world, version)
    place = kept / found.table_digest[:2] / found.table_digest
    with store.content(found.table_digest) as content:
        assert place.read_bytes() == content.read() == tables.lines(tables.cases(PASSING))
    place.write_bytes(b"other")
    with pytest.raises(Conflict, match="other bytes"):
        store.content(found.table_digest)


def test_what_the_service_refuses_is_not_kept(world: World, version: ModelVersion, kept: Path) -> None:
    with pytest.raises(Invalid, match="from the future"):
        sent(world, version, evaluated_at=world.tick() + timedelta(days=400))
    assert list(kept.rglob("*")) == []


def test_half_a_file_of_a_writer_that_was_killed_is_written_anew(kept: Path) -> None:
    digest = canonical.digest_bytes(b"whole")
    (kept / digest[:2]).mkdir()
    (kept / digest[:2] / digest).write_bytes(b"wh")
    assert [store.keep(io.BytesIO(b"whole")) for _ in range(2)] == [digest, digest]
    assert (kept / digest[:2] / digest).read_bytes() == b"whole"
    assert len(list(kept.rglob("*.*"))) == 0


def test_the_service_refuses_another_specification_than_the_file_was_read_under(
    world: World, version: ModelVersion
) -> None:
    reading = world.read_file(version)
    world.ratify(SPECIFICATION.replace("version: 1.0.0", "version: 1.1.0").replace("0.70", "0.72"))
    with pytest.raises(Conflict, match="Another specification"):
        services.record_file(system_key="outreach", reading=reading, by=world.people.engineer, at=world.tick())
