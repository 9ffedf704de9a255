"""PROV-JSON (W3C Member Submission of 24 April 2013): entities, activities, agents, and how they relate. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from governance import canonical
from governance.exports.extract import Evaluation, Extract, Figure, Judgement, Release, Specification
from governance.exports.formats import names
from governance.exports.things import ASSERTED, OBSERVED, Link, Thing

TERMS = "urn:edgewise:prov:v1:"
EDGEWISE = "edgewise"
"""The name of the agent that is this installation."""
ROLES = {
    "used": ("prov:activity", "prov:entity"),
    "wasGeneratedBy": ("prov:entity", "prov:activity"),
    "wasInformedBy": ("prov:informed", "prov:informant"),
    "wasDerivedFrom": ("prov:generatedEntity", "prov:usedEntity"),
    "wasAssociatedWith": ("prov:activity", "prov:agent"),
    "wasAttributedTo": ("prov:entity", "prov:agent"),
    "actedOnBehalfOf": ("prov:delegate", "prov:responsible"),
    "wasInvalidatedBy": ("prov:entity", "prov:activity"),
}
"""The two ends of each relation, the later one first."""


def document(extract: Extract) -> dict[str, Any]:
    """Return the PROV-JSON document of an extract."""
    writer = _Writer(extract.site)
    writer.agent(EDGEWISE, "prov:SoftwareAgent", label="Edgewise")
    for thing in extract.lineage.things:
        writer.thing(thing)
    for link in extract.lineage.links:
        writer.link(link)
    for place, files in extract.files.items():
        for file in files:
            part = names.local(*place, "files", file.path)
            size = {"edgewise:size": str(file.size), "edgewise:sha256": file.sha256}
            writer.entity(part, "edgewise:File", label=file.path, basis=OBSERVED, more=size)
            writer.relate("wasDerivedFrom", names.at(place), part, basis=OBSERVED)
    runs = extract.runs
    for aim in extract.objectives:
        writer.objective(aim, runs)
    for evaluation in extract.evaluations:
        writer.evaluation(evaluation, runs)
    for specification in {j.specification.digest: j.specification for j in extract.judgements}.values():
        writer.specification(specification)
    read = {evaluation.place for evaluation in extract.evaluations}
    for judgement in extract.judgements:
        writer.judgement(judgement, read)
    for release in extract.releases:
        writer.release(release)
    return writer.finished()


class _Writer:
    """A document in the making. Names are local to the installation; `basis` is on each fact."""

    def __init__(self, site: str) -> None:
        self._site = site
        self._parts: dict[str, dict[str, Any]] = {}

    def finished(self) -> dict[str, Any]:
        """Return the document."""
        return {"prefix": {"edgewise": TERMS, "here": f"{self._site}/provenance#"}, **self._parts}

    def entity(self, name: str, kind: str, *, label: str, basis: str, more: Mapping[str, str]) -> None:
        """Say that something was there."""
        about = _about(label, basis=basis, more=more)
        self._parts.setdefault("entity", {})[f"here:{name}"] = {"prov:type": _name(kind)} | about

    def activity(
        self, name: str, kind: str, *, label: str, basis: str, times: tuple[str, str], more: Mapping[str, str]
    ) -> None:
        """Say that something happened, from when until when."""
        about = {"prov:type": _name(kind)} | _about(label, basis=basis, more=more)
        about |= {key: at for key, at in zip(("prov:startTime", "prov:endTime"), times, strict=True) if at}
        self._parts.setdefault("activity", {})[f"here:{name}"] = about

    def agent(self, name: str, kind: str, *, label: str) -> None:
        """Say who acted."""
        self._parts.setdefault("agent", {})[f"here:{name}"] = {"prov:type": _name(kind), "prov:label": label}

    def person(self, actor: str) -> str:
        """Name somebody by the opaque id that the log knows."""
        name = names.local("actor", actor)
        self.agent(name, "prov:Person", label=actor)
        return name

    def relate(self, relation: str, later: str, earlier: str = "", *, basis: str, **more: str) -> None:
        """Say how two relate."""
        ends = {role: f"here:{name}" for role, name in zip(ROLES[relation], (later, earlier), strict=True) if name}
        known = self._parts.setdefault(relation, {})
        extra = {f"prov:{key}" if key in ("role", "time") else f"edgewise:{key}": text for key, text in more.items()}
        known[f"_:{relation}{len(known) + 1}"] = {**ends, "edgewise:basis": basis, **extra}

    def thing(self, thing: Thing) -> None:
        """Write a thing of MLflow's: a run happened, anything else was there."""
        details = _ours({**thing.details, **_marks(thing), "reference": thing.reference, "server": thing.server})
        kind = "edgewise:" + thing.kind.title().replace("-", "")
        if thing.is_activity:
            times = (thing.details.get("started", ""), thing.details.get("ended", ""))
            self.activity(names.of(thing), kind, label=thing.label, basis=ASSERTED, times=times, more=details)
            self._code(thing)
        else:
            self.entity(names.of(thing), kind, label=thing.label, basis=ASSERTED, more=details)

    def link(self, link: Link) -> None:
        """Write a link by what its ends are."""
        relation = {
            (True, False): "used",
            (False, True): "wasGeneratedBy",
            (True, True): "wasInformedBy",
            (False, False): "wasDerivedFrom",
        }[link.head.is_activity, link.tail.is_activity]
        role = {"role": link.label} if link.label and relation == "used" else {}
        self.relate(relation, names.of(link.head), names.of(link.tail), basis=link.basis, kind=link.kind, **role)

    def objective(self, aim: Mapping[str, Any], runs: Mapping[str, Thing]) -> None:
        """Write what a run says that it aimed at, as the JSON that signers see."""
        name = names.local("objective", aim["run"])
        said = _ours({"kind": aim["kind"], "document": canonical.encode(aim).decode()})
        self.entity(name, "edgewise:Objective", label="what training aimed at", basis=ASSERTED, more=said)
        if run := runs.get(aim["run"]):
            self.relate("used", names.of(run), name, basis=ASSERTED, role="objective")

    def evaluation(self, made: Evaluation, runs: Mapping[str, Thing]) -> None:
        """Write an evaluation, who had it read, and each figure by itself."""
        name, reading = names.local("evaluation", *made.place), names.local("reading", *made.place)
        more = {"sha256": made.digest, "tableSha256": made.table, "level": made.level, "cases": str(made.cases)}
        asserted = {"run": made.run, "evaluatedAt": made.evaluated_at, "evaluatedAtBasis": ASSERTED}
        self.entity(name, "edgewise:Evaluation", label=f"run {made.run}", basis=OBSERVED, more=_ours(more | asserted))
        self._done(reading, "edgewise:Reading", at=made.read_at, by=made.read_by, made=name)
        self.relate("used", reading, names.of(made.version), basis=OBSERVED)
        if run := runs.get(made.run):
            self.relate("wasInformedBy", reading, names.of(run), basis=OBSERVED)
        for used in made.datasets:
            data = names.local("evaluated-on", used.get("name", ""), used.get("digest", ""))
            self.entity(data, "edgewise:Dataset", label=used.get("name", ""), basis=ASSERTED, more=_ours(used))
            self.relate("wasDerivedFrom", name, data, basis=ASSERTED)
        for figure in made.figures:
            self._figure(figure, of=name, within=("evaluation", *made.place))

    def specification(self, ratified: Specification) -> None:
        """Write a value specification, and the outcome of the deliberation that it came from."""
        name, outcome = names.local("specification", ratified.digest), names.local("outcome", ratified.outcome)
        more = {"version": ratified.version, "sha256": ratified.digest, "ratifiedAt": ratified.ratified_at}
        label = f"value specification {ratified.version} of {ratified.system}"
        self.entity(name, "edgewise:Specification", label=label, basis=OBSERVED, more=_ours(more))
        sha256 = _ours({"sha256": ratified.outcome})
        self.entity(outcome, "edgewise:Outcome", label="outcome of a deliberation", basis=OBSERVED, more=sha256)
        self.relate("wasDerivedFrom", name, outcome, basis=OBSERVED)

    def judgement(self, made: Judgement, read: Collection[tuple[str, ...]]) -> None:
        """Write a gate report, and each of its cells by itself; `read` are the places of the evaluations that are
        told."""
        name, judging = names.local("gate-report", *made.place), names.local("judging", *made.place)
        more = _ours({"sha256": made.digest, "verdict": made.verdict, "context": made.context})
        self.entity(name, "edgewise:GateReport", label=f"gate report: {made.verdict}", basis=OBSERVED, more=more)
        self._done(judging, "edgewise:Judging", at=made.judged_at, by=made.judged_by, made=name)
        rests_on = [names.local("evaluation", *place) for place in made.rests_on if place in read]
        for used in [names.local("specification", made.specification.digest), names.of(made.version), *rests_on]:
            self.relate("used", judging, used, basis=OBSERVED)
        for cell in made.cells:
            asked = {"tier": str(cell.criterion.tier), "asked": cell.criterion.asked, "unit": cell.criterion.unit}
            told = {"verdict": cell.verdict, "reason": cell.reason} | asked
            self._figure(cell.figure, of=name, within=("gate-report", *made.place, cell.criterion.asked), more=told)

    def release(self, made: Release) -> None:
        """Write a candidate's revision, its sign-offs, its decision and its approval."""
        name = names.local("candidate", *made.place)
        more = _ours({"sha256": made.digest, "context": made.context, "recordedAt": made.made_at})
        label = f"release candidate C-{made.candidate}, revision {made.revision}"
        self.entity(name, "edgewise:Candidate", label=label, basis=OBSERVED, more=more)
        self.relate("wasAttributedTo", name, self.person(made.made_by), basis=OBSERVED)
        for source in (names.of(made.version), names.local("gate-report", *made.rests_on)):
            self.relate("wasDerivedFrom", name, source, basis=OBSERVED)
        for signed in made.sign_offs:
            word = names.local("sign-off", *made.place, signed.actor)
            said = _ours({"stance": signed.stance, "capacity": signed.role, "group": signed.group})
            self._done(word, "edgewise:SignOff", at=signed.at, by=signed.actor, more=said)
            self.relate("used", word, name, basis=OBSERVED)
        if made.decision:
            self._decision(made, name)

    def _decision(self, made: Release, candidate: str) -> None:
        decision, approval = made.decision, made.approval
        if decision is None:
            return
        name, deciding = names.local("decision", decision.digest), names.local("deciding", decision.digest)
        more = _ours({"sha256": decision.digest, "outcome": decision.outcome})
        self.entity(name, "edgewise:Decision", label=f"decision: {decision.outcome}", basis=OBSERVED, more=more)
        self._done(deciding, "edgewise:Deciding", at=decision.at, by=decision.by, made=name)
        self.relate("used", deciding, candidate, basis=OBSERVED)
        if approval is None:
            return
        granted = names.local("approval", str(approval.id))
        more = {"statementSha256": approval.statement, "context": made.context, "ended": approval.ended}
        times = {"validFrom": approval.valid_from, "validUntil": approval.valid_until}
        self.entity(
            granted, "edgewise:Approval", label=f"approval A-{approval.id}", basis=OBSERVED, more=_ours(more | times)
        )
        self.relate("wasGeneratedBy", granted, deciding, basis=OBSERVED, time=approval.valid_from)
        self.relate("wasDerivedFrom", granted, names.of(made.version), basis=OBSERVED)
        if approval.ended:
            self.relate("wasInvalidatedBy", granted, basis=OBSERVED, time=approval.ended_at, how=approval.ended)

    def _done(
        self, name: str, kind: str, *, at: str, by: str, made: str = "", more: Mapping[str, str] | None = None
    ) -> None:
        """Write what somebody did through Edgewise, and what came of it."""
        self.activity(name, kind, label=kind.partition(":")[2], basis=OBSERVED, times=(at, at), more=more or {})
        person = self.person(by)
        self.relate("wasAssociatedWith", name, person, basis=OBSERVED)
        self.relate("wasAssociatedWith", name, EDGEWISE, basis=OBSERVED)
        if made:
            self.relate("wasGeneratedBy", made, name, basis=OBSERVED, time=at)

    def _figure(
        self, figure: Figure, *, of: str, within: tuple[str, ...], more: Mapping[str, str] | None = None
    ) -> None:
        name = names.local(*within, *figure.place)
        about = {**names.told(figure), **(more or {})}
        label = f"{figure.metric} for {figure.group} in {figure.context}"
        self.entity(name, "edgewise:Figure", label=label, basis=OBSERVED, more=_ours(about))
        self.relate("wasDerivedFrom", name, of, basis=OBSERVED)

    def _code(self, run: Thing) -> None:
        if commit := run.details.get("code"):
            name = names.local("code", commit)
            self.entity(name, "edgewise:Commit", label=commit, basis=ASSERTED, more={})
            self.relate("used", names.of(run), name, basis=ASSERTED, role="code")


def _about(label: str, *, basis: str, more: Mapping[str, str]) -> dict[str, Any]:
    told = {key: text for key, text in more.items() if text}
    return {"prov:label": label, "edgewise:basis": basis} | told


def _ours(more: Mapping[str, str]) -> dict[str, str]:
    return {f"edgewise:{names.key(label)}": text for label, text in more.items()}


def _marks(thing: Thing) -> dict[str, str]:
    marks = {"withheld": thing.is_withheld, "vanished": thing.is_vanished}
    return {mark: "true" for mark, holds in marks.items() if holds} | (
        {"digestBasis": OBSERVED} if thing.digest else {}
    )


def _name(kind: str) -> dict[str, str]:
    return {"$": kind, "type": "prov:QUALIFIED_NAME"}
