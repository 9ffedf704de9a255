"""How each verb is tried: the arguments of its service, on the thing of the stage that stands ready for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from governance.accounts.models import User
from governance.approvals.selectors import newest_revision
from governance.errors import NotAllowedNow
from governance.specs import sheet
from governance.systems.models import RoleGrant
from tests.factories.evidence import EDGE_CASES, SAID
from tests.factories.world import ANSWERS, LETTER, PHONE
from tests.matrix.stage import PERSONS, REWORDED, Stage
from tests.people import PASSWORD

Arguments = dict[str, Any]
SYSTEM: Arguments = {"system_key": "outreach"}
APPROVED_SHEET: Arguments = {"metric": "recall", "digest": sheet.digest(sheet.make("recall", ANSWERS))}
MISSING: Arguments = {
    "system_key": "nowhere",
    "user_id": UUID("00000000-0000-4000-8000-00000000dead"),
    **dict.fromkeys(
        ("approval_id", "candidate_id", "route_id", "deliberation_id", "grant_id", "leaf_id", "upload_id"), 10**9
    ),
    "token_id": 10**9,
}
"""What names nothing, for each argument that names the thing a verb is about."""


def arguments(verb: str, *, stage: Stage, role: str) -> Arguments:
    """Return the keyword arguments with which `role` tries `verb`, all but `by` and `at`."""
    return FOR_VERB[verb](stage, role)


def moment(verb: str, *, stage: Stage) -> datetime:
    """Return when `verb` is tried: now, but for what only time makes possible."""
    later = timedelta(days=200) if verb == "approvals.approval.lapse" else timedelta(minutes=1)
    return stage.world.now + later


def of_another(verb: str, *, stage: Stage, role: str) -> Arguments:
    """Return the arguments with which `role` tries `verb` on what is another person's."""
    other = "steward" if role != "steward" else "facilitator"
    if verb == "accounts.token.revoke":
        return {"token_id": stage.tokens[other]}
    return _issue(stage, other)


def of_nothing(given: Arguments) -> Arguments:
    """Return these arguments with what does not exist in the place of what the verb is about."""
    about = [name for name in MISSING if name in given]
    # Putting a draft forward names its system and a deliberation; the system comes first.
    return given | {name: MISSING[name] for name in about[:1]}


def _known(stage: Stage, role: str, name: str) -> User:
    """Return the person `name`; where `role` knows nobody, themselves: who is unknown is refused before all else."""
    return stage.person(role) if role in ("outsider", "service_account") else stage.world.people.by_name[name]


def _issue(stage: Stage, role: str) -> Arguments:
    expires_at = stage.world.now + timedelta(days=7)
    return {"user": stage.person(role), "label": "Mine", "scopes": ["system.read"], "expires_at": expires_at}


def _revoke(stage: Stage, role: str) -> Arguments:
    return {"token_id": stage.tokens.get(PERSONS.get(role, role), stage.tokens["steward"])}


def _sign(stage: Stage, role: str) -> Arguments:
    spoken_for = {"role": "representative", "group": "poor-health"}
    capacity = spoken_for if role == "representative" else {"role": "board_member", "group": ""}
    shown = newest_revision(stage.to_sign).digest
    return {"candidate_id": stage.to_sign.pk, "shown_digest": shown, "stance": "approve", **capacity}


def _decide(stage: Stage, role: str) -> Arguments:
    shown = newest_revision(stage.to_decide).digest
    return {"candidate_id": stage.to_decide.pk, "shown_digest": shown, "outcome": "approved", "reason": "All is met."}


def _prepare(stage: Stage, role: str) -> Arguments:
    return SYSTEM | {
        "subject": "specification:outreach",
        "subject_digest": stage.draft_digest,
        "question": "Shall this specification be adopted?",
        "framing": "It says below which share of seen need no letter goes out.",
        "options": [{"key": "adopt", "text": "Adopt it"}, {"key": "revise", "text": "Send it back"}],
        "seated_groups": ["good-health", "limited"],
        "rule": "majority",
        "quorum": 2,
        "group_quorum": 1,
        "smallest_group": 3,
        "proposer": _known(stage, role, "steward"),
    }


def _on(name: str, **more: Any) -> Callable[[Stage, str], Arguments]:
    return lambda stage, role: {"deliberation_id": stage.deliberations[name].pk, **more}


def _open_voting(stage: Stage, role: str) -> Arguments:
    return {"deliberation_id": stage.deliberations["open"].pk, "until": stage.world.now + timedelta(days=7)}


def _grant(stage: Stage, role: str) -> Arguments:
    start, end = stage.world.now + timedelta(minutes=1), stage.world.now + timedelta(days=30)
    user = _known(stage, role, "auditor" if role != "auditor" else "second_board")
    return SYSTEM | {"user": user, "role": "board_member", "starts_at": start, "ends_at": end}


def _end(stage: Stage, role: str) -> Arguments:
    return {"grant_id": RoleGrant.objects.get(role="auditor").pk}


def _declare(stage: Stage, role: str) -> Arguments:
    text = dict.fromkeys(("name", "mandate", "affected_because", "floor"), "People far from a practice")
    return SYSTEM | text | {"key": "rural", "selector": {"column": "region", "equals": "rural"}}


def _ratify(stage: Stage, role: str) -> Arguments:
    stage.adopt()
    return SYSTEM | {"digest": stage.draft_digest}


def _sealed(stage: Stage, role: str) -> Arguments:
    leaf = stage.to_decide.revisions.latest("number").sign_offs.latest("pk").leaf_id
    return {"leaf_id": leaf, "name": "reason", "ground": "The person asked for it."}


FOR_VERB: dict[str, Callable[[Stage, str], Arguments]] = {
    "accounts.administrator.bootstrap": lambda s, r: {
        "email": "second@example.org",
        "name": "Second",
        "password": "correct horse battery staple",
    },
    "accounts.password.change": lambda s, r: {"current": PASSWORD, "new": "a battery of staples and horses"},
    "accounts.password.reset": lambda s, r: {"user_id": s.world.people.outsider.pk},
    "accounts.token.issue": _issue,
    "accounts.token.revoke": _revoke,
    "accounts.user.add": lambda s, r: {
        "email": "new@example.org",
        "name": "New",
        "password": "correct horse battery staple",
    },
    "accounts.user.erase": lambda s, r: {"user_id": s.world.people.outsider.pk},
    "approvals.approval.lapse": lambda s, r: {"approval_id": s.approval.pk},
    "approvals.approval.revoke": lambda s, r: {"approval_id": s.approval.pk, "reason": "It harms people."},
    "approvals.candidate.decide": _decide,
    "approvals.candidate.open": lambda s, r: SYSTEM | {"version": s.judged, "context_key": PHONE},
    "approvals.candidate.refresh": lambda s, r: {"candidate_id": s.to_refresh.pk},
    "approvals.candidate.sign": _sign,
    "approvals.candidate.withdraw": lambda s, r: {"candidate_id": s.to_sign.pk, "reason": "A better one comes."},
    "approvals.conflict.declare": lambda s, r: {"candidate_id": s.to_sign.pk, "reason": "My sister trained it."},
    "approvals.key.introduce": lambda s, r: {},
    "approvals.registry.told": lambda s, r: {"write_back_id": s.approval.write_backs.get().pk},
    "audit.sealed.erase": _sealed,
    "deliberation.ballot.cast": _on("voting", ranking=["adopt"]),
    "deliberation.deliberation.close": _on("decided", answer="You said the threshold is low; we will raise it."),
    "deliberation.deliberation.decide": _on("voted"),
    "deliberation.deliberation.open": _on("draft"),
    "deliberation.deliberation.prepare": _prepare,
    "deliberation.position.state": _on("open", kind="statement", text="We wait for calls all day."),
    "deliberation.voting.open": _open_voting,
    "evidence.checkpoint.register": lambda s, r: SYSTEM | {"version": s.unregistered},
    "evidence.edge_cases.open": lambda s, r: (
        SYSTEM | {"key": s.held_out.key, "version": 1, "because": "To evaluate it."}
    ),
    "evidence.edge_cases.write": lambda s, r: SYSTEM | {"text": EDGE_CASES.replace("held-out", "development")},
    "evidence.evaluation.read": lambda s, r: SYSTEM | {"reading": s.reading},
    "evidence.file.upload": lambda s, r: SYSTEM | {"reading": s.reading_of_file},
    "evidence.upload.begin": lambda s, r: (
        SYSTEM | {"version": s.unjudged, "name": "cases.csv", "size": 10, "digest": "a" * 64, "said": SAID}
    ),
    "evidence.upload.refuse": lambda s, r: {"upload_id": s.upload.pk, "refusal": NotAllowedNow("It is no table.")},
    "gates.report.make": lambda s, r: SYSTEM | {"version": s.unjudged, "context_key": LETTER},
    "gates.route.close": lambda s, r: {
        "route_id": s.routed.routes.get().pk,
        "because": "It was deliberated.",
        "deliberation_id": s.deliberations["about the route"].pk,
    },
    "monitoring.server.connect": lambda s, r: {"key": "second", "url": "http://127.0.0.1:9"},
    "monitoring.hook.disconnect": lambda s, r: {"server_key": "main"},
    "monitoring.hook.connect": lambda s, r: {"server_key": "main", "callback": "http://127.0.0.1:9/hooks/mlflow/main"},
    "monitoring.synchronisation.judge": lambda s, r: SYSTEM | {"report": s.report},
    "specs.draft.put_forward": lambda s, r: SYSTEM | {"deliberation_id": s.deliberations["draft"].pk},
    "specs.draft.save": lambda s, r: (
        SYSTEM | {"text": REWORDED.replace("waits for it", "has to wait"), "replaces": s.draft_digest}
    ),
    "specs.sheet.approve": lambda s, r: SYSTEM | {"metric": s.sheet.metric, "digest": s.sheet.digest},
    "specs.sheet.withdraw": lambda s, r: SYSTEM | APPROVED_SHEET | {"because": "It counts letters."},
    "specs.sheet.write": lambda s, r: SYSTEM | {"metric": "kindness", "answers": ANSWERS},
    "specs.version.ratify": _ratify,
    "systems.context.add": lambda s, r: (
        SYSTEM
        | {
            "key": "us/outreach/visit",
            "name": "Visits",
            "stakes": "Somebody comes, or not.",
            "live_alias": "live-visit",
        }
    ),
    "systems.group.declare": _declare,
    "systems.model.connect": lambda s, r: SYSTEM | {"server_key": "main", "name": "another-model"},
    "systems.role.end": _end,
    "systems.role.grant": _grant,
    "systems.system.create": lambda s, r: {
        "key": "triage",
        "name": "Triage",
        "purpose": "Says who comes first.",
        "owner": _known(s, r, "steward"),
    },
}

PREPARED = frozenset({"specs.version.ratify"})
"""Verbs whose arguments first bring the stage into the state that allows them."""
