"""An installation with something in every state, so that every verb can be tried on a thing that would allow it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from governance.accounts import services as accounts
from governance.accounts.models import User
from governance.approvals.models import Approval, ReleaseCandidate
from governance.deliberation import services as deliberation
from governance.deliberation.models import Deliberation
from governance.evidence.intake import Reading
from governance.evidence.models import EdgeCaseSet, EvidenceUpload
from governance.gates.models import GateReport
from governance.specs.models import MetricSheet
from governance.specs.services import put_forward
from lineage import hooks
from lineage.models import ModelVersion, SyncReport
from tests.factories import mirror
from tests.factories.world import FAILING, SPECIFICATION, UNEQUAL, World
from tests.matrix.truth import EVERY_SCOPE

REWORDED = SPECIFICATION.replace("version: 1.0.0", "version: 1.0.1").replace("Need is seen", "Need is noticed")
PERSONS = {
    "participant": "participant_good",
    "board_member": "board",
    "service_account": "pipeline",
}
"""Role → the name of the person who holds it, where the two differ."""


@dataclass
class Stage:
    """What stands ready, by the verb it stands ready for."""

    world: World
    draft_digest: str
    deliberations: dict[str, Deliberation]
    approval: Approval
    to_decide: ReleaseCandidate
    to_sign: ReleaseCandidate
    to_refresh: ReleaseCandidate
    unregistered: ModelVersion
    reading: Reading
    reading_of_file: Reading
    unjudged: ModelVersion
    judged: ModelVersion
    routed: GateReport
    sheet: MetricSheet
    held_out: EdgeCaseSet
    upload: EvidenceUpload
    report: SyncReport
    tokens: dict[str, int]
    secrets: dict[str, str]
    """By name of the person: the id and the secret of a token of theirs that is scoped for everything."""

    def person(self, role: str, *, scopes: frozenset[str] | None = None) -> User:
        """Return a copy of whoever holds `role`, acting through a token with `scopes` if any are given."""
        found = copy.copy(self.world.people.by_name[PERSONS.get(role, role)])
        found.scopes = scopes
        return found

    def adopt(self) -> None:
        """Let the draft have been put forward, and its deliberation have adopted it, so that it can be ratified."""
        found = self.deliberations["draft"]
        put_forward(system_key="outreach", deliberation_id=found.pk, by=self.world.people.steward, at=self.world.tick())
        self.world.open_voting(found)
        self.world.vote(found)
        deliberation.decide(deliberation_id=found.pk, by=self.world.people.facilitator, at=self.world.tick())


def build() -> Stage:
    """Set the stage, in the caller's transaction."""
    world = World.begin()
    approval = world.approve("1")
    to_decide = world.open_candidate(number="2")
    world.sign_all(to_decide)
    to_sign = world.open_candidate(number="3")
    to_refresh = world.open_candidate(number="4")
    world.give_evidence(to_refresh.model_version, FAILING)
    world.judge(to_refresh.model_version)
    unread = world.register("6").model_version
    unjudged = world.register("7").model_version
    world.give_evidence(unjudged)
    digest = world.draft(REWORDED)
    tokens = _tokens(world)
    routed = world.judged(UNEQUAL, number="9")
    hooks.renew(mirror.server(), at=world.now)
    return Stage(
        world=world,
        draft_digest=digest,
        deliberations=_deliberations(world, digest) | {"about the route": world.deliberate(routed.digest)},
        approval=approval,
        to_decide=to_decide,
        to_sign=to_sign,
        to_refresh=to_refresh,
        unregistered=world.mirror("5"),
        reading=world.read(unread),
        reading_of_file=world.read_file(unread),
        unjudged=unjudged,
        judged=world.judged(number="8").model_version,
        routed=routed,
        sheet=world.write_sheet("precision"),
        held_out=world.write_edge_cases(),
        upload=world.begin_upload(unjudged),
        report=SyncReport.objects.create(
            server=mirror.server(), started_at=world.now, outcome="succeeded", counts={"versions": 1}, digest="0" * 64
        ),
        tokens={name: token for name, (token, _) in tokens.items()},
        secrets={name: secret for name, (_, secret) in tokens.items()},
    )


@contextmanager
def taken_back() -> Iterator[None]:
    """Undo everything that is written inside, however it ends."""
    with transaction.atomic():
        try:
            yield
        finally:
            transaction.set_rollback(True)


def _deliberations(world: World, digest: str) -> dict[str, Deliberation]:
    by = world.people.facilitator
    found = {
        name: world.prepare_deliberation(digest=digest) for name in ("draft", "open", "voting", "voted", "decided")
    }
    deliberation.open_deliberation(deliberation_id=found["open"].pk, by=by, at=world.tick())
    for name in ("voting", "voted", "decided"):
        world.open_voting(found[name])
    for name in ("voted", "decided"):
        world.vote(found[name])
    deliberation.decide(deliberation_id=found["decided"].pk, by=by, at=world.tick())
    return found


def _tokens(world: World) -> dict[str, tuple[int, str]]:
    found = {}
    for name, user in world.people.by_name.items():
        if name != "machine":
            token, secret = accounts.issue_token(
                user=user,
                label="A token",
                scopes=sorted(EVERY_SCOPE),
                expires_at=world.now + timedelta(days=30),
                by=user,
                at=world.now,
            )
            found[name] = token.pk, secret
    return found
