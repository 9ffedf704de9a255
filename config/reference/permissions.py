"""docs/reference/permissions.md: who may do what, from the register of actions and the table of roles."""

from __future__ import annotations

from config.reference.markdown import code, codes, page, table
from governance import actions
from governance.actions import Action
from governance.systems.roles import OF_A_GROUP, PERMISSIONS, READERS, READING_EVERYTHING, ROLES

SEEING = """\
What is on a system (specifications, deliberations, evidence, candidates, approvals, lineage, what is live) is seen by
whoever holds a role with `system.read` on it: {readers}. It is seen without a role on it by:"""
NOT_SEEN = """\
Seeing is not acting, and no way around a role: whatever asks for a permission stays with those whose role has it, the
log (`log.read`) and the bundle of an approval (`system.read`) included."""
SPECIAL = {
    actions.ADMINISTRATOR: "those who administer the installation; administering gives no role on any system",
    actions.ONESELF: "everybody, over what is their own",
    actions.MACHINE: "Edgewise's own background work; no person and no token can have it",
}
"""The permissions that no role includes, and who has them."""
INTRODUCTION = """\
A role is granted per AI system, with a start and an end; `participant` and `representative` for one stakeholder group
each. A token allows what its holder may do and what its scopes name, whichever is less. Beyond this table each action
checks the state of what it acts on, and the separation of duties: nobody ratifies their own draft, and nobody signs or
decides a candidate whom the specification's approval policy separates from it, such as those who registered, trained
or evaluated the model."""


def holders(action: Action) -> tuple[str, ...]:
    """Return the roles and special permissions that let somebody do `action`, in the matrix's order."""
    enough = {action.permission, *action.also}
    return tuple(who for who in (*ROLES, *SPECIAL) if who in enough or enough & set(ROLES.get(who, ())))


def render() -> str:
    """Return the page."""
    register = [actions.load()[verb] for verb in sorted(actions.load())]
    return page(
        "Permissions",
        INTRODUCTION,
        "## Who may do what",
        _matrix(register),
        "## Who sees a system",
        SEEING.format(readers=codes(role for role in ROLES if role in READERS)),
        "\n".join(f"- {who}." for who in READING_EVERYTHING.values()),
        NOT_SEEN,
        "## The actions",
        table(("Action", "What it does", "Permission", "While the thing is"), map(_row, register)),
        "## The permissions",
        table(
            ("Permission", "Lets somebody", "Roles"),
            [(code(p), means, _roles_with(p)) for p, means in PERMISSIONS.items()],
        ),
        "\n".join(f"- {code(permission)}: {who}." for permission, who in SPECIAL.items()),
        "## The roles",
        table(("Role", "Held for", "Permissions"), [(code(r), _held_for(r), codes(p)) for r, p in ROLES.items()]),
    )


def _matrix(register: list[Action]) -> str:
    columns = (*ROLES, *SPECIAL)
    names = [column.replace("_", " ") for column in columns]
    rows = [(code(a.verb), *("✓" if column in holders(a) else "" for column in columns)) for a in register]
    return table(("Action", *names), rows)


def _row(action: Action) -> tuple[str, ...]:
    permission = " or ".join(code(p) for p in (action.permission, *action.also))
    return code(action.verb), action.summary, permission, codes(action.states) or "in any state"


def _roles_with(permission: str) -> str:
    return codes(role for role, permissions in ROLES.items() if permission in permissions)


def _held_for(role: str) -> str:
    return "a stakeholder group of the system" if role in OF_A_GROUP else "the system"
