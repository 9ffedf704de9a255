"""What a candidate's page says of the model's files: their digest, when they were last hashed, and who signed them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance.approvals.models import CandidateRevision
from lineage import signatures
from lineage.models import ModelVersion

VERDICTS = {
    signatures.VALID: ("pass", "●", "VALID"),
    signatures.PARTIAL: ("insufficient", "◔", "VALID FOR A PART"),
    signatures.MISMATCH: ("fail", "✕", "DOES NOT MATCH THESE FILES"),
    signatures.UNKNOWN: ("insufficient", "◔", "KEY UNKNOWN"),
    signatures.UNCHECKED: ("insufficient", "◔", "PRESENT, NOT CHECKED"),
}
KINDS = {
    "changed": "Changed since it was signed",
    "added": "There, and not signed",
    "removed": "Signed, and not there",
    "left_out": "Left out by whoever signed",
}


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature as a revision pinned it: verdict with its class and shape, sentence, key, and files by kind."""

    css: str
    shape: str
    word: str
    sentence: str
    fingerprint: str
    differing: list[tuple[str, list[str]]]


@dataclass(frozen=True, slots=True)
class Files:
    """The files behind a revision: `checked_at`, or why that is not the last word."""

    digest: str
    checked_at: datetime | None
    hashing_since: datetime | None
    problem: str
    signature: Signature | None


def of(revision: CandidateRevision) -> Files:
    """Return what to show of the files of a revision's model version."""
    version: ModelVersion = revision.candidate.model_version
    signed: dict[str, Any] | None = revision.content()["signature"]
    return Files(
        digest=revision.artifact_digest,
        checked_at=version.digest_checked_at,
        hashing_since=version.hashing_since,
        problem=version.hashing_problem,
        signature=_signature(signed) if signed else None,
    )


def _signature(signed: dict[str, Any]) -> Signature:
    css, shape, word = VERDICTS[signed["state"]]
    differing = [(name, signed[kind]) for kind, name in KINDS.items() if signed[kind]]
    return Signature(css, shape, word, _sentence(signed), signed["fingerprint"], differing)


def _sentence(signed: dict[str, Any]) -> str:
    if signed["because"]:
        return str(signed["because"])
    covered = "every file of the model" if signed["state"] == signatures.VALID else f"{signed['covers']} of these files"
    return f"Made with the key “{signed['key']}”; it names {covered}."
