"""The form of one service call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django import forms

from governance.errors import Conflict, DomainError, Invalid, NotAllowedNow, NotFound, NotPermitted

STATUS = {NotPermitted: 403, NotFound: 404, NotAllowedNow: 409, Conflict: 409, Invalid: 422}


class ServiceForm(forms.Form):
    """Fields named as the service's parameters. What the service refuses is said beside the field it names, and
    what was typed stays."""

    error_css_class = "is-invalid"
    refusal: DomainError | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", f"{type(self).__name__.lower()}-%s")
        super().__init__(*args, **kwargs)

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Turn what the service refuses into errors of this form; what is not there stays a 404."""
        try:
            yield
        except NotFound:
            raise
        except DomainError as refusal:
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
