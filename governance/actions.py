"""The register of everything that can be done: one declaration per service function.

From it come the permission matrix in the documentation and the test that tries every verb as every role.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ParamSpec, TypeVar

from django.db import DataError, IntegrityError, transaction
from django.utils.module_loading import autodiscover_modules
from psycopg.errors import UniqueViolation

from governance import unseen
from governance.errors import Conflict, Invalid

P = ParamSpec("P")
R = TypeVar("R")

ADMINISTRATOR = "administrator"
"""Permission of those who administer accounts, systems and grants; no role includes it."""
ONESELF = "oneself"
"""Permission that everybody has over their own things, and nobody over another's."""
MACHINE = "machine"
"""Permission of Edgewise's own background tasks; no person and no token has it."""


@dataclass(frozen=True, slots=True)
class Action:
    """`verb` is `app.thing.verb`; `permission` is what `by` must hold, unless they hold one of `also`; `states` are
    those of the aggregate's root that allow it (empty: any, or there is no root yet)."""

    verb: str
    permission: str
    also: tuple[str, ...]
    states: tuple[str, ...]
    function: Callable[..., Any]

    @property
    def summary(self) -> str:
        """The first sentence of the service's docstring."""
        said = " ".join((inspect.getdoc(self.function) or "").split())
        return re.split(r"(?<=\.) ", said, maxsplit=1)[0]


_REGISTER: dict[str, Action] = {}


def action(
    *, verb: str, permission: str, also: tuple[str, ...] = (), states: tuple[str, ...] = ()
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare a service function: keyword-only, with `by` and `at`, run in one transaction, registered under `verb`.

    It takes no text with a character that nobody sees.
    """

    def declare(function: Callable[P, R]) -> Callable[P, R]:
        parameters = inspect.signature(function).parameters
        if any(p.kind is not inspect.Parameter.KEYWORD_ONLY for p in parameters.values()):
            raise TypeError(f"{function.__qualname__}: every parameter of a service is keyword-only")
        if not {"by", "at"} <= parameters.keys():
            raise TypeError(f"{function.__qualname__}: a service takes `by` and `at`")
        if verb in _REGISTER:
            raise TypeError(f"{function.__qualname__}: the verb {verb!r} is taken")
        service = _refusing(transaction.atomic(function))
        _REGISTER[verb] = Action(verb=verb, permission=permission, also=also, states=states, function=service)
        return service

    return declare


def _refusing(service: Callable[P, R]) -> Callable[P, R]:
    """Refuse texts that do not read as they are stored, and say in the domain's words what only the database could see:
    that somebody was first, or what it cannot store."""

    @functools.wraps(service)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        unseen.refuse(kwargs)
        try:
            return service(*args, **kwargs)
        except IntegrityError as error:
            if not isinstance(error.__cause__, UniqueViolation):
                raise
            said = "Somebody else did this a moment ago. Read again what is there."
            raise Conflict(said, code="somebody-was-first") from error
        except DataError as error:
            reason = str(error).partition("\n")[0]
            raise Invalid(f"Something here is too long, too large, or no text: {reason}.", code="unstorable") from error

    return call


def register() -> Mapping[str, Action]:
    """Return every declared action by its verb (of the apps whose `services` have been imported)."""
    return MappingProxyType(_REGISTER)


def load() -> Mapping[str, Action]:
    """Import the services of every installed app, then return the whole register by verb."""
    autodiscover_modules("services")
    return register()
