"""Where each thing lies in a bundle, and what must be there. Pure."""

from __future__ import annotations

import re

SCHEMA = "edgewise/bundle/v1"
MANIFEST_TYPE = "urn:edgewise:attestation:bundle-manifest:v0.1"

MANIFEST = "manifest.json"
MANIFEST_ENVELOPE = "manifest.dsse"
STATEMENT = "approval/statement.dsse"
DECISION = "approval/decision.json"
CANDIDATE = "approval/candidate.json"
SPECIFICATION = "specification/specification.json"
SPECIFICATION_TEXT = "specification/specification.yaml"
POPULATIONS = "specification/populations.json"
DESIGN = "deliberation/design.json"
OUTCOME = "deliberation/outcome.json"
REPORT = "gate/report.json"
FILES = "model/files.json"
LINEAGE = "model/lineage.json"
TREE_HEAD = "log/tree-head.note"
DISCLOSED = "log/disclosed.json"

SIGNED = frozenset({MANIFEST, MANIFEST_ENVELOPE})
DOCUMENTS = (DECISION, CANDIDATE, SPECIFICATION, POPULATIONS, DESIGN, OUTCOME, REPORT, FILES, LINEAGE, DISCLOSED)
REQUIRED = SIGNED | {STATEMENT, SPECIFICATION_TEXT, TREE_HEAD, *DOCUMENTS}

ENTRY = re.compile(r"log/entries/([0-9]{12})\.json")
PROOF = re.compile(r"log/proofs/([0-9]{12})\.tlog-proof")
SHEET = re.compile(r"sheets/([0-9a-f]{64})\.json")
EVIDENCE = re.compile(r"evidence/([0-9a-f]{64})\.json")


def entry(index: int) -> str:
    """Return where the exact bytes of the log entry at `index` lie."""
    return f"log/entries/{index:012d}.json"


def proof(index: int) -> str:
    """Return where the inclusion proof of the log entry at `index` lies."""
    return f"log/proofs/{index:012d}.tlog-proof"


def evidence(digest: str) -> str:
    """Return where the evaluation with this digest lies."""
    return f"evidence/{digest}.json"


def sheet(digest: str) -> str:
    """Return where the metric provenance sheet with this digest lies."""
    return f"sheets/{digest}.json"


def is_known(path: str) -> bool:
    """Return whether a bundle may have a member of this name."""
    return path in REQUIRED or any(kind.fullmatch(path) for kind in (ENTRY, PROOF, EVIDENCE, SHEET))
