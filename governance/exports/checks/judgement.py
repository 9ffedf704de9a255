"""Are these the bytes and the evidence that the gate judged, and does its verdict follow from them? Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from governance.evidence.events import CheckpointRegistered, EvidenceRead
from governance.exports import layout
from governance.exports.checks import values
from governance.exports.contents import Bundle
from governance.exports.entries import Entry, agree, disagreement
from governance.gates import engine, inputs, members
from governance.gates.events import VersionJudged
from governance.specs import document
from governance.specs.effective import effective
from governance.specs.events import SheetApproved
from lineage.digests import manifest_from


def check_model(bundle: Bundle) -> str:
    """The files have the digest that was registered and judged; the lineage is the one that was signed."""
    model, found = bundle.candidate["model"], manifest_from(dict(row) for row in bundle.files)
    agree(layout.FILES, found.digest, model["digest"], by=layout.CANDIDATE)
    agree(layout.FILES, found.fingerprint, model["manifest"], by=layout.CANDIDATE)
    entry = registered(bundle)
    agree(layout.LINEAGE, bundle.digest(layout.LINEAGE), bundle.candidate["lineage"]["digest"], by=layout.CANDIDATE)
    return f"{len(bundle.files)} file(s) make up the bytes that {entry} registered; their lineage is what was signed."


def check_evidence(bundle: Bundle) -> str:
    """Each evaluation is the one that was recorded, and the gate was given nothing that is in none of them."""
    stated = sorted([row["run"], row["digest"]] for row in bundle.candidate["evidence"])
    carried = sorted([found["run"], digest] for digest, found in bundle.evidence.items())
    agree(layout.CANDIDATE, stated, carried, by="the evaluations in the bundle")
    measured: list[tuple[str, Any]] = []
    signals: list[tuple[str, Any]] = []
    for digest, found in bundle.evidence.items():
        path = layout.evidence(digest)
        agree(path, bundle.digest(path), digest, by="its name")
        agree(path, found["model"], bundle.candidate["model"]["digest"], by=layout.CANDIDATE)
        read(bundle, digest)
        measured += [(found["run"], observation) for observation in found["observations"]]
        signals += [(found["run"], signal) for signal in found["signals"]]
    for observation in bundle.report["inputs"]["observations"]:
        if (observation["source"]["evidence"], observation) not in measured:
            cell = f"{observation['metric']} for {observation['group']}"
            raise disagreement(layout.REPORT, f"what it was given as {cell} is in no evaluation.")
    for signal in bundle.report["inputs"]["measured_signals"]:
        if (signal["source"]["evidence"], signal) not in signals:
            raise disagreement(layout.REPORT, f"what it was given as {signal['signal']} is in no evaluation.")
    return f"{len(bundle.evidence)} evaluation(s) hold all that the gate was given of the model."


def check_gate(bundle: Bundle) -> str:
    """The report follows from its own inputs, and these ask what the specification asks in this context."""
    report, given = bundle.report, bundle.report["inputs"]
    differing = engine.differences(report)
    if differing:
        raise disagreement(layout.REPORT, f"computed again from its inputs, it differs in {', '.join(differing)}.")
    asked = effective(document.from_canonical(bundle.specification), bundle.candidate["context"])
    agree(layout.REPORT, given["specification"]["digest"], bundle.digest(layout.SPECIFICATION), by=layout.SPECIFICATION)
    for name in inputs.SPECIFICATION:
        agree(
            f"{layout.REPORT} {name}",
            given["specification"][name],
            members.plain(getattr(asked, name)),
            by="specification",
        )
    agree(layout.REPORT, given["subject"], bundle.candidate["model"]["digest"], by=layout.CANDIDATE)
    since, entry = datetime.fromisoformat(given["not_before"]), values.ratified(bundle)
    agree(layout.REPORT, since, entry.at, by=str(entry))
    agree(layout.CANDIDATE, bundle.candidate["gate"]["verdict"], report["verdict"], by=layout.REPORT)
    agree(layout.CANDIDATE, bundle.candidate["gate"]["digest"], bundle.digest(layout.REPORT), by=layout.REPORT)
    return f"Computed again, the gate says {report['verdict']}, with every figure as {judged(bundle)} recorded it."


def check_sheets(bundle: Bundle) -> str:
    """Each metric that could gate has a provenance sheet, which somebody else than its writer approved."""
    carried = sorted((found["metric"], digest) for digest, found in bundle.sheets.items())
    stated = sorted((row["metric"], row["sheet"]) for row in bundle.candidate["metrics"])
    agree(layout.CANDIDATE, stated, carried, by="the sheets in the bundle")
    gating = bundle.report["inputs"]["approved_metrics"]
    agree(layout.REPORT, gating, [metric for metric, _ in stated], by=layout.CANDIDATE)
    for digest in bundle.sheets:
        agree(layout.sheet(digest), bundle.digest(layout.sheet(digest)), digest, by="its name")
    for entry in sheet_approvals(bundle):
        if entry.actor == entry.data["drafter"]:
            raise disagreement(str(entry), "whoever wrote the sheet approved it.")
    return f"{len(carried)} metric(s) could gate, each with the sheet that was approved before."


def sheet_approvals(bundle: Bundle) -> list[Entry]:
    """Return the entry that approved each provenance sheet."""
    return [
        bundle.entries.only(SheetApproved, metric=found["metric"], digest=digest)
        for digest, found in bundle.sheets.items()
    ]


def registered(bundle: Bundle) -> Entry:
    """Return the entry that registered the model's bytes."""
    model = bundle.candidate["model"]
    found = bundle.entries.only(
        CheckpointRegistered, model=model["uri"], server=model["server"], artifact=model["digest"]
    )
    agree(layout.CANDIDATE, bundle.candidate["registered_by"], found.actor, by=str(found))
    return found


def read(bundle: Bundle, digest: str) -> Entry:
    """Return the entry that recorded the evaluation with this digest."""
    found = bundle.evidence[digest]
    return bundle.entries.only(
        EvidenceRead,
        digest=digest,
        run=found["run"],
        artifact=found["model"],
        table=found["table"],
        model=bundle.candidate["model"]["uri"],
        specification=bundle.digest(layout.SPECIFICATION),
    )


def judged(bundle: Bundle) -> Entry:
    """Return the entry that recorded the gate's report."""
    return bundle.entries.only(
        VersionJudged,
        digest=bundle.digest(layout.REPORT),
        verdict=bundle.report["verdict"],
        artifact=bundle.candidate["model"]["digest"],
        context=bundle.candidate["context"],
        specification=bundle.digest(layout.SPECIFICATION),
    )
