"""The ways in which a verb can be tried. A face says which verbs it has, and tries one as somebody."""

from __future__ import annotations

from datetime import datetime
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Protocol

from django.apps import apps

from governance import actions
from governance.accounts.models import User
from governance.errors import Conflict, DomainError, NotFound, NotPermitted
from tests.matrix.rest import Rest

REFUSALS = (NotPermitted, NotFound)


class Face(Protocol):
    """One way in. `attempt` returns "done", "refused", or how else it ended."""

    name: str

    def verbs(self) -> frozenset[str]:
        """Return the verbs that can be tried this way."""
        ...

    def attempt(self, verb: str, arguments: dict[str, Any], *, by: User, at: datetime) -> str:
        """Try `verb` with the keyword arguments of its service."""
        ...


class Service:
    """The service functions themselves."""

    name = "service"

    def verbs(self) -> frozenset[str]:
        """Return every registered verb, whichever module declares it."""
        for app in apps.get_app_configs():
            if app.name.startswith("governance."):
                for module in iter_modules([app.path], f"{app.name}."):
                    import_module(module.name)
        return frozenset(actions.register())

    def attempt(self, verb: str, arguments: dict[str, Any], *, by: User, at: datetime) -> str:
        """Call the service."""
        try:
            actions.register()[verb].function(**arguments, by=by, at=at)
        except REFUSALS:
            return "refused"
        except Conflict:
            return "refused" if verb == "accounts.administrator.bootstrap" else "conflict"
        except DomainError as other:
            return f"{other.code}: {other.message}"
        return "done"


FACES: dict[str, Face] = {face.name: face for face in (Service(), Rest())}
