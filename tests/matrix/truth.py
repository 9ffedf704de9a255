"""Who may do what, as the domain says it. Written down here by hand: nothing of it is read from the code."""

from __future__ import annotations

ROLES = (
    "engineer",
    "steward",
    "facilitator",
    "participant",
    "representative",
    "board_member",
    "auditor",
    "service_account",
    "administrator",
    "outsider",
    "machine",
)
"""Everybody who tries: each holds exactly one role; the outsider none, and the administrator none by virtue of that."""

DONE, FORBIDDEN, HIDDEN = "done", "forbidden", "hidden"
EVERYBODY = frozenset(ROLES) - {"machine"}
NOBODY: frozenset[str] = frozenset()


def _only(*roles: str) -> frozenset[str]:
    return frozenset(roles)


ALLOWED: dict[str, frozenset[str]] = {
    "accounts.administrator.bootstrap": NOBODY,
    "accounts.password.change": EVERYBODY - {"service_account"},
    "accounts.password.reset": _only("administrator"),
    "accounts.token.issue": EVERYBODY,
    "accounts.token.revoke": EVERYBODY,
    "accounts.user.add": _only("administrator"),
    "accounts.user.erase": _only("administrator"),
    "approvals.approval.lapse": _only("machine"),
    "approvals.approval.revoke": _only("board_member"),
    "approvals.candidate.decide": _only("board_member"),
    "approvals.candidate.open": _only("engineer"),
    "approvals.candidate.refresh": _only("engineer"),
    "approvals.candidate.sign": _only("board_member", "representative"),
    "approvals.candidate.withdraw": _only("engineer"),
    "approvals.conflict.declare": _only("board_member", "representative"),
    "approvals.key.introduce": _only("machine"),
    "approvals.registry.told": _only("machine"),
    "audit.sealed.erase": _only("administrator"),
    "deliberation.ballot.cast": _only("participant", "representative"),
    "deliberation.deliberation.close": _only("facilitator"),
    "deliberation.deliberation.decide": _only("facilitator"),
    "deliberation.deliberation.open": _only("facilitator"),
    "deliberation.deliberation.prepare": _only("facilitator"),
    "deliberation.position.state": _only("participant", "representative"),
    "deliberation.voting.open": _only("facilitator"),
    "evidence.checkpoint.register": _only("engineer"),
    "evidence.edge_cases.open": _only("engineer"),
    "evidence.edge_cases.write": _only("steward", "facilitator"),
    "evidence.evaluation.read": _only("engineer"),
    "evidence.file.upload": _only("engineer"),
    "evidence.upload.begin": _only("engineer"),
    "evidence.upload.refuse": _only("machine"),
    "gates.report.make": _only("engineer"),
    "gates.route.close": _only("facilitator"),
    "monitoring.server.connect": _only("administrator"),
    "monitoring.hook.connect": _only("administrator"),
    "monitoring.hook.disconnect": _only("administrator"),
    "monitoring.synchronisation.judge": _only("machine"),
    "specs.draft.put_forward": _only("steward"),
    "specs.draft.save": _only("steward"),
    "specs.sheet.approve": _only("board_member"),
    "specs.sheet.withdraw": _only("steward"),
    "specs.sheet.write": _only("steward"),
    "specs.version.ratify": _only("board_member"),
    "systems.context.add": _only("steward", "administrator"),
    "systems.group.declare": _only("steward", "administrator"),
    "systems.model.connect": _only("administrator"),
    "systems.role.end": _only("administrator"),
    "systems.role.grant": _only("administrator"),
    "systems.system.create": _only("administrator"),
}
"""Every verb, and the roles that succeed with it where the thing is in the right state."""

OF_ANOTHER: dict[str, frozenset[str]] = {
    "accounts.token.issue": NOBODY,
    "accounts.token.revoke": _only("administrator"),
}
"""What everybody may do with what is their own, tried on what is another person's."""

SCOPES: dict[str, str] = {
    "approvals.approval.revoke": "approval.revoke",
    "approvals.candidate.decide": "candidate.decide",
    "approvals.candidate.open": "candidate.open",
    "approvals.candidate.refresh": "candidate.open",
    "approvals.candidate.sign": "candidate.sign",
    "approvals.candidate.withdraw": "candidate.open",
    "approvals.conflict.declare": "candidate.sign",
    "deliberation.ballot.cast": "deliberation.take_part",
    "deliberation.deliberation.close": "deliberation.run",
    "deliberation.deliberation.decide": "deliberation.run",
    "deliberation.deliberation.open": "deliberation.run",
    "deliberation.deliberation.prepare": "deliberation.run",
    "deliberation.position.state": "deliberation.take_part",
    "deliberation.voting.open": "deliberation.run",
    "evidence.checkpoint.register": "checkpoint.register",
    "evidence.edge_cases.open": "checkpoint.register",
    "evidence.edge_cases.write": "edge_cases.write",
    "evidence.evaluation.read": "checkpoint.register",
    "evidence.file.upload": "checkpoint.register",
    "evidence.upload.begin": "checkpoint.register",
    "gates.report.make": "checkpoint.register",
    "gates.route.close": "deliberation.run",
    "specs.draft.put_forward": "specification.draft",
    "specs.draft.save": "specification.draft",
    "specs.sheet.approve": "sheet.approve",
    "specs.sheet.withdraw": "sheet.write",
    "specs.sheet.write": "sheet.write",
    "specs.version.ratify": "specification.ratify",
}
"""The scope that a token needs for a verb of a role; whatever an administrator does needs `administer`."""

ADMINISTER = "administer"
EVERY_SCOPE = frozenset(SCOPES.values()) | {ADMINISTER, "system.read", "system.describe", "log.read", "approval.check"}


ABOUT_NO_SYSTEM = frozenset(
    {
        "accounts.administrator.bootstrap",
        "accounts.password.change",
        "accounts.password.reset",
        "accounts.token.issue",
        "accounts.user.add",
        "accounts.user.erase",
        "audit.sealed.erase",
        "monitoring.hook.connect",
        "monitoring.hook.disconnect",
        "monitoring.server.connect",
        "systems.system.create",
    }
)
"""Verbs whose refusal gives no system away, and says so plainly to everybody."""
OF_THE_MACHINE = frozenset(verb for verb, roles in ALLOWED.items() if roles == {"machine"})
"""Verbs that no person can ask for; code that did would be told so."""
READ_FIRST = frozenset(
    {
        "approvals.candidate.open",
        "evidence.checkpoint.register",
        "evidence.evaluation.read",
        "evidence.file.upload",
        "evidence.upload.begin",
        "gates.report.make",
    }
)
"""Verbs for which the REST face looks up a model of the system, which a service account may ask about and not see."""


def refusal(verb: str, role: str, *, face: str = "service") -> str:
    """Return how a verb ends for a role that may not: hidden from those who may not know of the system (or of the
    token), forbidden to those who may."""
    if verb == "accounts.token.revoke":
        return HIDDEN
    told = verb in ABOUT_NO_SYSTEM | OF_THE_MACHINE
    blind = role == "outsider" or (role == "service_account" and face == "rest" and verb in READ_FIRST)
    return HIDDEN if blind and not told else FORBIDDEN


def scope(verb: str, role: str) -> str | None:
    """Return the scope that a token of `role` needs for `verb`; None where no token stands between."""
    if verb in ("accounts.password.change", "accounts.token.issue", "accounts.token.revoke") or role == "machine":
        return None
    if role == "administrator":
        return ADMINISTER
    return SCOPES.get(verb, "system.describe")
