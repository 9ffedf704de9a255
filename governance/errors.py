"""The five ways in which the domain says no. Faces translate them; nobody else invents others."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: `where` names the field or place, `remedy` what to do about it."""

    where: str
    what: str
    remedy: str = ""
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        place = self.where if self.line is None else f"{self.where} (line {self.line}, column {self.column})"
        return f"{place}: {self.what}" + (f" {self.remedy}" if self.remedy else "")


class DomainError(Exception):
    """A refusal with a sentence fit for the person who reads it.

    `code` is stable and machine readable; `problems` names each place that is wrong, where there are several.
    """

    default_code = "refused"

    def __init__(self, message: str, *, code: str = "", problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.problems = problems


class NotPermitted(DomainError):
    """This person may not do this, whatever the state of the thing."""

    default_code = "not-permitted"


class NotAllowedNow(DomainError):
    """The thing is in a state that does not allow this, whoever asks."""

    default_code = "not-allowed-now"


class NotFound(DomainError):
    """It does not exist, or the reader may not know that it does."""

    default_code = "not-found"


def no_such(what: str) -> NotFound:
    """Return the refusal of a `what` that does not exist: the same, word for word, where one may not know of it."""
    return NotFound(f"There is no such {what} here.")


class Conflict(DomainError):
    """Somebody else was first, or what was shown is no longer what is there."""

    default_code = "conflict"


class Invalid(DomainError):
    """What was sent is malformed; `problems` names each place and its remedy."""

    default_code = "invalid"
