"""Evaluation runs of a real MLflow: their table, whichever file it is, and what was said of their traces."""

from __future__ import annotations

from typing import Any

import pytest

from governance.errors import Invalid
from governance.evidence import registration
from governance.evidence.models import EvaluationRun
from lineage import sync
from lineage.models import ModelVersion
from tests.factories import evidence as tables
from tests.factories.world import PASSING, World
from tests.governance.gates.test_measured_signals import RATED
from tests.lineage.somebody import Somebody
from tests.tracking import add_version

pytestmark = pytest.mark.xdist_group("mlflow")
IN_FORCE = pytest.mark.usefixtures("specification")
MAPPING = "{case_id: id, values: {recall: right}, context_is: '*', attributes: {health: health, limited: limited}}"
OF_TRACES = """
case_id: request
metric: metric
value: value
context_is: "*"
attributes: {health: tags.health, limited: tags.limited, rater: rater}
where: {source: HUMAN}
"""


@pytest.fixture
def version(world: World, outreach: Somebody, mlflow_url: str) -> ModelVersion:
    """A version of a model in MLflow, registered for a system."""
    sync.connect(key="main", url=mlflow_url)
    add_version(outreach)
    return registration.register(
        system_key="outreach", uri="models:/outreach-model/1", by=world.people.engineer, at=world.tick()
    ).model_version


def brought_in(world: World, version: ModelVersion) -> list[EvaluationRun]:
    return registration.bring_in(
        system_key="outreach", uri=version.uri, by=world.people.engineer, at=world.tick(minutes=60 * 24 * 2)
    )


def evaluated(outreach: Somebody, version: ModelVersion, **more: Any) -> str:
    assert version.logged_model is not None
    tags = {"edgewise.evidence": "response"} | more.pop("tags", {})
    told: dict[str, Any] = {"tags": tags, "files": {}, "metrics": {}}
    return outreach.evaluate(version.logged_model.model_id, **told | more)


def csv(header: str) -> bytes:
    """Return cases that pass, as CSV under other names."""
    return tables.lines(tables.cases(PASSING)).replace(b"case_id,metric,value,context,health,limited", header.encode())


@IN_FORCE
def test_a_run_names_its_table_and_how_to_read_it(world: World, version: ModelVersion, outreach: Somebody) -> None:
    tags = {"edgewise.table": "results/cases.csv", "edgewise.mapping": MAPPING}
    content = csv("id,what,right,where,health,limited")
    run = evaluated(outreach, version, tags=tags, files={"results/cases.csv": content}, metrics={"recall": 0.92})
    [found] = brought_in(world, version)
    assert (found.run_id, found.cases) == (run, 500)
    assert (found.file["name"], found.file["format"], found.file["is_kept"]) == ("results/cases.csv", "csv", False)
    assert found.file["mapping"]["values"] == {"recall": "right"}


@IN_FORCE
def test_a_table_of_its_own_place_is_still_found_without_a_word(
    world: World, version: ModelVersion, outreach: Somebody
) -> None:
    evaluated(outreach, version, files={"edgewise/cases.json": tables.table(tables.cases(PASSING))})
    [found] = brought_in(world, version)
    assert (found.file["name"], found.file["format"]) == ("edgewise/cases.json", "table")


def feedback(rater: str, value: object, *, source: str = "HUMAN") -> dict[str, Any]:
    return {
        "assessment_name": "recall",
        "source": {"source_type": source, "source_id": rater},
        "feedback": {"value": value},
        "create_time": "2026-01-01T00:00:00Z",
        "last_update_time": "2026-01-01T00:00:00Z",
    }


def reviewed(outreach: Somebody, version: ModelVersion, *, models: str = "") -> str:
    """Log a run with two traces, which two people and a judge rated."""
    run = evaluated(outreach, version, tags={"edgewise.table": "traces", "edgewise.mapping": OF_TRACES})
    assert version.logged_model is not None
    for health, values in (("poor", (True, True)), ("good", ("yes", "no"))):
        said = [feedback(f"nurse-{index}", value) for index, value in enumerate(values)]
        outreach.trace(
            run,
            models or version.logged_model.model_id,
            tags={"health": health, "limited": "no"},
            said=[*said, feedback("judge", False, source="LLM_JUDGE")],
        )
    return run


def test_what_people_said_of_traces_is_evidence_with_its_raters(
    world: World, version: ModelVersion, outreach: Somebody
) -> None:
    world.ratify(RATED)
    reviewed(outreach, version)
    [found] = brought_in(world, version)
    assert (found.cases, found.file["name"], found.file["left_out"]) == (2, "traces", 2)
    estimates = {row.group_key: row.estimate for row in found.observations.filter(context_key__endswith="phone")}
    assert (estimates["poor-health"], estimates["good-health"]) == ("1", "0.5")
    [entropy] = [signal for signal in found.signals if signal["context"].endswith("phone")]
    assert (entropy["signal"], entropy["value"], entropy["n"]) == ("vote-entropy", "0.5", 2)


@IN_FORCE
def test_a_trace_of_another_model_is_no_evidence(world: World, version: ModelVersion, outreach: Somebody) -> None:
    reviewed(outreach, version, models="m-another")
    with pytest.raises(Invalid, match="it is of the model m-another"):
        brought_in(world, version)


@IN_FORCE
def test_a_trace_that_nobody_rated_is_not_left_out_in_silence(
    world: World, version: ModelVersion, outreach: Somebody
) -> None:
    run = reviewed(outreach, version)
    assert version.logged_model is not None
    outreach.trace(run, version.logged_model.model_id, tags={"health": "poor", "limited": "no"}, said=[])
    tags = {"edgewise.mapping": OF_TRACES.replace("where: {source: HUMAN}", "")}
    outreach.tag_run(run, tags)
    with pytest.raises(Invalid, match="there is no value"):
        brought_in(world, version)
