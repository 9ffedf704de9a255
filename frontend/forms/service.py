"""The form of one service call."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Any

from django import forms

from governance.errors import Conflict, DomainError, Invalid, NotAllowedNow, NotFound, NotPermitted

STATUS = {NotPermitted: 403, NotAllowedNow: 409, Conflict: 409, Invalid: 422}


class ServiceForm(forms.Form):
    """Fields named as the service's parameters. What the service refuses is said beside the field it names, and
    what was typed stays."""

    error_css_class = "is-invalid"
    refusal: DomainError | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", f"{type(self).__name__.lower()}-%s")
        super().__init__(*args, **kwargs)

    def refusals(self) -> Refusals:
        """Turn what the service refuses inside `with` into errors of this form; what is not there stays a 404."""
        return Refusals(self)

    def refuse(self, refusal: DomainError) -> None:
        """Show what the service refused."""
        self.refusal = refusal
        self._show(refusal)

    @property
    def status(self) -> int:
        """The status of the page that shows this form again."""
        if self.refusal is not None:
            return STATUS[type(self.refusal)]
        return 422 if self.is_bound and self.errors else 200

    def _show(self, refusal: DomainError) -> None:
        placed = [problem for problem in refusal.problems if problem.where in self.fields]
        for problem in placed:
            self.add_error(problem.where, f"{problem.what} {problem.remedy}".strip())
        if not placed:
            self.add_error(None, refusal.message)


@dataclass(frozen=True, slots=True)
class Refusals:
    """Hands what the domain refuses inside `with` to the form, and goes on after it."""

    form: ServiceForm

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        if not isinstance(error, DomainError) or isinstance(error, NotFound):
            return False
        self.form.refuse(error)
        return True
