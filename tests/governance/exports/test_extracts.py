"""What an export of the main job says: everything it rests on, no person's name, and only what its reader may see."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from prov.model import ProvDocument

from governance.approvals import issuing
from governance.approvals.models import Approval
from governance.errors import NotFound
from governance.exports import selectors
from governance.exports.extract import Extract
from governance.exports.formats import FORMATS
from governance.exports.things import ASSERTED, OBSERVED
from lineage.models import Dataset, LoggedModel, Run, RunInput
from tests.architecture.test_scores import members, smells
from tests.factories import mirror
from tests.factories.world import FEW, World
from tests.governance.exports import reading

MODEL = "models:/outreach-model/1"
KINDS = ("version", "candidate", "system")


def extract(world: World, kind: str, *, who: str = "auditor") -> Extract:
    """Return the extract of the approved version, of its candidate, or of the whole system, as somebody reads it."""
    by = world.people.by_name[who]
    if kind == "version":
        return selectors.of_version(system_key="outreach", uri=MODEL, by=by)
    if kind == "candidate":
        return selectors.of_candidate(candidate_id=Approval.objects.get().decision.revision.candidate_id, by=by)
    return selectors.of_system(system_key="outreach", by=by)


def written(world: World, kind: str, form: str) -> Any:
    return json.loads(FORMATS[form].write(extract(world, kind)))


@pytest.mark.parametrize("kind", KINDS)
def test_the_readers_of_each_format_accept_it(world: World, approval: Approval, kind: str) -> None:
    told = extract(world, kind)
    ProvDocument.deserialize(content=FORMATS["prov"].write(told).decode(), format="json")
    assert JsonStrictValidator(SchemaVersion.V1_7).validate_str(FORMATS["cyclonedx"].write(told).decode()) is None
    jobs = [reading.read(event) for event in json.loads(FORMATS["openlineage"].write(told))]
    assert len(jobs) == 6


@pytest.mark.parametrize("kind", KINDS)
def test_a_figure_stands_for_each_group_with_the_interval_of_its_verdict(
    world: World, approval: Approval, kind: str
) -> None:
    bom = written(world, kind, "cyclonedx")
    [model] = [one for one in [bom["metadata"]["component"], *bom["components"]] if "modelCard" in one]
    assert model["hashes"] == [{"alg": "SHA-256", "content": approval.artifact_digest}]
    metrics = model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    report = approval.decision.revision.report.content()
    cells = {cell["group"]: cell for row in report["criteria"] for cell in row["cells"]}
    here = [metric for metric in metrics if "context us/outreach/phone" in metric["slice"]]
    assert len(here) == len(cells) == 5
    for metric in here:
        [cell] = [cell for group, cell in cells.items() if f"group {group};" in metric["slice"]]
        assert metric["value"] == cell["estimate"]
        assert metric["confidenceInterval"]["lowerBound"] == cell["interval"]["low"]


def test_a_system_tells_of_every_registered_version_and_once_of_what_they_share(
    world: World, approval: Approval
) -> None:
    second = world.register("2").model_version
    mirror.version("3", at=world.tick())
    mirror.trained_on(approval.model_version, name="visits", digest="abcd1234")
    RunInput.objects.create(run=second.run, dataset=Dataset.objects.get(), context="training")
    bom = written(world, "system", "cyclonedx")
    models = [one for one in bom["components"] if "modelCard" in one]
    assert [one["name"] for one in models] == ["models:/outreach-model/1", "models:/outreach-model/2"]
    assert len([one for one in bom["components"] if one["name"] == "visits"]) == 1
    shared = [one["modelCard"]["modelParameters"]["datasets"] for one in models]
    assert shared[0] == shared[1] != []
    [whole] = [row for row in bom["dependencies"] if row["ref"] == bom["metadata"]["component"]["bom-ref"]]
    assert whole["dependsOn"] == [one["bom-ref"] for one in models]


@pytest.mark.parametrize("kind", KINDS)
def test_decision_and_approval_stand_with_their_validity(world: World, approval: Approval, kind: str) -> None:
    issuing.revoke(approval_id=approval.pk, reason="It drifted.", by=world.people.board, at=world.tick())
    declared = written(world, kind, "cyclonedx")["declarations"]["evidence"]
    [granted] = [row for row in declared if row["propertyName"] == "edgewise:approval"]
    assert granted["expires"] == approval.valid_until.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    entity = written(world, kind, "prov")["entity"][f"here:approval/{approval.pk}"]
    assert (entity["edgewise:ended"], entity["edgewise:statementSha256"]) == ("revoked", approval.statement_digest)
    decided = [e["run"]["facets"] for e in written(world, kind, "openlineage") if "run" in e][-1]["edgewise_decision"]
    assert decided["approval"]["ended"] == "revoked"
    assert [s["capacity"] for s in decided["signOffs"]] == ["board_member", "board_member", "representative"]


def test_whatever_is_no_pass_is_a_failed_test_and_a_counter_claim(world: World, approval: Approval) -> None:
    world.judged(FEW, number="2")
    told = selectors.of_version(system_key="outreach", uri="models:/outreach-model/2", by=world.people.auditor)
    gate = next(e for e in json.loads(FORMATS["openlineage"].write(told)) if e["job"]["name"] == "gate")
    tests = {t["params"]["group"]: t for t in gate["run"]["facets"]["test"]["tests"]}
    assert (tests["poor-health"]["status"], tests["poor-health"]["params"]["verdict"]) == ("fail", "INSUFFICIENT")
    assert tests["good-health"]["status"] == "pass"
    bom = json.loads(FORMATS["cyclonedx"].write(told))
    [mapped] = [row for row in bom["declarations"]["attestations"][0]["map"] if "counterClaims" in row]
    assert mapped["conformance"]["rationale"].startswith("INSUFFICIENT: ")
    [risk] = bom["metadata"]["component"]["modelCard"]["considerations"]["fairnessAssessments"]
    assert risk["groupAtRisk"] == "poor-health"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", FORMATS)
def test_the_same_record_gives_the_same_bytes_whenever_it_is_asked(
    world: World, approval: Approval, kind: str, form: str
) -> None:
    first = FORMATS[form].write(extract(world, kind))
    world.tick(minutes=600)
    assert FORMATS[form].write(extract(world, kind, who="engineer")) == first


@pytest.mark.expectation(2)
@pytest.mark.parametrize("kind", KINDS)
def test_no_number_over_all_dimensions_and_nobody_by_name(world: World, approval: Approval, kind: str) -> None:
    Run.objects.update(user="trainer@example.org", source_name="/home/jo/train.py", git_repository="https://jo.example")
    names = [user.name for user in world.people.by_name.values() if user.kind == "person"]
    for form in FORMATS:
        document = written(world, kind, form)
        assert smells(iter(set(members(document)))) == []
        text = json.dumps(document)
        assert [name for name in (*names, "@example.org", "/home/jo", "jo.example") if name in text] == []
        assert world.people.board.actor in text


def test_a_candidate_is_told_as_it_was_put_forward_and_a_version_as_it_is(world: World, approval: Approval) -> None:
    before = FORMATS["cyclonedx"].write(extract(world, "candidate"))
    version = approval.model_version
    mirror.rehashed(version, content=b"others", at=world.tick())
    mirror.trained_on(version, name="late", digest="12345678")
    assert FORMATS["cyclonedx"].write(extract(world, "candidate")) == before
    component = written(world, "version", "cyclonedx")["metadata"]["component"]
    assert component["hashes"][0]["content"] == version.digest != approval.artifact_digest
    [data] = component["modelCard"]["modelParameters"]["datasets"]
    assert data["ref"].startswith("dataset/main/")


def test_runs_carry_their_parents_their_code_and_their_end(world: World, approval: Approval) -> None:
    [run] = Run.objects.all()
    started = world.now
    parent = Run.objects.create(
        server=run.server, run_id="sweep", started_at=started, first_seen_at=started, status="RUNNING"
    )
    Run.objects.filter(pk=run.pk).update(
        parent_run_id="sweep", git_commit="c0ffee", status="FAILED", ended_at=started + timedelta(minutes=1)
    )
    events = [
        e for e in written(world, "version", "openlineage") if e.get("job", {}).get("name") == f"run/{run.run_id}"
    ]
    assert [e["eventType"] for e in events] == ["START", "FAIL"]
    assert events[0]["run"]["facets"]["parent"]["job"]["name"] == f"run/{parent.run_id}"
    told = written(world, "version", "prov")
    [informed] = [r for r in told["wasInformedBy"].values() if r["prov:informant"].endswith("/sweep")]
    assert informed["edgewise:basis"] == ASSERTED
    assert told["activity"][f"here:run/main/{run.run_id}"]["prov:endTime"]
    model = written(world, "version", "cyclonedx")["metadata"]["component"]
    assert model["pedigree"]["commits"] == [{"uid": "c0ffee"}]


def test_what_training_aimed_at_is_told_as_its_client_s_word(world: World, approval: Approval) -> None:
    Run.objects.update(tags={"edgewise.objective": "{kind: scalarised, terms: {need: 0.7, peace: 0.3}}"})
    [aim] = [e for e in written(world, "version", "prov")["entity"].values() if "Objective" in e["prov:type"]["$"]]
    assert aim["edgewise:basis"] == ASSERTED
    assert json.loads(aim["edgewise:document"])["terms"] == {"need": "0.7", "peace": "0.3"}
    Run.objects.update(tags={"edgewise.objective": "{kind: guessed}"})
    [aim] = extract(world, "version").objectives
    assert aim["kind"] == "unreadable"


def test_a_registration_that_edgewise_saw_is_observed(world: World, approval: Approval) -> None:
    LoggedModel.objects.update(artifact_uri="mlflow-artifacts:/1/m")
    version = approval.model_version
    type(version).objects.update(artifact_uri="mlflow-artifacts:/1/m")
    bases = {link.kind: link.basis for link in extract(world, "version").lineage.links}
    assert bases == {"registered-as": OBSERVED, "produced": ASSERTED}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("who", ["outsider", "pipeline"])
def test_what_is_hidden_from_its_reader_is_not_there(world: World, approval: Approval, kind: str, who: str) -> None:
    with pytest.raises(NotFound):
        extract(world, kind, who=who)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("who", ["engineer", "participant_good", "board", "auditor", "administrator"])
def test_whoever_sees_the_system_may_take_it_along(world: World, approval: Approval, kind: str, who: str) -> None:
    assert extract(world, kind, who=who).versions


def test_a_source_in_a_hidden_system_is_withheld_but_for_its_digest(world: World, approval: Approval) -> None:
    secret = mirror.version("1", at=world.tick(), content=b"secret", model="hidden-model")
    type(secret).objects.filter(pk=approval.model_version_id).update(copied_from=secret)
    for form in FORMATS:
        text = json.dumps(written(world, "version", form))
        assert "hidden-model" not in text
        assert secret.digest in text
