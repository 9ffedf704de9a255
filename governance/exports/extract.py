"""An extract from the record about a version, a candidate or a system: the one source of the lineage formats. Pure.

Times are RFC 3339 texts, numbers decimal strings, people opaque ids. Verdicts and figures stand beside each other for
each dimension, group and context; there is no figure over them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from governance.exports.things import Lineage, Link, Place, Thing
from lineage.digests import FileDigest


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """What was measured for one dimension, metric, group and context; `low` and `high` bound it as `interval` says."""

    dimension: str
    metric: str
    aggregate: str
    group: str
    context: str
    estimate: str
    n: int
    low: str
    high: str
    interval: str

    @property
    def place(self) -> tuple[str, ...]:
        """What it is about."""
        return (self.dimension, self.metric, self.aggregate, self.group, self.context)


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """One evaluation that Edgewise read and recomputed. When it ran, and on which datasets, its client asserted."""

    digest: str
    run: str
    version: Thing
    specification: str
    level: str
    cases: int
    table: str
    evaluated_at: str
    datasets: tuple[Mapping[str, str], ...]
    read_by: str
    read_at: str
    figures: tuple[Figure, ...]

    @property
    def place(self) -> tuple[str, ...]:
        """What tells it apart: the same cases can be read for copies of a version, and under several specifications."""
        return (self.digest, self.specification, *self.version.place)


@dataclass(frozen=True, kw_only=True, slots=True)
class Criterion:
    """One criterion as it holds in a context."""

    dimension: str
    dimension_name: str
    tier: int
    metric: str
    aggregate: str
    asked: str
    unit: str

    @property
    def place(self) -> tuple[str, ...]:
        """What it is about."""
        return (self.dimension, self.metric, self.aggregate, self.asked)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """What the gate said of one group by one criterion; `figure` has no estimate where there is no evidence."""

    criterion: Criterion
    group: str
    verdict: str
    reason: str
    figure: Figure


@dataclass(frozen=True, kw_only=True, slots=True)
class Specification:
    """A ratified value specification, and the outcome of the deliberation that it came from."""

    system: str
    version: str
    digest: str
    ratified_at: str
    outcome: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """A gate report: `evidence` are the digests of the evaluations that it rests on."""

    digest: str
    version: Thing
    context: str
    specification: Specification
    verdict: str
    judged_at: str
    judged_by: str
    evidence: tuple[str, ...]
    cells: tuple[Cell, ...]

    @property
    def place(self) -> tuple[str, ...]:
        """What tells it apart: copies of a version can be judged alike."""
        return (self.digest, *self.version.place)

    @property
    def rests_on(self) -> tuple[tuple[str, ...], ...]:
        """The places of the evaluations that it rests on."""
        return tuple((digest, self.specification.digest, *self.version.place) for digest in self.evidence)


@dataclass(frozen=True, kw_only=True, slots=True)
class SignOff:
    """One person's word, in one capacity."""

    actor: str
    role: str
    group: str
    stance: str
    at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """How a candidate was decided."""

    digest: str
    outcome: str
    by: str
    at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Approval:
    """What a decision approved, from when until when; `ended` is how and `ended_at` when it ended, if it has."""

    id: int
    statement: str
    valid_from: str
    valid_until: str
    ended: str = ""
    ended_at: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """A release candidate's newest revision, and what became of it."""

    candidate: int
    revision: int
    digest: str
    version: Thing
    context: str
    judgement: str
    made_by: str
    made_at: str
    sign_offs: tuple[SignOff, ...]
    decision: Decision | None
    approval: Approval | None

    @property
    def place(self) -> tuple[str, ...]:
        """What tells it apart: a candidate withdrawn and opened again can have the same document."""
        return (str(self.candidate), str(self.revision))

    @property
    def rests_on(self) -> tuple[str, ...]:
        """The place of its gate report."""
        return (self.judgement, *self.version.place)


@dataclass(frozen=True, kw_only=True)
class Extract:
    """Everything that a format says. `site` is the address of the installation, `about` what was asked for: `kind` is
    version, candidate or system. `files` are those that Edgewise hashed, by the place of their version;
    `recorded_at` is when the newest of it was recorded."""

    site: str
    kind: str
    about: str
    system: str
    system_name: str
    purpose: str
    recorded_at: str
    versions: tuple[Thing, ...]
    lineage: Lineage
    files: Mapping[Place, tuple[FileDigest, ...]]
    objectives: tuple[Mapping[str, Any], ...]
    evaluations: tuple[Evaluation, ...]
    judgements: tuple[Judgement, ...]
    releases: tuple[Release, ...]

    @property
    def subject(self) -> Thing | None:
        """The one version that it is about; None for a system, which has many."""
        return self.versions[0] if self.kind != "system" and self.versions else None

    @cached_property
    def runs(self) -> dict[str, Thing]:
        """The runs of the lineage by their ids."""
        return {thing.reference: thing for thing in self.lineage.things if thing.is_activity}

    @cached_property
    def before(self) -> dict[Place, list[Link]]:
        """The links that end at each thing, by its place."""
        found: dict[Place, list[Link]] = {thing.place: [] for thing in self.lineage.things}
        for link in self.lineage.links:
            found[link.head.place].append(link)
        return found

    @cached_property
    def after(self) -> dict[Place, list[Link]]:
        """The links that begin at each thing, by its place."""
        found: dict[Place, list[Link]] = {thing.place: [] for thing in self.lineage.things}
        for link in self.lineage.links:
            found[link.tail.place].append(link)
        return found

    def upstream(self, version: Thing) -> list[Link]:
        """Return every link on a way to `version`; clients can assert a cycle, so each thing is visited once."""
        waiting, seen = [version.place], {version.place}
        found: list[Link] = []
        while waiting:
            links = self.before.get(waiting.pop(), [])
            found += links
            fresh = {link.tail.place for link in links} - seen
            seen |= fresh
            waiting += sorted(fresh)
        return found

    def figures(self, version: Thing) -> tuple[Figure, ...]:
        """Return what was measured of `version`, each once: as the gate's verdict used it, else as it was read."""
        judged = [c.figure for j in self.judgements if j.version.place == version.place for c in j.cells]
        read = [f for e in self.evaluations if e.version.place == version.place for f in e.figures]
        found = {figure.place: figure for figure in reversed(judged + read) if figure.estimate}
        return tuple(found[place] for place in sorted(found))
