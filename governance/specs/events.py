"""What happens to value specifications."""

from __future__ import annotations

from dataclasses import dataclass

from governance.audit.event import Event, sealed


@dataclass(frozen=True, kw_only=True)
class SpecificationDrafted(Event):
    """A draft was written or changed."""

    type = "specs.draft.saved"
    version: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class SpecificationPutForward(Event):
    """A draft was put up for deliberation, exactly as its digest says."""

    type = "specs.draft.put_forward"
    digest: str
    deliberation: str


@dataclass(frozen=True, kw_only=True)
class SpecificationRatified(Event):
    """A version was ratified: criteria, and whose cases they are asked of, are fixed from this entry on."""

    type = "specs.version.ratified"
    version: str
    digest: str
    drafter: str
    deliberation: str
    outcome_digest: str
    populations: str


@dataclass(frozen=True, kw_only=True)
class SheetWritten(Event):
    """The provenance sheet of a metric was written or changed."""

    type = "specs.sheet.written"
    metric: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class SheetApproved(Event):
    """The provenance sheet of a metric was approved as its digest says: from this entry on the metric can gate."""

    type = "specs.sheet.approved"
    metric: str
    digest: str
    drafter: str


@dataclass(frozen=True, kw_only=True)
class SheetWithdrawn(Event):
    """The approved provenance sheet of a metric was withdrawn: from this entry on the metric gates nothing."""

    type = "specs.sheet.withdrawn"
    metric: str
    digest: str
    because: str = sealed()
