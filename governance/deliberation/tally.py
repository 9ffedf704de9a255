"""Counting ranked ballots under every voting rule side by side, the chosen one marked. Deterministic and exact.

What is published never shows a group of fewer than k ballots, nor a figure from which one could be worked out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

from governance.deliberation import rules
from governance.deliberation.rules import RULES, Ballot, Counted
from governance.errors import Invalid, Problem

__all__ = [
    "RULES",
    "Ballot",
    "GroupTurnout",
    "Outcome",
    "Quorum",
    "RuleResult",
    "group_informed_consensus",
    "small_groups",
    "tally",
]

WITHHELD = "withheld, because a group of fewer than {k} could be worked out from it"

group_informed_consensus = rules.group_informed_consensus


@dataclass(frozen=True, kw_only=True)
class Quorum:
    """How many ballots came (`turnout`), how many were needed, and whether that was met."""

    turnout: int
    needed: int

    @property
    def met(self) -> bool:
        """Say whether as many came as were needed."""
        return self.turnout >= self.needed


@dataclass(frozen=True, kw_only=True)
class GroupTurnout:
    """Turnout of one group, and its approvals per option where the group is large enough to be shown."""

    group: str
    turnout: str
    needed: int
    met: bool
    approvals: tuple[tuple[str, int], ...] | None


@dataclass(frozen=True, kw_only=True)
class RuleResult:
    """What one rule says: `winner`, or None with the options in `tie`; `values` are None where they are withheld."""

    rule: str
    chosen: bool
    winner: str | None
    tie: tuple[str, ...]
    values: tuple[tuple[str, Fraction], ...] | None
    note: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The count under every rule. `winner` is the chosen rule's; it binds only when `quorate`."""

    rule: str
    winner: str | None
    tie: tuple[str, ...]
    cycle: bool
    quorum: Quorum
    groups: tuple[GroupTurnout, ...]
    results: tuple[RuleResult, ...]
    k: int

    @property
    def quorate(self) -> bool:
        """Say whether the quorum was met overall and in each seated group."""
        return self.quorum.met and all(group.met for group in self.groups)

    def as_document(self) -> dict[str, Any]:
        """Return the outcome for canonical hashing: numbers as decimal strings of 9 significant digits."""
        return {
            "rule": self.rule,
            "winner": self.winner,
            "tie": list(self.tie),
            "cycle": self.cycle,
            "quorate": self.quorate,
            "quorum": {"turnout": self.quorum.turnout, "needed": self.quorum.needed, "met": self.quorum.met},
            "groups": [_group_document(group, self.k) for group in self.groups],
            "results": [_result_document(result, self.k) for result in self.results],
            "smallest_group_shown": self.k,
        }


def tally(
    *,
    options: Sequence[str],
    ballots: Sequence[Ballot],
    rule: str,
    quorum: int,
    group_quorum: Mapping[str, int],
    k: int,
    approve_first: int = 1,
) -> Outcome:
    """Count `ballots` (one per seat, best option first; an empty ranking abstains and counts for the quorum).

    `group_quorum` names every seated group with the ballots it needs. A ballot without explicit approvals approves
    its first `approve_first` options. Raises Invalid with each ballot that cannot be counted.
    """
    least = {"quorum": (quorum, 0), "k": (k, 1), "approve_first": (approve_first, 1)}
    least |= {f"group_quorum.{group}": (needed, 0) for group, needed in group_quorum.items()}
    _check(options=options, ballots=ballots, rule=rule, least=least)
    cast = tuple(ballot.approving_first(approve_first) for ballot in ballots)
    members = _members(cast, group_quorum)
    hidden = small_groups({group: len(found) for group, found in members.items()}, k)
    everything_hidden = len(cast) < k
    counted = {name: count(tuple(options), cast, members) for name, count in RULES.items()}
    results = tuple(
        _result(name, found, chosen=name == rule, withheld=everything_hidden or (found.by_group and bool(hidden)))
        for name, found in counted.items()
    )
    chosen = next(result for result in results if result.chosen)
    return Outcome(
        rule=rule,
        winner=chosen.winner,
        tie=chosen.tie,
        cycle=rules.has_cycle(tuple(options), cast),
        quorum=Quorum(turnout=len(cast), needed=quorum),
        groups=tuple(
            _group(group, found, options, group_quorum.get(group, 0), hidden=hidden, k=k)
            for group, found in members.items()
        ),
        results=results,
        k=k,
    )


def _check(
    *, options: Sequence[str], ballots: Sequence[Ballot], rule: str, least: Mapping[str, tuple[int, int]]
) -> None:
    problems = []
    if len(options) < 2 or len(set(options)) != len(options):
        problems.append(Problem("options", "There are not two different options.", "Name each option once."))
    if rule not in RULES:
        problems.append(Problem("rule", f"`{rule}` is not a rule.", f"Use {', '.join(RULES)}."))
    for where, (number, allowed) in least.items():
        if number < allowed:
            problems.append(Problem(where, f"{number} is too small.", f"Give at least {allowed}."))
    problems += _ballot_problems(ballots, frozenset(options))
    if problems:
        raise Invalid(f"This cannot be counted. {problems[0]}", code="not-countable", problems=tuple(problems))


def _ballot_problems(ballots: Sequence[Ballot], options: frozenset[str]) -> list[Problem]:
    problems, seats = [], set()
    for index, ballot in enumerate(ballots):
        named = ballot.ranking + (ballot.approved or ())
        if ballot.seat in seats:
            problems.append(Problem(f"ballots[{index}].seat", "This seat votes twice.", "Count its newest ballot."))
        if not set(named) <= options:
            what = f"It names {', '.join(sorted(set(named) - options))}, which nobody could choose."
            problems.append(Problem(f"ballots[{index}].ranking", what, "Use the keys of the options."))
        if len(set(ballot.ranking)) != len(ballot.ranking):
            problems.append(Problem(f"ballots[{index}].ranking", "An option stands twice.", "Rank each option once."))
        seats.add(ballot.seat)
    return problems


def _members(ballots: Sequence[Ballot], group_quorum: Mapping[str, int]) -> dict[str, tuple[Ballot, ...]]:
    names = sorted(set(group_quorum) | {ballot.group for ballot in ballots})
    return {name: tuple(ballot for ballot in ballots if ballot.group == name) for name in names}


def small_groups(sizes: Mapping[str, int], k: int) -> frozenset[str]:
    """Return the groups that are not shown: those below k, and as many more as keep those from being worked out.

    Totals are public, so one hidden group equals the total less the shown ones; the smallest shown groups join
    until the hidden ones together have at least k ballots (secondary suppression).
    """
    hidden = {group for group, size in sizes.items() if 0 < size < k}
    shown = sorted((size, group) for group, size in sizes.items() if group not in hidden and size)
    while hidden and shown and sum(sizes[group] for group in hidden) < k:
        hidden.add(shown.pop(0)[1])
    return frozenset(hidden)


def _group(
    group: str, found: Sequence[Ballot], options: Sequence[str], needed: int, *, hidden: frozenset[str], k: int
) -> GroupTurnout:
    shown = str(len(found))
    if group in hidden:
        shown = f"fewer than {k}" if len(found) < k else WITHHELD.format(k=k)
    approvals = tuple((option, sum(option in ballot.approvals for ballot in found)) for option in options)
    return GroupTurnout(
        group=group,
        turnout=shown,
        needed=needed,
        met=len(found) >= needed,
        approvals=None if group in hidden else approvals,
    )


def _result(rule: str, found: Counted, *, chosen: bool, withheld: bool) -> RuleResult:
    return RuleResult(
        rule=rule,
        chosen=chosen,
        winner=found.winner,
        tie=found.tie,
        values=None if withheld else found.values,
        note=found.note,
    )


def _group_document(group: GroupTurnout, k: int) -> dict[str, Any]:
    return {
        "group": group.group,
        "turnout": group.turnout,
        "needed": group.needed,
        "met": group.met,
        "approvals": WITHHELD.format(k=k) if group.approvals is None else dict(group.approvals),
    }


def _result_document(result: RuleResult, k: int) -> dict[str, Any]:
    values = None if result.values is None else {option: nine_digits(value) for option, value in result.values}
    return {
        "rule": result.rule,
        "chosen": result.chosen,
        "winner": result.winner,
        "tie": list(result.tie),
        "values": WITHHELD.format(k=k) if values is None else values,
        "note": result.note,
    }


def nine_digits(value: Fraction) -> str:
    """Return `value` as a plain decimal string of at most nine significant digits, rounded half to even."""
    rounded = Context(prec=9).divide(Decimal(value.numerator), Decimal(value.denominator))
    return format(rounded.normalize(), "f") if rounded else "0"
