"""What happens to systems, contexts, groups and grants."""

from __future__ import annotations

from dataclasses import dataclass

from governance.audit.event import Event


@dataclass(frozen=True, kw_only=True)
class SystemCreated(Event):
    """An AI system came under governance."""

    type = "systems.system.created"
    key: str
    name: str


@dataclass(frozen=True, kw_only=True)
class ContextAdded(Event):
    """A deployment context was added to a system."""

    type = "systems.context.added"
    key: str
    live_alias: str


@dataclass(frozen=True, kw_only=True)
class ModelConnected(Event):
    """A registered model was named as serving a system."""

    type = "systems.model.connected"
    server_key: str
    name: str


@dataclass(frozen=True, kw_only=True)
class GroupDeclared(Event):
    """A stakeholder group was declared, or declared anew as its next version."""

    type = "systems.group.declared"
    key: str
    version: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class RoleGranted(Event):
    """Somebody was granted a role."""

    type = "systems.role.granted"
    user: str
    role: str
    group: str
    starts_at: str
    ends_at: str


@dataclass(frozen=True, kw_only=True)
class RoleEnded(Event):
    """A grant was ended before its time."""

    type = "systems.role.ended"
    user: str
    role: str
    group: str
