"""What CycloneDX lets people declare: what was asked, what the gate claims of it and why, and who signed. Pure.

Conformance is told by its rationale. The format would take a number for it; Edgewise adds nothing up to one.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from governance.exports.extract import Cell, Evaluation, Extract, Judgement, Release
from governance.exports.formats import names
from governance.exports.formats.properties import properties, sha256
from governance.exports.things import OBSERVED

ASSESSOR = "assessor/edgewise"


def of(extract: Extract) -> dict[str, Any]:
    """Return the members `definitions` and `declarations` of the BOM; nothing while nothing was judged or put
    forward."""
    if not (extract.evaluations or extract.judgements or extract.releases):
        return {}
    read = {evaluation.place for evaluation in extract.evaluations}
    declared: dict[str, Any] = {
        "assessors": [{"bom-ref": ASSESSOR, "thirdParty": False, "organization": {"name": "Edgewise"}}],
        "attestations": [_attestation(judgement) for judgement in extract.judgements],
        "claims": [_claim(judgement, cell, read) for judgement in extract.judgements for cell in judgement.cells],
        "evidence": [
            *map(_evaluation, extract.evaluations),
            *map(_report, extract.judgements),
            *(part for release in extract.releases for part in _released(release)),
        ],
    }
    if signed := [s for release in extract.releases for s in _signatories(release, extract)]:
        declared["affirmation"] = {
            "statement": "Each signed the release candidate that led to the approval at the address beside the name.",
            "signatories": signed,
        }
    return {"definitions": {"standards": _standards(extract)}, "declarations": declared}


def _standards(extract: Extract) -> list[dict[str, Any]]:
    """Each specification as a standard, with a requirement for each criterion, group and context."""
    found: dict[str, dict[str, Any]] = {}
    for judgement in extract.judgements:
        asked = judgement.specification
        standard = found.setdefault(
            asked.digest,
            {
                "bom-ref": names.local("specification", asked.digest),
                "name": f"Value specification of {asked.system}",
                "version": asked.version,
                "description": f"Ratified {asked.ratified_at}; SHA-256 {asked.digest}; it came from the deliberation "
                f"whose outcome has the SHA-256 {asked.outcome}.",
                "requirements": {},
            },
        )
        for cell in judgement.cells:
            ref = _requirement(judgement, cell)
            standard["requirements"][ref] = _asked(judgement, cell, ref)
    return [
        standard | {"requirements": [standard["requirements"][ref] for ref in sorted(standard["requirements"])]}
        for _, standard in sorted(found.items())
    ]


def _asked(judgement: Judgement, cell: Cell, ref: str) -> dict[str, Any]:
    criterion = cell.criterion
    return {
        "bom-ref": ref,
        "identifier": names.local(*criterion.place[:3], cell.group, judgement.context),
        "title": criterion.dimension_name,
        "text": f"{criterion.metric} ({criterion.aggregate}) {criterion.asked} {criterion.unit} for {cell.group} in "
        f"{judgement.context}",
        "properties": properties(tier=str(criterion.tier)),
    }


def _attestation(judgement: Judgement) -> dict[str, Any]:
    return {
        "summary": f"Gate report {judgement.digest}: {judgement.verdict} in {judgement.context}",
        "assessor": ASSESSOR,
        "map": [_mapped(judgement, cell) for cell in judgement.cells],
    }


def _mapped(judgement: Judgement, cell: Cell) -> dict[str, Any]:
    """A pass supports the claim; whatever else the gate says speaks against it."""
    side = "claims" if cell.verdict == "PASS" else "counterClaims"
    mapped: dict[str, Any] = {
        "requirement": _requirement(judgement, cell),
        side: [_claimed(judgement, cell)],
        "conformance": {"rationale": f"{cell.verdict}: {cell.reason}"},
    }
    if cell.figure.interval:
        mapped["confidence"] = {"rationale": f"{cell.figure.interval}, n={cell.figure.n}"}
    return mapped


def _claim(judgement: Judgement, cell: Cell, read: Collection[tuple[str, ...]]) -> dict[str, Any]:
    evidence = [names.local("evidence", "evaluation", *place) for place in judgement.rests_on if place in read]
    return {
        "bom-ref": _claimed(judgement, cell),
        "target": names.of(judgement.version),
        "predicate": f"{cell.criterion.metric} for {cell.group} in {judgement.context}: {cell.verdict}",
        "reasoning": cell.reason,
        "evidence": [*evidence, names.local("evidence", "gate-report", *judgement.place)],
    }


def _evaluation(made: Evaluation) -> dict[str, Any]:
    said = {
        "evaluation SHA-256": made.digest,
        "case table SHA-256": made.table,
        "specification SHA-256": made.specification,
        "cases": str(made.cases),
        "evidence level": made.level,
        "run (asserted)": made.run,
        "evaluated at (asserted)": made.evaluated_at,
    }
    for number, used in enumerate(made.datasets, start=1):
        said[f"dataset {number} (asserted)"] = "; ".join(f"{name} {text}" for name, text in sorted(used.items()))
    return _evidence(
        names.local("evidence", "evaluation", *made.place),
        "evaluation",
        "An evaluation, recomputed from its cases. Who ran it, when and on which data its client asserts.",
        said,
        created=made.read_at,
        author=made.read_by,
    )


def _report(made: Judgement) -> dict[str, Any]:
    said = {"gate report SHA-256": made.digest, "verdict": made.verdict, "context": made.context}
    name = names.local("evidence", "gate-report", *made.place)
    what = "What the gate said, computed from the evidence it names."
    return _evidence(name, "gate-report", what, said, created=made.judged_at, author=made.judged_by)


def _released(made: Release) -> list[dict[str, Any]]:
    said = {"revision SHA-256": made.digest, "context": made.context, "gate report SHA-256": made.judgement}
    for number, s in enumerate(made.sign_offs, start=1):
        said[f"sign-off {number}"] = f"{s.stance} as {s.role} {s.group}".rstrip() + f" by {s.actor} at {s.at}"
    name = names.local("evidence", "candidate", *made.place)
    what = f"Release candidate C-{made.candidate}, revision {made.revision}."
    found = [_evidence(name, "candidate", what, said, created=made.made_at, author=made.made_by)]
    if made.decision:
        name = names.local("evidence", "decision", *made.place)
        said = {"decision SHA-256": made.decision.digest, "outcome": made.decision.outcome}
        what = f"How C-{made.candidate} was decided."
        found.append(_evidence(name, "decision", what, said, created=made.decision.at, author=made.decision.by))
    if made.approval:
        said = {"statement SHA-256": made.approval.statement, "context": made.context}
        said |= {"ended": f"{made.approval.ended} at {made.approval.ended_at}"} if made.approval.ended else {}
        name, what = names.local("evidence", "approval", str(made.approval.id)), f"Approval A-{made.approval.id}."
        by = made.decision.by if made.decision else ""
        granted = _evidence(name, "approval", what, said, created=made.approval.valid_from, author=by)
        found.append(granted | {"expires": made.approval.valid_until})
    return found


def _evidence(
    name: str, what: str, description: str, said: dict[str, str], *, created: str, author: str
) -> dict[str, Any]:
    return {
        "bom-ref": name,
        "propertyName": f"edgewise:{what}",
        "description": f"{description} Basis: {OBSERVED}.",
        "data": [{"name": label, "contents": {"attachment": {"content": text}}} for label, text in said.items()],
        "created": created,
        "author": {"name": author},
    }


def _signatories(made: Release, extract: Extract) -> list[dict[str, Any]]:
    """Whoever approved what was approved, by opaque id."""
    if made.approval is None:
        return []
    where = {
        "type": "attestation",
        "url": f"{extract.site}/api/v1/approvals/{made.approval.id}/envelope",
        "hashes": sha256(made.approval.statement),
    }
    return [
        {
            "name": s.actor,
            "role": f"{s.role} {s.group}".rstrip(),
            "organization": {"name": extract.system_name},
            "externalReference": where,
        }
        for s in made.sign_offs
        if s.stance == "approve"
    ]


def _requirement(judgement: Judgement, cell: Cell) -> str:
    place = (judgement.specification.digest, *cell.criterion.place, cell.group, judgement.context)
    return names.local("requirement", *place)


def _claimed(judgement: Judgement, cell: Cell) -> str:
    return names.local("claim", *judgement.place, *cell.criterion.place, cell.group)
