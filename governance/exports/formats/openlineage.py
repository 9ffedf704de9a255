"""OpenLineage events (specification 2-0-2): MLflow's runs, what was derived without one, and what Edgewise did. Pure.

What OpenLineage has no facet for stands in `edgewise_…` facets, whose schema the site publishes (facets.json).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from governance.exports.extract import Cell, Evaluation, Extract, Judgement, Release
from governance.exports.formats import names
from governance.exports.things import ASSERTED, MODELS, OBSERVED, Link, Thing
from lineage.graph import DIGEST

SPEC = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/"
FACETS = "https://openlineage.io/spec/facets/"
PLACE = "/schemas/openlineage/v1"
"""Where the site publishes the schema of its own facets."""
ENDS = {"FINISHED": "COMPLETE", "FAILED": "FAIL", "KILLED": "ABORT"}
"""How MLflow says that a run ended, and how OpenLineage does."""
NO_EVIDENCE = "no evidence"


def published() -> str:
    """Return the text of the published schema of Edgewise's own facets (JSON Schema, draft 2020-12)."""
    return Path(__file__).with_name("facets.json").read_text(encoding="utf-8")


def events(extract: Extract) -> list[dict[str, Any]]:
    """Return the events of an extract in the order of their times."""
    writer = _Writer(extract)
    found = [event for run in extract.runs.values() for event in writer.run(run)]
    found += writer.derived()
    found += [writer.evaluation(evaluation) for evaluation in extract.evaluations]
    found += [writer.judgement(judgement) for judgement in extract.judgements]
    found += [event for release in extract.releases for event in writer.release(release)]
    return sorted(found, key=lambda event: (event["eventTime"], _said(event)))


class _Writer:
    """Events of one extract; events and facets name the site as their producer."""

    def __init__(self, extract: Extract) -> None:
        self._extract = extract
        self._objectives = {aim["run"]: aim for aim in extract.objectives}

    def run(self, run: Thing) -> Iterable[dict[str, Any]]:
        """Return a run's start and its end, as far as their times are known; if neither is, one event at the time of
        the record."""
        before, after = self._extract.before[run.place], self._extract.after[run.place]
        inputs = [self._used(link) for link in before if not link.tail.is_activity]
        outputs = [self._made(link) for link in after if not link.head.is_activity]
        facets: dict[str, Any] = {"edgewise_thing": self._thing(run)}
        parents = [link.tail for link in before if link.tail.is_activity]
        if parents:
            facets["parent"] = self._facet("1-2-0/ParentRunFacet", run=self._run_id(parents[0]), job=_named(parents[0]))
        if aim := self._objectives.get(run.reference):
            facets["edgewise_objective"] = self._own("ObjectiveRunFacet", basis=ASSERTED, objective=aim)
        started, ended = (run.details.get(name, "") for name in ("started", "ended"))
        times = [("START", started)] if started else []
        times += [(ENDS.get(run.details.get("status", ""), "OTHER"), ended)] if ended else []
        for kind, time in times or [("OTHER", self._extract.recorded_at)]:
            yield self._event(
                kind, time, self._run_id(run) | {"facets": facets}, _named(run), inputs=inputs, outputs=outputs
            )

    def derived(self) -> Iterable[dict[str, Any]]:
        """Return an event for each thing that came of another without a run between, being registered or copied, and
        for each whose files Edgewise hashed."""
        for thing in self._extract.lineage.things:
            before = self._extract.before[thing.place]
            links = [link for link in before if not (link.head.is_activity or link.tail.is_activity)]
            files = self._extract.files.get(thing.place, ())
            if not (links or files):
                continue
            told = self._dataset(thing)
            if links:
                inputs = [_named(link.tail) | {"type": "DATASET"} for link in links]
                bases = [{**_named(link.tail), "kind": link.kind, "basis": link.basis} for link in links]
                told["facets"]["lineage"] = self._facet("1-0-0/LineageFacet", "LineageDatasetFacet", inputs=inputs)
                told["facets"]["edgewise_links"] = self._own("LinksDatasetFacet", links=bases)
            if files:
                listed = [{"path": file.path, "size": file.size, "sha256": file.sha256} for file in files]
                told["facets"]["edgewise_files"] = self._own("FilesDatasetFacet", basis=OBSERVED, files=listed)
            yield self._base("DatasetEvent", self._extract.recorded_at) | {"dataset": told}

    def evaluation(self, made: Evaluation) -> dict[str, Any]:
        """Return the event of an evaluation's being read and recomputed here."""
        figures = [names.told(figure) for figure in made.figures]
        facet = self._own(
            "EvaluationRunFacet",
            basis=OBSERVED,
            sha256=made.digest,
            tableSha256=made.table,
            level=made.level,
            cases=made.cases,
            readBy=made.read_by,
            figures=figures,
            asserted={"run": made.run, "evaluatedAt": made.evaluated_at, "datasets": [dict(d) for d in made.datasets]},
        )
        inputs = [self._dataset(made.version)]
        output = {"namespace": self._namespace, "name": names.local("evaluation", *made.place)}
        facets = {"edgewise_evaluation": facet}
        return self._own_event("evaluation", made.place, made.read_at, facets, inputs, [output])

    def judgement(self, made: Judgement) -> dict[str, Any]:
        """Return the event of a gate's judging, with a test for each criterion and group; whatever is not a pass is a
        failed test, so that nobody takes a doubt for a pass."""
        known = {evaluation.place for evaluation in self._extract.evaluations}
        rests_on = [names.local("evaluation", *place) for place in made.rests_on if place in known]
        inputs = [self._dataset(made.version), *({"namespace": self._namespace, "name": name} for name in rests_on)]
        facets = {
            "test": self._facet("1-0-1/TestRunFacet", tests=[_test(cell, made.context) for cell in made.cells]),
            "edgewise_judgement": self._own(
                "JudgementRunFacet",
                basis=OBSERVED,
                sha256=made.digest,
                verdict=made.verdict,
                context=made.context,
                judgedBy=made.judged_by,
                specification={
                    "version": made.specification.version,
                    "sha256": made.specification.digest,
                    "outcomeSha256": made.specification.outcome,
                },
            ),
        }
        output = {"namespace": self._namespace, "name": names.local("gate-report", *made.place)}
        return self._own_event("gate", made.place, made.judged_at, facets, inputs, [output])

    def release(self, made: Release) -> Iterable[dict[str, Any]]:
        """Return the event of a candidate's revision, and that of its decision with what it approved."""
        inputs = [
            self._dataset(made.version),
            {"namespace": self._namespace, "name": names.local("gate-report", *made.rests_on)},
        ]
        put_forward = {"namespace": self._namespace, "name": names.local("candidate", *made.place)}
        facet = self._own(
            "CandidateRunFacet",
            basis=OBSERVED,
            candidate=made.candidate,
            revision=made.revision,
            sha256=made.digest,
            context=made.context,
            madeBy=made.made_by,
        )
        yield self._own_event(
            "candidate", made.place, made.made_at, {"edgewise_candidate": facet}, inputs, [put_forward]
        )
        if made.decision:
            facet = self._own("DecisionRunFacet", basis=OBSERVED, **_decided(made))
            yield self._own_event(
                "decision", made.place, made.decision.at, {"edgewise_decision": facet}, [put_forward], []
            )

    @property
    def _namespace(self) -> str:
        return names.local("edgewise", self._extract.system)

    def _own_event(
        self,
        job: str,
        place: tuple[str, ...],
        time: str,
        facets: dict[str, Any],
        inputs: list[dict[str, Any]],
        outputs: list[dict[str, Any]],
    ) -> dict[str, Any]:
        run = {"runId": names.uuid_of(self._extract.site, names.local(job, *place)), "facets": facets}
        return self._event(
            "COMPLETE", time, run, {"namespace": self._namespace, "name": job}, inputs=inputs, outputs=outputs
        )

    def _event(self, kind: str, time: str, run: Any, job: Any, *, inputs: Any, outputs: Any) -> dict[str, Any]:
        said = {"eventType": kind, "run": run, "job": job, "inputs": inputs, "outputs": outputs}
        return self._base("RunEvent", time) | said

    def _base(self, kind: str, time: str) -> dict[str, Any]:
        return {"eventTime": time, "producer": self._extract.site, "schemaURL": SPEC + kind}

    def _used(self, link: Link) -> dict[str, Any]:
        facet = self._own("LinkFacet", basis=link.basis, kind=link.kind, label=link.label)
        return self._dataset(link.tail) | {"inputFacets": {"edgewise_link": facet}}

    def _made(self, link: Link) -> dict[str, Any]:
        facet = self._own("LinkFacet", basis=link.basis, kind=link.kind, label=link.label)
        return self._dataset(link.head) | {"outputFacets": {"edgewise_link": facet}}

    def _dataset(self, thing: Thing) -> dict[str, Any]:
        facets: dict[str, Any] = {"edgewise_thing": self._thing(thing)}
        if thing.kind in MODELS:
            facets["datasetType"] = self._facet("1-0-1/DatasetTypeDatasetFacet", datasetType="MODEL")
        if thing.digest:
            facets["version"] = self._facet("1-0-1/DatasetVersionDatasetFacet", datasetVersion=thing.digest)
        return _named(thing) | {"facets": facets}

    def _thing(self, thing: Thing) -> dict[str, Any]:
        told: dict[str, Any] = {
            "basis": ASSERTED,
            "kind": thing.kind,
            "reference": thing.reference,
            "label": thing.label,
            "details": {names.key(label): text for label, text in thing.details.items() if label != DIGEST},
            "withheld": thing.is_withheld,
            "vanished": thing.is_vanished,
        }
        told |= {"observed": {"sha256": thing.digest}} if thing.digest else {}
        return self._own("ThingFacet", **told)

    def _run_id(self, run: Thing) -> dict[str, Any]:
        return {"runId": names.uuid_of(self._extract.site, names.of(run))}

    def _facet(self, schema: str, definition: str = "", **said: Any) -> dict[str, Any]:
        url = f"{FACETS}{schema}.json#/$defs/{definition or schema.partition('/')[2]}"
        return {"_producer": self._extract.site, "_schemaURL": url, **said}

    def _own(self, definition: str, **said: Any) -> dict[str, Any]:
        url = f"{self._extract.site}{PLACE}#/$defs/{definition}"
        return {"_producer": self._extract.site, "_schemaURL": url, **said}


def _named(thing: Thing) -> dict[str, Any]:
    return {"namespace": names.local("mlflow", thing.server), "name": names.local(thing.kind, thing.reference)}


def _said(event: Mapping[str, Any]) -> str:
    """What tells events of one time apart: a run's start comes before its end."""
    if "run" not in event:
        return str(event["dataset"]["name"])
    return f"{event['run']['runId']} {event['eventType'] != 'START'}"


def _test(cell: Cell, context: str) -> dict[str, Any]:
    figure, criterion = cell.figure, cell.criterion
    bounds = f" [{figure.low}, {figure.high}] by {figure.interval}" if figure.low else ""
    return {
        "name": names.local(*criterion.place[:3], figure.group, context),
        "status": "pass" if cell.verdict == "PASS" else "fail",
        "severity": "error",
        "type": "edgewise-criterion",
        "description": f"{cell.verdict}: {cell.reason}",
        "expected": f"{criterion.asked} ({criterion.unit})",
        "actual": f"{figure.estimate}{bounds}, n={figure.n}" if figure.estimate else NO_EVIDENCE,
        "params": {**names.told(figure), "tier": criterion.tier, "verdict": cell.verdict},
    }


def _decided(made: Release) -> dict[str, Any]:
    decision, approval = made.decision, made.approval
    told: dict[str, Any] = {
        "sha256": decision.digest if decision else "",
        "outcome": decision.outcome if decision else "",
        "decidedBy": decision.by if decision else "",
        "signOffs": [
            {"actor": s.actor, "capacity": s.role, "group": s.group, "stance": s.stance, "signedAt": s.at}
            for s in made.sign_offs
        ],
    }
    if approval:
        told["approval"] = {
            "id": approval.id,
            "statementSha256": approval.statement,
            "validFrom": approval.valid_from,
            "validUntil": approval.valid_until,
            "ended": approval.ended,
            "endedAt": approval.ended_at,
        }
    return told
