"""The voting rules, one function each: (options, ballots, ballots by group) → what the rule says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import prod

Options = tuple[str, ...]

SMALLEST_SHOWN = 3
"""A tally of fewer people tells each of them how the others voted, so no deliberation may show one."""


@dataclass(frozen=True, kw_only=True)
class Ballot:
    """What one seat said: `ranking` best first, perhaps not all options; `approved` only where it was asked for."""

    seat: str
    group: str
    ranking: tuple[str, ...]
    approved: tuple[str, ...] | None = None

    @property
    def approvals(self) -> tuple[str, ...]:
        """Return the approved options; none as long as nothing says which they are."""
        return self.approved or ()

    def approving_first(self, count: int) -> Ballot:
        """Return the ballot with its first `count` ranked options approved, unless it says itself which it approves."""
        return self if self.approved is not None else replace(self, approved=self.ranking[:count])


Ballots = tuple[Ballot, ...]
Groups = Mapping[str, Ballots]


@dataclass(frozen=True, kw_only=True)
class Counted:
    """One rule's answer: the winner, or None and the options that tie (none when the rule elects nobody).

    `by_group` says that `values` rest on single groups, which may have to be hidden.
    """

    winner: str | None
    tie: Options
    values: tuple[tuple[str, Fraction], ...]
    note: str = ""
    by_group: bool = False


def plurality(options: Options, ballots: Ballots, groups: Groups) -> Counted:
    """Most first choices."""
    return _highest(_first_choices(options, ballots))


def majority(options: Options, ballots: Ballots, groups: Groups) -> Counted:
    """More than half of the first choices; who abstains is not counted."""
    values = _first_choices(options, ballots)
    total = sum(values.values())
    winner = next((option for option, value in values.items() if 2 * value > total), None)
    note = "" if winner else "No option is the first choice of more than half."
    return Counted(winner=winner, tie=(), values=tuple(values.items()), note=note)


def borda(options: Options, ballots: Ballots, groups: Groups) -> Counted:
    """m - 1 points for the first of m options down to 0; options left out share the points that remain."""
    values = dict.fromkeys(options, Fraction(0))
    for ballot in ballots:
        if not ballot.ranking:
            continue
        shared = Fraction(len(options) - 1 - len(ballot.ranking), 2)
        for option in options:
            ranked = option in ballot.ranking
            values[option] += len(options) - 1 - ballot.ranking.index(option) if ranked else shared
    return _highest(values)


def condorcet(options: Options, ballots: Ballots, groups: Groups) -> Counted:
    """The option that beats every other one to one; else the smallest set that beats all outside it (Smith set).

    The value of an option is the number of others that it beats.
    """
    beats = _beats(options, ballots)
    values = {option: Fraction(sum((option, other) in beats for other in options)) for option in options}
    top = _smith_set(options, beats)
    winner = top[0] if len(top) == 1 and ballots else None
    cyclic = has_cycle(options, ballots)
    note = "" if winner else "No option beats every other one" + (": the majorities form a cycle." if cyclic else ".")
    return Counted(winner=winner, tie=() if winner else top, values=tuple(values.items()), note=note)


def approval(options: Options, ballots: Ballots, groups: Groups) -> Counted:
    """Most approvals."""
    return _highest({option: Fraction(sum(option in b.approvals for b in ballots)) for option in options})


def minimum_group_support(options: Options, ballots: Ballots, groups: Groups) -> Counted:
    """The option whose approval in the group that likes it least is highest; a group without ballots has no say."""
    present = [found for found in groups.values() if found]
    values = {
        option: min((Fraction(_agree(option, found), len(found)) for found in present), default=Fraction(0))
        for option in options
    }
    return _by_group(_highest(values), groups)


def consensus(options: Options, ballots: Ballots, groups: Groups) -> Counted:
    """The option with the highest group-informed consensus; approving it counts as agreeing."""
    values = {
        option: group_informed_consensus({name: (_agree(option, found), len(found)) for name, found in groups.items()})
        for option in options
    }
    return _by_group(_highest(values, nothing=not ballots), groups)


def group_informed_consensus(groups: Mapping[str, tuple[int, int]]) -> Fraction:
    """Return the product over groups of (agree + 1) / (votes + 2), from each group's (agree, votes).

    Source: Polis (Small et al. 2021, "Polis: Scaling deliberation by mapping high dimensional opinion spaces").
    """
    return prod((Fraction(agree + 1, votes + 2) for agree, votes in groups.values()), start=Fraction(1))


def has_cycle(options: Options, ballots: Ballots) -> bool:
    """Say whether the majorities run in a circle: some option beats another that, by way of others, beats it."""
    beats = _beats(options, ballots)
    return any(option in _reachable(option, options, beats) for option in options)


RULES: dict[str, Callable[[Options, Ballots, Groups], Counted]] = {
    "plurality": plurality,
    "majority": majority,
    "borda": borda,
    "condorcet": condorcet,
    "approval": approval,
    "minimum-group-support": minimum_group_support,
    "group-informed-consensus": consensus,
}


def _highest(values: Mapping[str, Fraction], *, nothing: bool = False) -> Counted:
    best = max(values.values())
    top = tuple(option for option, value in values.items() if value == best)
    if nothing or best == 0:
        return Counted(winner=None, tie=tuple(values), values=tuple(values.items()), note="No option has support.")
    winner = top[0] if len(top) == 1 else None
    return Counted(winner=winner, tie=() if winner else top, values=tuple(values.items()))


def _first_choices(options: Options, ballots: Ballots) -> dict[str, Fraction]:
    return {option: Fraction(sum(b.ranking[:1] == (option,) for b in ballots)) for option in options}


def _agree(option: str, ballots: Ballots) -> int:
    return sum(option in ballot.approvals for ballot in ballots)


def _by_group(found: Counted, groups: Groups) -> Counted:
    absent = [name for name, members in groups.items() if not members]
    said = f"No ballot came from {', '.join(absent)}." if absent else ""
    return replace(found, by_group=True, note=" ".join(filter(None, (found.note, said))))


def _beats(options: Options, ballots: Ballots) -> frozenset[tuple[str, str]]:
    pairs = ((a, b) for a in options for b in options if a != b)
    return frozenset((a, b) for a, b in pairs if _prefer(a, b, ballots) > _prefer(b, a, ballots))


def _prefer(first: str, second: str, ballots: Ballots) -> int:
    return sum(_rank(first, ballot) < _rank(second, ballot) for ballot in ballots)


def _rank(option: str, ballot: Ballot) -> int:
    return ballot.ranking.index(option) if option in ballot.ranking else len(ballot.ranking)


def _reachable(start: str, options: Options, edges: frozenset[tuple[str, str]]) -> frozenset[str]:
    """Return what can be reached from `start` in one or more steps."""
    found: set[str] = set()
    ahead = [start]
    while ahead:
        here = ahead.pop()
        new = {option for option in options if (here, option) in edges} - found
        found |= new
        ahead += sorted(new)
    return frozenset(found)


def _smith_set(options: Options, beats: frozenset[tuple[str, str]]) -> Options:
    """Return the smallest set whose members each beat every option outside it.

    Whoever a member does not beat must be a member; the smallest closure of one option under this is the set.
    """
    not_beaten = frozenset((a, b) for a in options for b in options if (a, b) not in beats)
    smallest = min((_reachable(option, options, not_beaten) for option in options), key=len)
    return tuple(option for option in options if option in smallest)
