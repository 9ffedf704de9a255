"""Did things happen in the right order, and is nothing in the bundle that nothing accounts for? Pure."""

from __future__ import annotations

from itertools import pairwise

from governance.approvals.events import AttestationKeyIntroduced
from governance.deliberation.events import DeliberationPrepared, VotingOpened
from governance.exports import layout, manifest
from governance.exports.checks import approving, judgement, log, values
from governance.exports.contents import Bundle
from governance.exports.entries import Entry, agree, disagreement


def check_order(bundle: Bundle) -> str:
    """The log took in each thing before what rests on it: above all the criteria before the results."""
    for earlier, later in pairwise(filter(None, _stages(bundle))):
        last, first = max(earlier, key=lambda e: e.index), min(later, key=lambda e: e.index)
        if last.index >= first.index:
            raise disagreement(str(first), f"it stands before {last}, on which it rests.")
    revised = approving.revision(bundle)
    for entry in judgement.sheet_approvals(bundle):
        if entry.index >= revised.index:
            raise disagreement(str(entry), f"the sheet was approved after {revised}, which rests on it.")
    introduced, issued = log.check_keys(bundle, signed_by=_key_id(bundle)), approving.issued(bundle)
    if introduced.index >= issued.index:
        raise disagreement(str(issued), f"its key was introduced later, by {introduced}.")
    reads = [judgement.read(bundle, digest).index for digest in bundle.evidence]
    return f"The criteria are entry {values.ratified(bundle).index}; the first result is entry {min(reads)}."


def check_whole(bundle: Bundle) -> str:
    """Every entry is of this system and accounted for, and every opened value is what its entry committed to."""
    approving.ended(bundle)
    envelope = bundle.members[layout.MANIFEST_ENVELOPE]
    log.check_keys(bundle, signed_by=manifest.check_form(envelope, layout.MANIFEST_ENVELOPE))
    for entry in bundle.entries.all:
        system = "" if entry.type == AttestationKeyIntroduced.type else bundle.candidate["system"]
        agree(str(entry), entry.document["system"], system, by=layout.CANDIDATE)
    if odd := bundle.entries.unexplained():
        raise disagreement(layout.entry(odd[0].index), f"nothing in the bundle rests on {odd[0]}.")
    _check_disclosed(bundle)
    return f"Every member is accounted for; {len(bundle.disclosed)} confidential value(s) are opened."


def withheld(bundle: Bundle) -> list[tuple[str, str]]:
    """Return what is not in the bundle though something rests on it: a name, and its digest."""
    opened = {(d.index, d.name) for d in bundle.disclosed}
    return [
        (f"{name} of {entry}", digest)
        for entry in bundle.entries.all
        for name, digest in sorted(entry.sealed.items())
        if (entry.index, name) not in opened
    ]


def _stages(bundle: Bundle) -> list[list[Entry]]:
    decided = values.outcome_entry(bundle)
    judgement.registered(bundle)
    return [
        [bundle.entries.only(DeliberationPrepared, subject=decided.subject)],
        [bundle.entries.only(VotingOpened, subject=decided.subject)],
        values.ballots(bundle),
        [decided],
        [values.ratified(bundle)],
        [judgement.read(bundle, digest) for digest in bundle.evidence],
        [judgement.judged(bundle)],
        [approving.revision(bundle)],
        [approving.sign_off(bundle, row) for row in bundle.decision["sign_offs"]],
        [approving.decided(bundle)],
        [approving.issued(bundle)],
    ]


def _key_id(bundle: Bundle) -> str:
    return str(approving.issued(bundle).data["key_id"])


def _check_disclosed(bundle: Bundle) -> None:
    by_index = {entry.index: entry for entry in bundle.entries.all}
    opened = [(d.index, d.name) for d in bundle.disclosed]
    agree(layout.DISCLOSED, opened, sorted(set(opened)), by="its order")
    for disclosed in bundle.disclosed:
        entry = by_index.get(disclosed.index)
        if entry is None or disclosed.name not in entry.sealed:
            raise disagreement(layout.DISCLOSED, f"no entry {disclosed.index} here seals “{disclosed.name}”.")
        agree(layout.DISCLOSED, disclosed.commitment, entry.sealed[disclosed.name], by=str(entry))
