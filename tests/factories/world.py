"""The main job, walked through the services as far as a test needs it: each step returns what it made.

`World.begin()` is an installation with a system, people and groups; then `ratify()`, `register()`, `give_evidence()`,
`judge()`, `open_candidate()`, `sign_all()`, `approve()`. Time moves forward by itself, a minute a step.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from governance import canonical
from governance.approvals import issuing, judging, keys
from governance.approvals import services as approvals
from governance.approvals.models import Approval, Decision, ReleaseCandidate
from governance.audit import keys as log_keys
from governance.deliberation import services as deliberation
from governance.deliberation.models import Deliberation
from governance.errors import Conflict
from governance.evidence import files, uploads
from governance.evidence import services as evidence
from governance.evidence.intake import Reading
from governance.evidence.models import Checkpoint, EdgeCaseSet, EvaluationRun, EvidenceUpload
from governance.evidence.runs import reading_of
from governance.gates import services as gates
from governance.gates.models import GateReport
from governance.specs import selectors as specs
from governance.specs import services as specifications
from governance.specs import sheet
from governance.specs.models import MetricSheet, SheetWithdrawal, SpecificationVersion
from governance.systems import services as systems
from governance.systems.models import AISystem
from lineage.models import ModelVersion
from tests import people
from tests.factories import evidence as tables
from tests.factories import mirror

SPECIFICATION = (Path(__file__).parent / "specification.yaml").read_text()
TWO_VALUES = SPECIFICATION.replace(
    "tensions: []",
    """  - key: left-in-peace
    name: Left in peace
    protects: People who need nothing are not called.
    whose_value: people at home
    direction: higher
    unit: proportion
    tier: 1
    criteria:
      - {metric: recall, aggregate: proportion, comparator: ">=", threshold: 0.5, alpha: 0.05, min_n: 9,
         bound: wilson, level: response, groups: [poor-health]}
tensions: []""",
)
"""The same with a second value, so that there is something to set the first against."""
PHONE, LETTER = "us/outreach/phone", "us/outreach/letter"
PASSING = dict.fromkeys(people.GROUPS, (92, 100))
FAILING = {**PASSING, "poor-health": (40, 100)}
FEW = {**PASSING, "poor-health": (9, 10)}
UNEQUAL = {**PASSING, "excellent-health": (190, 200), "poor-health": (158, 200)}
SELECTORS = {
    "excellent-health": {"column": "health", "equals": "excellent"},
    "good-health": {"column": "health", "equals": "good"},
    "fair-health": {"column": "health", "equals": "fair"},
    "poor-health": {"column": "health", "equals": "poor"},
    "limited": {"column": "limited", "equals": "yes"},
}

ANSWERS = {name: f"Answered: {question}" for name, question in sheet.QUESTIONS.items()}
ANSWERED = "Every group is seen, and the dissent has been answered."


@dataclass
class World:
    """An installation and its clock."""

    people: people.People
    system: AISystem
    now: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(days=1))
    dissent: str = "The threshold is too low for people who cannot come in."

    @classmethod
    def begin(cls) -> World:
        """Return an installation with keys, the system `outreach`, two contexts, five groups and everybody's role."""
        start = datetime.now(UTC) - timedelta(days=1)
        make_keys()
        administrator = people.add_administrator(at=start)
        everybody = people.add_people(administrator=administrator, at=start)
        issuing.introduce_key(by=everybody.machine, at=start)
        system = systems.create_system(
            key="outreach",
            name="Outreach assistant",
            purpose="Says whom a nurse should call early.",
            owner=everybody.steward,
            by=administrator,
            at=start,
        )
        world = cls(people=everybody, system=system, now=start)
        world._describe()
        people.grant_roles(everybody, at=world.tick())
        return world

    def tick(self, minutes: int = 1) -> datetime:
        """Let time pass; return the new now."""
        self.now += timedelta(minutes=minutes)
        return self.now

    def declare(self, key: str, selector: dict[str, object]) -> None:
        """Declare a group, or its next version, whose cases `selector` chooses."""
        systems.declare_group(
            system_key="outreach",
            key=key,
            name=key.replace("-", " ").capitalize(),
            mandate="Speaks for those who rate their health so.",
            affected_because="They are called early, or not.",
            floor="Nobody of them is missed more often than three times in ten.",
            selector=selector,
            by=self.people.administrator,
            at=self.tick(),
        )

    def draft(self, text: str = SPECIFICATION) -> str:
        """Let the steward write a draft over the one there is, if any; return its digest."""
        row = specifications.save_draft(
            system_key="outreach", text=text, replaces=self.drafted(), by=self.people.steward, at=self.tick()
        )
        return row.draft_digest

    def drafted(self) -> str:
        """Return the digest of the working draft, empty when there is none."""
        line = specs.working_draft(system=self.system)
        return line.draft_digest if line else ""

    def prepare_deliberation(
        self, *, digest: str, groups: tuple[str, ...] = ("good-health", "limited", "poor-health")
    ) -> Deliberation:
        """Let the facilitator prepare the question whether to adopt the draft."""
        return deliberation.prepare(
            system_key="outreach",
            subject="specification:outreach",
            subject_digest=digest,
            question="Shall this specification be adopted?",
            framing="It says below which share of seen need no letter goes out.",
            options=[{"key": "adopt", "text": "Adopt it"}, {"key": "revise", "text": "Send it back"}],
            seated_groups=list(groups),
            rule="majority",
            quorum=3,
            group_quorum=1,
            smallest_group=3,
            proposer=self.people.steward,
            by=self.people.facilitator,
            at=self.tick(),
        )

    def open_voting(self, deliberated: Deliberation) -> None:
        """Freeze the roll and open the vote."""
        by = self.people.facilitator
        deliberation.open_deliberation(deliberation_id=deliberated.pk, by=by, at=self.tick())
        until = self.now + timedelta(days=7)
        deliberation.open_voting(deliberation_id=deliberated.pk, until=until, by=by, at=self.tick())

    def vote(self, deliberated: Deliberation) -> None:
        """Let two groups adopt, one not, and the last one dissent in writing."""
        wishes = {"representative": "adopt", "participant_good": "adopt", "participant_limited": "revise"}
        for name, wish in wishes.items():
            by = self.people.by_name[name]
            deliberation.cast_ballot(deliberation_id=deliberated.pk, ranking=[wish], by=by, at=self.tick())
        deliberation.state_position(
            deliberation_id=deliberated.pk,
            kind="dissent",
            text=self.dissent,
            by=self.people.participant_limited,
            at=self.tick(),
        )

    def deliberate(self, digest: str) -> Deliberation:
        """Return a decided deliberation about what `digest` stands for, with one dissent."""
        deliberated = self.prepare_deliberation(digest=digest)
        self.open_voting(deliberated)
        self.vote(deliberated)
        deliberation.decide(deliberation_id=deliberated.pk, by=self.people.facilitator, at=self.tick())
        return deliberated

    def close_routes(self, report: GateReport, *, because: str = "The groups deliberated.") -> None:
        """Let the groups deliberate on a report, and its routes be closed by the outcome."""
        about = self.deliberate(report.digest)
        for route in report.routes.filter(state="open"):
            gates.close_route(
                route_id=route.pk,
                because=because,
                deliberation_id=about.pk,
                by=self.people.facilitator,
                at=self.tick(),
            )

    def ratify(self, text: str = SPECIFICATION) -> SpecificationVersion:
        """Draft, deliberate with one dissent, ratify, and see that each metric has an approved sheet."""
        digest = self.draft(text)
        deliberated = self.prepare_deliberation(digest=digest)
        specifications.put_forward(
            system_key="outreach", deliberation_id=deliberated.pk, by=self.people.steward, at=self.tick()
        )
        self.open_voting(deliberated)
        self.vote(deliberated)
        deliberation.decide(deliberation_id=deliberated.pk, by=self.people.facilitator, at=self.tick())
        version = specifications.ratify(system_key="outreach", digest=digest, by=self.people.board, at=self.tick())
        self.approve_sheets({c.metric for d in version.parsed().dimensions for c in d.criteria})
        return version

    def write_sheet(self, metric: str) -> MetricSheet:
        """Let the steward write a metric's provenance sheet."""
        return specifications.write_sheet(
            system_key="outreach", metric=metric, answers=ANSWERS, by=self.people.steward, at=self.tick()
        )

    def approve_sheets(self, metrics: Iterable[str]) -> None:
        """Let the steward write, and the board approve, a sheet for each of `metrics` that has none."""
        known = specs.approved_sheets(system=self.system, metrics=metrics)
        for metric in sorted(set(metrics) - set(known)):
            written = self.write_sheet(metric)
            specifications.approve_sheet(
                system_key="outreach", metric=metric, digest=written.digest, by=self.people.board, at=self.tick()
            )

    def withdraw_sheet(self, metric: str = "recall", *, because: str = "It counts letters.") -> SheetWithdrawal:
        """Let the steward withdraw a metric's approved sheet."""
        return specifications.withdraw_sheet(
            system_key="outreach",
            metric=metric,
            digest=specs.approved_sheets(system=self.system, metrics=[metric])[metric].digest,
            because=because,
            by=self.people.steward,
            at=self.tick(),
        )

    def mirror(self, number: str = "1") -> ModelVersion:
        """Let a version have been mirrored."""
        return mirror.version(number, at=self.tick())

    def register(self, number: str = "1") -> Checkpoint:
        """Let the engineer register a mirrored version."""
        version = self.mirror(number)
        return evidence.register_checkpoint(
            system_key="outreach", version=version, by=self.people.engineer, at=self.tick()
        )

    def read(self, version: ModelVersion, counts: Mapping[str, tuple[int, int]] | None = None) -> Reading:
        """Read an evaluation of `version` with these (successes, n) for each group, started just now."""
        assert version.logged_model is not None
        snapshot = tables.run(
            run_id=f"eval-{version.version}-{self.now:%H%M}", model_id=version.logged_model.model_id, at=self.tick()
        )
        return reading_of(
            snapshot,
            io.BytesIO(tables.table(tables.cases(counts or PASSING))),
            system=self.system,
            version=version,
            specification=specs.require_in_force(system=self.system),
        )

    def write_edge_cases(self, text: str = tables.EDGE_CASES) -> EdgeCaseSet:
        """Let the steward write a set of edge cases."""
        return evidence.write_edge_cases(system_key="outreach", text=text, by=self.people.steward, at=self.tick())

    def begin_upload(self, version: ModelVersion, content: bytes = tables.FILE, **said: str) -> EvidenceUpload:
        """Let the engineer begin to send a large file about `version`."""
        return uploads.begin(
            system_key="outreach",
            version=version,
            name="cases.csv",
            size=len(content),
            digest=canonical.digest_bytes(content),
            said=tables.SAID | {"evaluated_at": self.tick().isoformat()} | said,
            by=self.people.engineer,
            at=self.tick(),
        )

    def read_file(self, version: ModelVersion, **changed: Any) -> Reading:
        """Read an uploaded file about `version`, of an evaluation that started just now."""
        told: dict[str, Any] = {
            "name": "cases.csv",
            "content": tables.FILE,
            "level": "response",
            "evaluator": "",
            "evaluated_at": self.tick(),
        }
        told |= changed
        upload = files.Upload(file=io.BytesIO(told.pop("content")), **told)
        return files.reading_of(upload, system=self.system, version=version)

    def give_evidence(
        self, version: ModelVersion, counts: Mapping[str, tuple[int, int]] | None = None
    ) -> EvaluationRun:
        """Let an evaluation of `version` with these (successes, n) for each group have been read."""
        reading = self.read(version, counts)
        return evidence.record_evidence(system_key="outreach", reading=reading, by=self.people.engineer, at=self.tick())

    def judge(self, version: ModelVersion, context_key: str = PHONE) -> GateReport:
        """Let the gate judge."""
        return judging.judge(
            system_key="outreach", version=version, context_key=context_key, by=self.people.engineer, at=self.tick()
        )

    def judged(self, counts: Mapping[str, tuple[int, int]] | None = None, number: str = "1") -> GateReport:
        """Register a version, give it evidence and judge it for the phone."""
        version = self.register(number).model_version
        self.give_evidence(version, counts)
        return self.judge(version)

    def open_candidate(
        self, counts: Mapping[str, tuple[int, int]] | None = None, number: str = "1"
    ) -> ReleaseCandidate:
        """Return an open candidate for the phone, everything before it done (the specification too, if need be)."""
        if specs.in_force(system=self.system) is None:
            self.ratify()
        report = self.judged(counts, number)
        return approvals.open_candidate(
            system_key="outreach",
            version=report.model_version,
            context_key=PHONE,
            by=self.people.engineer,
            at=self.tick(),
        )

    def sign(self, candidate: ReleaseCandidate, name: str, *, stance: str = "approve", reason: str = "") -> None:
        """Let one person sign the newest revision."""
        role, group = people.ROLES[name]
        approvals.sign(
            candidate_id=candidate.pk,
            shown_digest=approvals.newest_revision(candidate).digest,
            role=role,
            group=group,
            stance=stance,
            reason=reason,
            by=self.people.by_name[name],
            at=self.tick(),
        )

    def sign_all(self, candidate: ReleaseCandidate) -> None:
        """Let everybody sign whom the policy asks for."""
        for name in ("board", "second_board", "representative"):
            self.sign(candidate, name)

    def open_again(self, version: ModelVersion, context_key: str = PHONE) -> ReleaseCandidate:
        """Return a candidate of a version that has been judged."""
        return approvals.open_candidate(
            system_key="outreach", version=version, context_key=context_key, by=self.people.engineer, at=self.tick()
        )

    def decide(
        self, candidate: ReleaseCandidate, *, outcome: str = "approved", name: str = "board", reason: str = ANSWERED
    ) -> Decision:
        """Let a board member decide the newest revision."""
        return approvals.decide(
            candidate_id=candidate.pk,
            shown_digest=approvals.newest_revision(candidate).digest,
            outcome=outcome,
            reason=reason,
            by=self.people.by_name[name],
            at=self.tick(),
        )

    def approve(self, number: str = "1", *, reason: str = ANSWERED) -> Approval:
        """Return an approval for the phone, everything before it done."""
        candidate = self.open_candidate(number=number)
        self.sign_all(candidate)
        return self.decide(candidate, reason=reason).approval

    def _describe(self) -> None:
        administrator = self.people.administrator
        systems.connect_model(
            system_key="outreach", server_key="main", name=mirror.MODEL, by=administrator, at=self.tick()
        )
        for key, name, alias in ((PHONE, "Calls", "live-phone"), (LETTER, "Letters", "live-letter")):
            systems.add_context(
                system_key="outreach",
                key=key,
                name=name,
                stakes="Whoever is missed waits longer for care.",
                live_alias=alias,
                by=administrator,
                at=self.tick(),
            )
        for key, selector in SELECTORS.items():
            self.declare(key, selector)


def make_keys() -> None:
    """Make the log's and the attestation's key, unless a test of this process made them before."""
    for create in (log_keys.create_log_key, keys.create_attestation_key):
        try:
            create()
        except Conflict:
            continue
    assert settings.KEY_DIR.exists()
