"""What happens to the log's own surroundings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from governance.audit.event import Event, sealed


@dataclass(frozen=True, kw_only=True)
class SealedFieldErased(Event):
    """A confidential value was erased; `subject` is that of the leaf, whose commitment stays."""

    type: ClassVar[str] = "audit.sealed.erased"
    leaf: int
    name: str
    ground: str = sealed()
