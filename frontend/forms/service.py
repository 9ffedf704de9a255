"""The form of one service call."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict

from governance import choices
from governance.errors import Conflict, DomainError, Invalid, NotAllowedNow, NotFound, NotPermitted

STATUS = {NotPermitted: 403, NotAllowedNow: 409, Conflict: 409, Invalid: 422, NotFound: 422}


class ServiceForm(forms.Form):
    """Fields named as the service's parameters. What the service refuses is said beside the field it names, and
    what was typed stays. `seen` are the hidden fields that say what the writer had before them; `is_kept` says whether
    a session may keep what was typed; `of` tells forms of one class on one page apart."""

    error_css_class = "is-invalid"
    seen: ClassVar[tuple[str, ...]] = ()
    is_kept: ClassVar[bool] = True
    refusal: DomainError | None = None
    is_given_back = False

    def __init__(self, *args: Any, of: object = "", **kwargs: Any) -> None:
        self.name = self.name_of(of)
        super().__init__(*args, **kwargs | {"auto_id": f"{self.name}-%s"})

    @classmethod
    def name_of(cls, *of: object) -> str:
        """Return the name under which a page knows the form: its class, and which of them it is."""
        return "-".join([cls.__name__.lower(), *(str(which) for which in of if which != "")])

    @classmethod
    def typed_fields(cls) -> list[str]:
        """Return the fields that people fill in, as far as a session may keep them; never a password."""
        shown = {name: field.widget for name, field in cls.base_fields.items() if not field.widget.is_hidden}
        return [name for name, widget in shown.items() if cls.is_kept and not isinstance(widget, forms.PasswordInput)]

    @property
    def comes_back(self) -> bool:
        """Whether its writer has to look at it again: it was refused, or never arrived."""
        return self.is_given_back or bool(self.errors)

    def give_back(self, typed: QueryDict) -> None:
        """Begin with what was typed before the session ended."""
        sent = {name: field for name, field in self.fields.items() if name in typed}
        self.initial.update({name: one.widget.value_from_datadict(typed, {}, name) for name, one in sent.items()})
        self.is_given_back = True

    def renew(self, **shown: str) -> None:
        """Let the form say what the page shows now, where it was sent with what another page had shown."""
        if isinstance(self.data, QueryDict):
            self.data = self.data.copy()
            for name, value in shown.items():
                self.data[name] = value

    def add_error(self, field: str | None, error: Any) -> None:
        """Show an error; beside a choice that is none, what could have been chosen."""
        if field is not None and getattr(error, "code", None) == "invalid_choice":
            given = str((error.params or {}).get("value", ""))
            legal = [str(value) for value, _ in self.fields[field].choices if value]  # type: ignore[attr-defined]
            error = forms.ValidationError(f"“{given[:64]}” is not known here. {choices.remedy(given, legal)}")
        super().add_error(field, error)

    def refusals(self) -> Refusals:
        """Turn what the service refuses inside `with` into errors of this form, what it does not find included: a page
        whose own object is not there is a 404 all the same."""
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
            place = f"Line {problem.line}, column {problem.column}: " if problem.line is not None else ""
            self.add_error(problem.where, f"{place}{problem.what} {problem.remedy}".strip())
        if not placed:
            self.add_error(None, refusal.message)


@dataclass(frozen=True, slots=True)
class Refusals:
    """Hands what the domain refuses inside `with` to the form, and goes on after it."""

    form: ServiceForm

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        if not isinstance(error, DomainError):
            return False
        self.form.refuse(error)
        return True
