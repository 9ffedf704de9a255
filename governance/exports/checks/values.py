"""Are these the values that people deliberated and ratified? Pure."""

from __future__ import annotations

from governance import canonical
from governance.deliberation.events import (
    BallotCast,
    DeliberationDecided,
    DeliberationPrepared,
    PositionStated,
    VotingOpened,
)
from governance.exports import layout
from governance.exports.contents import Bundle
from governance.exports.entries import Entry, agree, disagreement
from governance.specs import document, reading
from governance.specs.clauses import EVERYBODY
from governance.specs.events import SpecificationRatified

ADOPT = "adopt"
DESIGN = ("question", "framing", "options", "seated_groups", "rule", "quorum", "group_quorum", "smallest_group")


def check_specification(bundle: Bundle) -> str:
    """The specification is what was ratified, for the populations that were meant, and its text says the same."""
    entry = ratified(bundle)
    named = document.from_canonical(bundle.specification).groups() - {EVERYBODY}
    agree(layout.POPULATIONS, sorted(bundle.populations), sorted(named), by=layout.SPECIFICATION)
    agree(layout.POPULATIONS, bundle.digest(layout.POPULATIONS), entry.data["populations"], by=str(entry))
    agree(layout.SPECIFICATION, bundle.specification["version"], entry.data["version"], by=str(entry))
    if entry.actor == entry.data["drafter"]:
        raise disagreement(str(entry), "who drafted the specification ratified it, too.")
    text = bundle.members[layout.SPECIFICATION_TEXT].decode("utf-8")
    agree(
        layout.SPECIFICATION_TEXT,
        document.digest(reading.read(text)),
        bundle.digest(layout.SPECIFICATION),
        by=layout.SPECIFICATION,
    )
    return f"Specification {entry.data['version']} is what {entry} ratified, and its text says the same."


def check_deliberation(bundle: Bundle) -> str:
    """The outcome is the one that was recorded, about exactly this specification, from as many ballots."""
    entry, decided = ratified(bundle), outcome_entry(bundle)
    agree("deliberation", entry.data["deliberation"], decided.subject, by=str(decided))
    agree(str(entry), entry.data["outcome_digest"], bundle.digest(layout.OUTCOME), by=layout.OUTCOME)
    prepared = bundle.entries.only(DeliberationPrepared, subject=decided.subject)
    agree(str(prepared), prepared.data["about_digest"], bundle.digest(layout.SPECIFICATION), by=layout.SPECIFICATION)
    agree(layout.DESIGN, sorted(bundle.design), sorted(DESIGN), by="its schema")
    voting = bundle.entries.only(VotingOpened, subject=decided.subject, digest=bundle.digest(layout.DESIGN))
    agree(layout.OUTCOME, bundle.outcome["rule"], voting.data["rule"], by=str(voting))
    agree(layout.OUTCOME, bundle.outcome["winner"] or "", decided.data["winner"], by=str(decided))
    agree(layout.OUTCOME, (bundle.outcome["winner"], bundle.outcome["quorate"]), (ADOPT, True), by="a ratification")
    agree(layout.OUTCOME, bundle.outcome["quorum"]["needed"], bundle.design["quorum"], by=layout.DESIGN)
    counted, dissenting = _ballots(bundle, decided), _dissents(bundle)
    return f"The outcome of {decided} rests on {counted} sealed ballot(s); {dissenting} dissent(s) stand beside it."


def ratified(bundle: Bundle) -> Entry:
    """Return the entry that ratified the bundle's specification."""
    return bundle.entries.only(SpecificationRatified, digest=bundle.digest(layout.SPECIFICATION))


def outcome_entry(bundle: Bundle) -> Entry:
    """Return the entry that recorded the bundle's outcome."""
    return bundle.entries.only(DeliberationDecided, digest=bundle.digest(layout.OUTCOME))


def ballots(bundle: Bundle) -> list[Entry]:
    """Return the entries of the ballots that were counted."""
    seat = f"{outcome_entry(bundle).subject}:seat:"
    return [entry for entry in bundle.entries.every(BallotCast) if entry.subject.startswith(seat)]


def dissents(bundle: Bundle) -> list[Entry]:
    """Return the entries of the dissents that stand beside the outcome."""
    position = f"{outcome_entry(bundle).subject}:position:"
    return [e for e in bundle.entries.every(PositionStated, kind="dissent") if e.subject.startswith(position)]


def _ballots(bundle: Bundle, decided: Entry) -> int:
    cast = ballots(bundle)
    if len({entry.subject for entry in cast}) != len(cast):
        raise disagreement("log/entries", "one seat has two ballots that count.")
    commitments = canonical.digest(sorted(entry.data["commitment"] for entry in cast))
    agree("log/entries", commitments, decided.data["commitments_digest"], by=f"{decided} of the ballots' commitments")
    agree(layout.OUTCOME, bundle.outcome["quorum"]["turnout"], len(cast), by="the number of ballots in the log")
    return len(cast)


def _dissents(bundle: Bundle) -> int:
    stated = sorted([row["actor"], row["group"], row["commitment"]] for row in bundle.outcome["dissent"])
    logged = sorted([entry.actor, entry.data["group"], entry.sealed["text"]] for entry in dissents(bundle))
    agree(layout.OUTCOME, stated, logged, by="the log's dissents")
    return len(stated)
