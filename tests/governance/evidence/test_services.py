"""Registering versions and bringing in evidence: once, by the right bytes, under the specification in force."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from governance.approvals.models import ReleaseCandidate
from governance.audit.models import Leaf
from governance.errors import Conflict, Invalid, NotAllowedNow, NotFound
from governance.evidence import selectors, services
from governance.evidence.intake import Reading
from governance.evidence.models import Checkpoint, EvaluationRun, Observation
from governance.evidence.runs import reading_of
from governance.gates import selectors as gates_selectors
from governance.gates import services as gates
from governance.specs import selectors as specs
from governance.specs.models import SpecificationVersion
from governance.systems import services as systems
from lineage.models import ModelDigest, ModelVersion
from tests.factories import evidence as tables
from tests.factories import mirror
from tests.factories.world import FAILING, LETTER, PASSING, PHONE, SPECIFICATION, World
from tests.governance.refused import refused


def _register(world: World, version: ModelVersion) -> Checkpoint:
    return services.register_checkpoint(
        system_key="outreach", version=version, by=world.people.engineer, at=world.tick()
    )


def _record(world: World, reading: Reading) -> EvaluationRun:
    return services.record_evidence(system_key="outreach", reading=reading, by=world.people.engineer, at=world.tick())


def _read(world: World, version: ModelVersion, data: bytes, metrics: dict[str, str] | None = None) -> Reading:
    return reading_of(
        tables.run(run_id="eval", model_id=version.logged_model.model_id, at=world.tick(), metrics=metrics),
        io.BytesIO(data),
        system=world.system,
        version=version,
        specification=specs.require_in_force(system=world.system),
    )


@pytest.mark.expectation(22)
def test_registering_again_changes_nothing(world: World) -> None:
    version = world.mirror()
    first, leaves = _register(world, version), Leaf.objects.count()
    assert _register(world, version) == first
    assert Checkpoint.objects.count() == 1
    assert Leaf.objects.count() == leaves


@pytest.mark.expectation(23)
def test_the_same_version_with_other_bytes_is_an_integrity_conflict(world: World) -> None:
    version = world.mirror()
    first = _register(world, version)
    mirror.rehashed(version, content=b"other", at=world.tick())
    with pytest.raises(Conflict) as refusal:
        _register(world, version)
    assert refusal.value.code == "integrity-conflict"
    assert Checkpoint.objects.get().digest == first.digest


@pytest.mark.expectation(22)
def test_what_edgewise_has_not_hashed_is_not_registered(world: World) -> None:
    version = world.mirror()
    bare = ModelVersion.objects.create(
        registered_model=version.registered_model, version="77", created_ms=1, first_seen_at=world.now
    )
    with pytest.raises(NotAllowedNow) as refusal:
        _register(world, bare)
    assert refusal.value.code == "digest-missing"


def test_a_version_of_another_systems_model_is_not_ours_to_register_or_judge(
    world: World, specification: SpecificationVersion
) -> None:
    version = world.mirror()
    reading = world.read(version)
    systems.create_system(
        key="triage",
        name="Triage",
        purpose="Says who comes first.",
        owner=world.people.steward,
        by=world.people.administrator,
        at=world.tick(),
    )
    systems.grant_role(
        system_key="triage",
        user=world.people.engineer,
        role="engineer",
        starts_at=world.now,
        ends_at=world.now.replace(year=world.now.year + 1),
        by=world.people.administrator,
        at=world.now,
    )
    given = {"system_key": "triage", "by": world.people.engineer, "at": world.tick()}
    with pytest.raises(NotFound, match="does not serve"):
        services.register_checkpoint(version=version, **given)
    with pytest.raises(NotFound, match="does not serve"):
        services.record_evidence(reading=reading, **given)
    with pytest.raises(NotFound, match="does not serve"):
        gates.judge(version=version, context_key=PHONE, **given)


def test_the_same_evidence_is_recorded_once(world: World, specification: SpecificationVersion) -> None:
    reading = world.read(world.register().model_version)
    first, leaves = _record(world, reading), Leaf.objects.count()
    assert _record(world, reading) == first
    assert Leaf.objects.count() == leaves
    assert EvaluationRun.objects.count() == 1


def test_evidence_read_under_an_earlier_specification_is_read_again(
    world: World, specification: SpecificationVersion
) -> None:
    reading = world.read(world.register().model_version)
    world.ratify(SPECIFICATION.replace("version: 1.0.0", "version: 1.1.0").replace("0.70", "0.72"))
    with pytest.raises(Conflict, match="Read it again"):
        _record(world, reading)


def test_a_claim_that_the_cases_do_not_bear_out_is_refused_by_name(
    world: World, specification: SpecificationVersion
) -> None:
    version = world.register().model_version
    data = tables.table(tables.cases(PASSING))
    with pytest.raises(Invalid) as refusal:
        _read(world, version, data, {"recall/poor-health": "0.99"})
    assert refusal.value.code == "claim-mismatch"
    assert "recall/poor-health" in refusal.value.problems[0].where
    assert "0.92" in refusal.value.problems[0].what
    assert _read(world, version, data, {"recall/poor-health": "0.92", "loss": "0.4"}).cases == 500


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"columns": ["case_id"], "data": []}', b"\xff\xfe"])
def test_a_table_that_is_none_is_refused(world: World, data: bytes, specification: SpecificationVersion) -> None:
    with pytest.raises(Invalid):
        _read(world, world.register().model_version, data)


@pytest.mark.parametrize("value", ["nan", "inf", -1, 2, "yes", None])
def test_a_value_that_is_no_case_is_refused(world: World, value: object, specification: SpecificationVersion) -> None:
    rows = tables.cases(PASSING)
    rows[7][2] = value
    with pytest.raises(Invalid):
        _read(world, world.register().model_version, tables.table(rows))


@pytest.mark.expectation(3)
def test_a_missing_group_is_never_a_pass(world: World, specification: SpecificationVersion) -> None:
    counts = {group: found for group, found in PASSING.items() if group != "limited"}
    report = world.judged(counts)
    assert report.verdict == "INSUFFICIENT"
    assert any("limited" in reason for reason in report.content()["reasons"])


@pytest.mark.expectation(3)
def test_evidence_from_before_the_ratification_is_stale(world: World) -> None:
    version = world.register().model_version
    snapshot = tables.run(run_id="early", model_id=version.logged_model.model_id, at=world.tick())
    world.ratify()
    reading = reading_of(
        snapshot,
        io.BytesIO(tables.table(tables.cases(PASSING))),
        system=world.system,
        version=version,
        specification=specs.require_in_force(system=world.system),
    )
    assert not _record(world, reading).after_ratification
    report = world.judge(version)
    assert report.verdict == "INSUFFICIENT"
    assert "Stale: the evidence early was not measured after" in report.content()["reasons"][0]


@pytest.mark.expectation(3)
def test_evidence_for_another_digest_is_never_a_pass(world: World, specification: SpecificationVersion) -> None:
    version = world.register().model_version
    world.give_evidence(version)
    assert world.judge(version).verdict == "PASS"
    mirror.rehashed(version, content=b"other", at=world.tick())
    assert world.judge(version).verdict == "INSUFFICIENT"


def test_when_the_bytes_come_back_so_does_their_report(world: World, specification: SpecificationVersion) -> None:
    version = world.register().model_version
    first = version.digests.get()
    world.give_evidence(version)
    passed = world.judge(version)
    mirror.rehashed(version, content=b"other", at=world.tick())
    world.judge(version)
    ModelDigest.objects.create(
        version=version,
        digest=first.digest,
        manifest=first.manifest,
        total_bytes=first.total_bytes,
        artifact_uri=first.artifact_uri,
        computed_at=world.tick(),
    )
    again = world.judge(version)
    assert (again.verdict, again.digest) == ("PASS", passed.digest)
    assert world.open_again(version).revisions.get().report.digest == passed.digest


@pytest.mark.expectation(3)
def test_a_dimension_that_fails_is_not_bought_back_by_a_perfect_one(world: World) -> None:
    kindness = SPECIFICATION[SPECIFICATION.index("  - key: need-is-seen") : SPECIFICATION.index("tensions:")]
    for old, new in (("need-is-seen", "calls-are-kind"), ("recall", "kindness"), ("tier: 0", "tier: 1")):
        kindness = kindness.replace(old, new)
    world.ratify(SPECIFICATION.replace("tensions:", f"{kindness}tensions:"))
    version = world.register().model_version
    perfect = dict.fromkeys(PASSING, (1000, 1000))
    rows = tables.cases(FAILING) + tables.cases(perfect, metric="kindness", first=10_000)
    _record(world, _read(world, version, tables.table(rows)))
    report = world.judge(version)
    assert report.verdict == "FAIL"
    content = report.content()
    assert not any("score" in key or "total" in key or "average" in key for key in _keys(content))


def test_every_evaluation_is_counted_though_the_newest_is_used(
    world: World, specification: SpecificationVersion
) -> None:
    version = world.register().model_version
    for counts in (FAILING, FAILING, PASSING):
        newest = world.give_evidence(version, counts)
    specification = specs.require_in_force(system=world.system)
    assert selectors.seen(version=version, specification=specification) == 3
    used = selectors.in_use(version=version, specification=specification, context_key=PHONE)
    assert used == [[newest.run_id, newest.digest]]


@pytest.mark.parametrize("table", ["evidence_checkpoint", "evidence_evaluationrun", "evidence_observation"])
def test_the_database_changes_no_evidence(world: World, table: str, specification: SpecificationVersion) -> None:
    world.judged()
    assert Observation.objects.exists()
    for statement in (f"UPDATE {table} SET id = id + 1000", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        assert refused(statement)


def _keys(content: object) -> set[str]:
    if isinstance(content, dict):
        return set(content) | {key for value in content.values() for key in _keys(value)}
    if isinstance(content, list):
        return {key for value in content for key in _keys(value)}
    return set()


def test_swapped_bytes_take_no_evidence_and_no_candidate(world: World, specification: SpecificationVersion) -> None:
    version = world.register().model_version
    world.give_evidence(version)
    mirror.rehashed(version, content=b"swapped", at=world.tick())
    with pytest.raises(Conflict, match="changed after"):
        world.give_evidence(version)
    with pytest.raises(Conflict, match="changed after"):
        world.open_again(version)


def test_evidence_is_read_for_the_populations_that_were_ratified(
    world: World, specification: SpecificationVersion
) -> None:
    version = world.register().model_version
    before = {o.group: o.n for o in world.read(version).observations}
    world.declare("poor-health", {"column": "health", "in": ["poor", "fair", "good"]})
    assert {o.group: o.n for o in world.read(version).observations} == before


def test_the_evaluation_that_ran_last_counts_whenever_it_was_read(
    world: World, specification: SpecificationVersion
) -> None:
    version = world.register().model_version
    lucky = world.read(version)
    failing = world.read(version, FAILING)
    for reading in (failing, lucky):
        _record(world, reading)
    assert world.judge(version).verdict == "FAIL"


def test_a_run_whose_case_table_was_replaced_is_an_integrity_conflict(
    world: World, specification: SpecificationVersion
) -> None:
    version = world.register().model_version
    _record(world, _read(world, version, tables.table(tables.cases(FAILING))))
    with pytest.raises(Conflict) as refusal:
        _record(world, _read(world, version, tables.table(tables.cases(PASSING))))
    assert refusal.value.code == "integrity-conflict"
    assert EvaluationRun.objects.count() == 1


def test_reading_a_run_again_for_another_context_leaves_the_judgement_as_it_is(
    world: World, candidate: ReleaseCandidate
) -> None:
    version = candidate.model_version
    row = EvaluationRun.objects.get(model_version=version)
    systems.add_context(
        system_key="outreach",
        key="us/outreach/visit",
        name="Visits",
        stakes="Whoever is missed waits longer.",
        live_alias="live-visit",
        by=world.people.administrator,
        at=world.tick(),
    )
    snapshot = tables.run(run_id=row.run_id, model_id=version.logged_model.model_id, at=row.evaluated_at)
    again = reading_of(
        snapshot,
        io.BytesIO(tables.table(tables.cases(PASSING))),
        system=world.system,
        version=version,
        specification=row.specification,
    )
    assert _record(world, again).digest != row.digest
    assert gates_selectors.unjudged(world.judge(version)) is False


def test_a_claim_about_all_contexts_is_held_to_all_of_their_cases(
    world: World, specification: SpecificationVersion
) -> None:
    version = world.register().model_version
    phone, letter = (tables.cases(dict.fromkeys(PASSING, (n, 100)), first=n * 1000) for n in (90, 80))
    for rows, context in ((phone, PHONE), (letter, LETTER)):
        for row in rows:
            row[3] = context
    data = tables.table([*phone, *letter])
    assert _read(world, version, data, metrics={"recall/poor-health": "0.85"}).observations
    with pytest.raises(Invalid) as refusal:
        _read(world, version, data, metrics={"recall/poor-health": "0.9"})
    assert refusal.value.code == "claim-mismatch"


def test_rows_that_count_for_nothing_and_groups_without_a_case_are_told(
    world: World, specification: SpecificationVersion
) -> None:
    rows = tables.cases({"poor-health": (9, 10)})
    rows += [[f"x{row[0]}", "recal", *row[2:]] for row in rows[:3]]
    rows = [
        [*row[:4], "Poor" if row[4] == "poor" and index % 2 else row[4], *row[5:]] for index, row in enumerate(rows)
    ]
    remarks = _read(world, world.mirror(), tables.table(rows)).origin.file["remarks"]
    assert remarks[0] == "3 rows record 'recal', about which no criterion asks. Did you mean 'recall'?"
    assert any(one.startswith("No case belongs to excellent-health: column health holds Poor, poor") for one in remarks)


@pytest.mark.parametrize(
    ("change", "where", "what", "remedy"),
    [
        (
            {1: "recal"},
            "column metric",
            "records recal, and the specification asks for recall",
            "Did you mean 'recall'?",
        ),
        ({1: "regall-rate"}, "column metric", "records regall-rate", "Log a metric by the name"),
        ({3: "us/outreach/fone"}, "column context", "contexts are us/outreach/fone", "Name one of them, or * for all."),
        ({4: "splendid"}, "attributes", "belongs to any group that is asked for", "Log the columns"),
    ],
)
def test_cases_that_say_nothing_of_what_is_asked_are_no_evidence_and_not_silently_none(
    world: World, specification: SpecificationVersion, change: dict[int, str], where: str, what: str, remedy: str
) -> None:
    rows = [
        [change.get(index, cell) for index, cell in enumerate(row)] for row in tables.cases({"poor-health": (9, 10)})
    ]
    with pytest.raises(Invalid) as refused:
        _read(world, world.mirror(), tables.table(rows))
    (problem,) = refused.value.problems
    assert problem.where == where
    assert what in problem.what
    assert remedy in problem.remedy
    assert not EvaluationRun.objects.exists()


@pytest.mark.parametrize(("context", "is_refused"), [("eval", True), ("", True), ("Training", False)])
def test_an_evaluation_on_what_the_model_was_trained_on_is_no_evidence(
    world: World, specification: SpecificationVersion, context: str, is_refused: bool
) -> None:
    version = world.register().model_version
    mirror.trained_on(version, name="outreach-train", digest="aaaa")
    for digest, refused_here in (("bbbb", False), ("aaaa", is_refused)):
        reading = world.read(version)
        used = {"name": "outreach-train", "digest": digest, "context": context}
        given = replace(reading, origin=replace(reading.origin, datasets=[used]))
        if not refused_here:
            assert _record(world, given)
            continue
        with pytest.raises(Invalid, match="was trained on it") as refusal:
            _record(world, given)
        assert (refusal.value.code, refusal.value.problems[0].where[:4]) == ("trained-on", "run ")
