"""Verification of a bundle with nothing but its bytes and a file of public keys. Pure: no database, no network.

Each step recomputes what it can, and the report says which parts rest on a signature alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from governance.errors import DomainError
from governance.exports import archive, contents, keyfile, manifest
from governance.exports.checks import approving, judgement, log, values, whole
from governance.exports.contents import Bundle

RECOMPUTED, SIGNED = "recomputed", "signed"

VOUCHED = (
    "That the log holds nothing else about this approval: a bundle shows what is there, never that nothing is missing.",
    "That nobody revoked the approval after the tree head of this bundle.",
    "Who stands behind an opaque id, and that they held the roles in which they signed.",
    "That the sealed ballots were counted as the outcome says; only their number and commitments are recomputed.",
    "That the observations follow from the per-case tables, of which the bundle holds the digests.",
    "That the incumbent's figures were measured of it: its evaluations are not in the bundle.",
    "That nobody trained or evaluated the model under another name than the log's actors.",
)
"""What no reader of a bundle can recompute: the operator's signature is all that stands behind it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One check: whether it held, a sentence that says what was found or what is wrong, and whether that was
    recomputed from the bundle or rests on a signature."""

    name: str
    ok: bool
    sentence: str
    basis: str


@dataclass(frozen=True, slots=True)
class Report:
    """What verification found. Steps stop at the first that failed. `approval` says what was approved (empty unless
    all held); `withheld` names what is not in the bundle, with its digest."""

    steps: tuple[Step, ...]
    approval: dict[str, str]
    withheld: tuple[tuple[str, str], ...]

    @property
    def ok(self) -> bool:
        """Whether every step held."""
        return all(step.ok for step in self.steps)

    @property
    def wrong(self) -> str:
        """The first thing that is wrong, in a sentence that names it; empty when nothing is."""
        return next((step.sentence for step in self.steps if not step.ok), "")

    def fallen(self, *, at: datetime) -> str:
        """Return why the approval, by the bundle's own record, does not stand at `at`; empty while it does. That every
        step held says how it came about, not that it lasts."""
        said = self.approval
        if not said:
            return "Nothing is proved of this approval."
        if said["ended"]:
            return f"It was {said['ended']}."
        return f"It ran out at {said['valid_until']}." if datetime.fromisoformat(said["valid_until"]) <= at else ""

    def document(self, *, at: datetime) -> dict[str, Any]:
        """Return the report as JSON data, with how the approval stands at `at`."""
        fallen = self.fallen(at=at)
        return {
            "ok": self.ok,
            "wrong": self.wrong,
            "stands": not fallen,
            "fallen": fallen,
            "approval": self.approval,
            "steps": [{"name": s.name, "ok": s.ok, "sentence": s.sentence, "basis": s.basis} for s in self.steps],
            "withheld": [{"what": what, "digest": digest} for what, digest in self.withheld],
            "vouched_by_signature_alone": list(VOUCHED),
        }


CHECKS: tuple[tuple[str, str, Callable[[Bundle], str]], ...] = (
    ("tree head", SIGNED, log.check_tree_head),
    ("log entries", RECOMPUTED, log.check_inclusion),
    ("specification", RECOMPUTED, values.check_specification),
    ("deliberation", SIGNED, values.check_deliberation),
    ("model", RECOMPUTED, judgement.check_model),
    ("evidence", RECOMPUTED, judgement.check_evidence),
    ("gate", RECOMPUTED, judgement.check_gate),
    ("metric sheets", SIGNED, judgement.check_sheets),
    ("candidate", RECOMPUTED, approving.check_candidate),
    ("sign-offs", SIGNED, approving.check_sign_offs),
    ("decision", RECOMPUTED, approving.check_decision),
    ("approval", SIGNED, approving.check_approval),
    ("order", RECOMPUTED, whole.check_order),
    ("completeness", RECOMPUTED, whole.check_whole),
)

_MALFORMED = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)


def verify(data: bytes, *, keys: bytes) -> Report:
    """Verify the bundle `data` with the file of public keys `keys`; never raises for what either holds."""
    steps: list[Step] = []
    known = _run(steps, "public keys", SIGNED, lambda: keyfile.read(keys), "The public keys can be read.")
    if known is None:
        return Report(tuple(steps), {}, ())
    intact = "Rebuilt from its {0} members, the archive is the same to the byte."
    members = _run(steps, "archive", RECOMPUTED, lambda: archive.unpack(data), intact)
    if members is None:
        return Report(tuple(steps), {}, ())
    listed = "An attestation key signed the list of every member with its digest."
    bundle = _run(
        steps,
        "manifest",
        SIGNED,
        lambda: contents.read(members, manifest=manifest.check(members, keys=known), keys=known),
        listed,
    )
    if bundle is None or not _all_hold(steps, bundle):
        return Report(tuple(steps), {}, ())
    return Report(tuple(steps), _approval(bundle), tuple(whole.withheld(bundle)))


def _all_hold(steps: list[Step], bundle: Bundle) -> bool:
    return all(_run(steps, name, basis, partial(check, bundle), "{0}") is not None for name, basis, check in CHECKS)


def _run(steps: list[Step], name: str, basis: str, check: Callable[[], Any], sentence: str) -> Any:
    """Return what `check` returned and note that it held; return None and note why when it did not."""
    try:
        found = check()
    except DomainError as error:
        steps.append(Step(name, False, error.message, basis))
    except _MALFORMED as error:
        steps.append(Step(name, False, f"{name}: a record is malformed ({type(error).__name__}: {error}).", basis))
    else:
        told = len(found) if isinstance(found, dict) else found
        steps.append(Step(name, True, sentence.format(told), basis))
        return found
    return None


def _approval(bundle: Bundle) -> dict[str, str]:
    predicate, ended = approving.opened_statement(bundle)["predicate"], approving.ended(bundle)
    model = bundle.candidate["model"]
    return {
        "model": model["uri"],
        "digest": model["digest"],
        "context": predicate["context"],
        "system": predicate["system"],
        "specification": bundle.specification["version"],
        "verdict": bundle.report["verdict"],
        "decided_at": predicate["decidedAt"],
        "valid_until": predicate["validUntil"],
        "ended": f"{ended.data['state']} at {ended.document['at']}" if ended else "",
    }
