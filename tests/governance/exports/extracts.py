"""Extracts of any shape: lineage with cycles, names that nobody would choose, evidence of every verdict."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from governance.exports.extract import (
    Approval,
    Cell,
    Criterion,
    Decision,
    Evaluation,
    Extract,
    Figure,
    Judgement,
    Release,
    SignOff,
    Specification,
)
from governance.exports.things import ASSERTED, OBSERVED, Lineage, Link, Thing, merged
from lineage.digests import FileDigest

SITE = "https://edgewise.example"
AT, LATER = "2026-03-03T10:00:00.000000Z", "2026-03-04T10:00:00.000000Z"
ACTOR = "0b6f0e43-9a3c-4a5c-8a5e-0d5f6a1b2c3d"
HOSTILE = (
    "../../etc/passwd",
    "..",
    ".",
    "a/b",
    "\x00",
    "\x1b[31mred",
    "a\r\nb",
    "‮evil",
    "名前",
    "%2E",
    "'\"<&>",
    "x" * 500,
)
KINDS = ("dataset", "run", "logged-model", "version", "prompt")
words = st.sampled_from(HOSTILE) | st.text(max_size=20)
digests = st.text("0123456789abcdef", min_size=64, max_size=64)


def thing(kind: str, reference: str, **said: Any) -> Thing:
    """Return a thing of the server `main`, called as its reference unless said."""
    return Thing(**{"kind": kind, "server": "main", "reference": reference, "label": reference, "details": {}} | said)


def link(tail: Thing, head: Thing, kind: str = "used", label: str = "", basis: str = ASSERTED) -> Link:
    """Return a link that a client asserted, unless said."""
    return Link(tail=tail, head=head, kind=kind, label=label, basis=basis)


def extract(version: Thing, lineage: Lineage, **said: Any) -> Extract:
    """Return an extract about one version, with nothing but its lineage unless said."""
    told: dict[str, Any] = {
        "site": SITE,
        "kind": "version",
        "about": version.label,
        "system": "outreach",
        "system_name": "Outreach assistant",
        "purpose": "Says whom a nurse should call early.",
        "recorded_at": LATER,
        "versions": (version,),
        "lineage": lineage,
        "files": {},
        "objectives": (),
        "evaluations": (),
        "judgements": (),
        "releases": (),
    }
    return Extract(**told | said)


def chain(length: int) -> Extract:
    """Return a version that came of a chain of so many things, runs and datasets in turn."""
    things = [thing("run" if n % 2 else "dataset", f"{n}") for n in range(length - 1)] + [thing("version", "m/1/1")]
    links = [link(tail, head) for tail, head in pairwise(things)]
    return extract(things[-1], merged(things, links))


@st.composite
def extracts(draw: st.DrawFn) -> Extract:
    """Draw an extract about one version or a system, with any lineage, evidence and releases."""
    version = thing("version", draw(words), label=draw(words), details={"digest": draw(digests)})
    others = draw(st.lists(st.builds(_any_thing, st.sampled_from(KINDS), words, words, st.booleans()), max_size=8))
    copy = thing("version", f"{version.reference} again", details=version.details)
    things = merged([*others, copy, version], []).things
    ends = st.sampled_from(things)
    bases = st.sampled_from((ASSERTED, OBSERVED))
    links = draw(st.lists(st.builds(link, ends, ends, words, words, bases), max_size=12))
    cells = tuple(draw(st.lists(st.builds(_cell, words, words, st.sampled_from(VERDICTS)), max_size=4, unique_by=_key)))
    evaluation = _evaluation(version, draw(digests), draw(words), tuple(cell.figure for cell in cells))
    judgement = _judgement(version, draw(digests), cells, evidence=evaluation.digest)
    release = _release(version, draw(digests), judgement.digest, draw(words), approved=draw(st.booleans()))
    return extract(
        next(one for one in things if one.place == version.place),
        merged(things, links),
        kind=draw(st.sampled_from(("version", "candidate", "system"))),
        about=draw(words),
        system_name=draw(words),
        files={version.place: (FileDigest(draw(words), 7, draw(digests)),)},
        objectives=({"run": draw(words), "kind": "scalarised", "terms": {draw(words): "0.5"}, "specification": ""},),
        evaluations=(evaluation, replace(evaluation, specification="9" * 64), replace(evaluation, version=copy)),
        judgements=(judgement, replace(judgement, version=copy)),
        releases=(release, replace(release, candidate=8, decision=None, approval=None)),
    )


VERDICTS = ("PASS", "FAIL", "INSUFFICIENT")


def _any_thing(kind: str, reference: str, label: str, vanished: bool) -> Thing:
    told = (
        {"started": AT, "ended": LATER, "status": "FINISHED", "code": label} if kind == "run" else {"digest": "0" * 64}
    )
    return thing(kind, reference, label=label, details=told, is_vanished=vanished)


def _cell(name: str, group: str, verdict: str) -> Cell:
    measured = verdict != "INSUFFICIENT"
    figure = Figure(
        dimension=name,
        metric=name,
        aggregate="proportion",
        group=group,
        context="us/outreach/phone",
        estimate="0.91" if measured else "",
        n=412 if measured else 0,
        low="0.87" if measured else "",
        high="0.94" if measured else "",
        interval="Wilson, one-sided 95 %" if measured else "",
    )
    asked = Criterion(
        dimension=name,
        dimension_name=name,
        tier=0,
        metric=name,
        aggregate="proportion",
        asked=">= 0.9",
        unit="proportion",
    )
    return Cell(criterion=asked, group=group, verdict=verdict, reason=f"Because of {name}.", figure=figure)


def _key(cell: Cell) -> tuple[str, ...]:
    return (*cell.criterion.place, cell.group)


def _judgement(version: Thing, digest: str, cells: tuple[Cell, ...], *, evidence: str) -> Judgement:
    ratified = Specification(system="outreach", version="1.0.0", digest="1" * 64, ratified_at=AT, outcome="2" * 64)
    return Judgement(
        digest=digest,
        version=version,
        context="us/outreach/phone",
        specification=ratified,
        verdict="FAIL",
        judged_at=AT,
        judged_by=ACTOR,
        evidence=(evidence,),
        cells=cells,
    )


def _evaluation(version: Thing, digest: str, run: str, figures: tuple[Figure, ...]) -> Evaluation:
    return Evaluation(
        digest=digest,
        run=run,
        version=version,
        specification="1" * 64,
        level="response",
        cases=412,
        table="4" * 64,
        evaluated_at=AT,
        datasets=({"name": run, "digest": "abcd1234", "context": "eval"},),
        read_by=ACTOR,
        read_at=AT,
        figures=figures,
    )


def _release(version: Thing, digest: str, judgement: str, group: str, *, approved: bool) -> Release:
    approval = Approval(id=3, statement="5" * 64, valid_from=AT, valid_until=LATER, ended="revoked", ended_at=LATER)
    return Release(
        candidate=7,
        revision=1,
        digest=digest,
        version=version,
        context="us/outreach/phone",
        judgement=judgement,
        made_by=ACTOR,
        made_at=AT,
        sign_offs=(SignOff(actor=ACTOR, role="representative", group=group, stance="approve", at=AT),),
        decision=Decision(digest="6" * 64, outcome="approved" if approved else "rejected", by=ACTOR, at=AT),
        approval=approval if approved else None,
    )
