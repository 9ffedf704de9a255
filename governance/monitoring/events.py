"""What monitoring finds."""

from __future__ import annotations

from dataclasses import dataclass

from governance.audit.event import Event


@dataclass(frozen=True, kw_only=True)
class SynchronisationJudged(Event):
    """A report of the mirror was judged."""

    type = "monitoring.synchronisation.judged"
    server: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class DeploymentSeen(Event):
    """Another version than before was seen live in a context."""

    type = "monitoring.deployment.seen"
    context: str
    alias: str
    model: str
    before: str


@dataclass(frozen=True, kw_only=True)
class PromotionFound(Event):
    """A live alias was found on a version that no approval covers in that context."""

    type = "monitoring.promotion.found"
    context: str
    alias: str
    model: str
    artifact: str
    before: str


@dataclass(frozen=True, kw_only=True)
class PromotionResolved(Event):
    """An out-of-band promotion no longer stands."""

    type = "monitoring.promotion.resolved"
    context: str
    model: str
    because: str


@dataclass(frozen=True, kw_only=True)
class MarkFound(Event):
    """MLflow said of an approval, by alias or tag, what Edgewise did not have it say; it will be told again."""

    type = "monitoring.mark.found"
    context: str
    model: str
    kind: str
    key: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class MarkResolved(Event):
    """An alias or tag that was out of band no longer is, or is another by now."""

    type = "monitoring.mark.resolved"
    context: str
    model: str
    kind: str
    because: str


@dataclass(frozen=True, kw_only=True)
class ClaimFound(Event):
    """A version came into the stage Production, or into a model of its system as a copy from another, while no approval
    of its files stood. `before` and `after` are stages; for a copy `after` is what it was copied from."""

    type = "monitoring.claim.found"
    model: str
    kind: str
    artifact: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class ClaimResolved(Event):
    """A version that MLflow showed as released no longer is, or is approved by now."""

    type = "monitoring.claim.resolved"
    model: str
    kind: str
    because: str


@dataclass(frozen=True, kw_only=True)
class IntegrityFound(Event):
    """The same name and version has other files than before (digests are hexadecimal SHA-256). Files are named up to
    a number; `differing` counts them all."""

    type = "monitoring.integrity.found"
    model: str
    server: str
    before: str
    after: str
    changed: list[str]
    added: list[str]
    removed: list[str]
    differing: int


@dataclass(frozen=True, kw_only=True)
class IntegrityResolved(Event):
    """An integrity incident no longer stands."""

    type = "monitoring.integrity.resolved"
    model: str
    because: str


@dataclass(frozen=True, kw_only=True)
class ServerConnected(Event):
    """A tracking server was connected, or its address changed."""

    type = "monitoring.server.connected"
    key: str
    url: str


@dataclass(frozen=True, kw_only=True)
class HookDisconnected(Event):
    """No hints of a tracking server are taken any more."""

    type = "monitoring.hook.disconnected"
    key: str


@dataclass(frozen=True, kw_only=True)
class HookConnected(Event):
    """A tracking server was given a new secret, to hint at changes by calling an address."""

    type = "monitoring.hook.connected"
    key: str
    callback: str
    generation: int
