"""Who may erase what lies beside the log."""

from __future__ import annotations

from typing import Protocol

from governance.errors import Invalid, NotPermitted, Problem


class Administrator(Protocol):
    """What the log, which stands below accounts, asks of whoever acts."""

    is_active: bool
    is_administrator: bool
    must_change_password: bool
    scopes: frozenset[str] | None

    @property
    def actor(self) -> str: ...


def check_can_erase_sealed(*, by: Administrator, ground: str) -> None:
    """Raise NotPermitted unless `by` administers this installation, Invalid when no legal ground is given."""
    if not (by.is_active and by.is_administrator):
        raise NotPermitted("Only an administrator may erase a confidential value.")
    if by.scopes is None and by.must_change_password:
        raise NotPermitted("Somebody else chose your password. Choose your own first.", code="password-not-own")
    if by.scopes is not None and "administer" not in by.scopes:
        raise NotPermitted("This token lacks the scope “administer”.", code="scope-missing")
    if not ground.strip():
        problem = Problem(where="ground", what="it is empty.", remedy="Say which law or request asks for the erasure.")
        raise Invalid(f"An erasure needs its ground: {problem}", problems=(problem,))
