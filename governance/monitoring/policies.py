"""Who watches: Edgewise's own background work, and nobody else."""

from __future__ import annotations

from governance.accounts.models import User
from governance.accounts.policies import check_machine


def check_can_watch(*, by: User) -> None:
    """Only Edgewise itself records what it saw."""
    check_machine(by=by)
