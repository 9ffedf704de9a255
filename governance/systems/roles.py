"""Role → permissions: one table, and the whole of it. A grant of a role is per AI system, with a start and an end."""

from __future__ import annotations

from types import MappingProxyType

PERMISSIONS = MappingProxyType(
    {
        "system.read": "see the system, its specifications, candidates, approvals and lineage",
        "system.describe": "maintain contexts, groups and registered models of the system",
        "log.read": "read and verify the log entries of the system",
        "specification.draft": "draft and change a value specification, and put it up for deliberation",
        "specification.ratify": "ratify a value specification that another drafted",
        "sheet.write": "write the provenance sheet of a metric, and withdraw an approved one",
        "sheet.approve": "approve a provenance sheet that another wrote",
        "edge_cases.write": "write sets of edge cases",
        "deliberation.run": "prepare, open and close a deliberation",
        "deliberation.take_part": "cast ballots, take positions and dissent",
        "checkpoint.register": "register a model version and read its evidence",
        "candidate.open": "open, refresh and withdraw release candidates",
        "candidate.sign": "sign a release candidate",
        "candidate.decide": "decide a release candidate whose policy is met",
        "approval.revoke": "revoke an approval",
        "approval.check": "ask whether a version is approved for a context",
    }
)

ROLES: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(
    {
        "engineer": ("system.read", "approval.check", "checkpoint.register", "candidate.open"),
        "steward": (
            "system.read",
            "approval.check",
            "system.describe",
            "specification.draft",
            "sheet.write",
            "edge_cases.write",
        ),
        "facilitator": ("system.read", "approval.check", "deliberation.run", "edge_cases.write"),
        "participant": ("system.read", "approval.check", "deliberation.take_part"),
        "representative": ("system.read", "approval.check", "deliberation.take_part", "candidate.sign"),
        "board_member": (
            "system.read",
            "approval.check",
            "specification.ratify",
            "sheet.approve",
            "deliberation.take_part",
            "candidate.sign",
            "candidate.decide",
            "approval.revoke",
        ),
        "auditor": ("system.read", "approval.check", "log.read"),
        "service_account": ("approval.check",),
    }
)

READERS = frozenset(role for role, permissions in ROLES.items() if "system.read" in permissions)
"""Roles whose holders see the system."""

READING_EVERYTHING = MappingProxyType(
    {
        "administrator": "an administrator, who sets every system up; a token of theirs needs `administer` or "
        "`system.read` as its scope",
        "machine": "Edgewise's own background work",
    }
)
"""Who sees every system without a role on it, by what `visible_to` lets through."""

SCOPES = frozenset(PERMISSIONS) | {"administer"}
"""What a token may be limited to."""

OF_A_GROUP = frozenset({"participant", "representative"})
"""Roles that are held for one stakeholder group of the system."""
