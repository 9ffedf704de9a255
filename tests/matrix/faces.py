"""The ways in which a verb can be tried. A face says which verbs it has, and tries one as somebody."""

from __future__ import annotations

import re
from datetime import datetime
from importlib import import_module
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from api import routes as rest
from frontend import routes as pages
from governance import actions
from governance.accounts.models import User
from governance.errors import Conflict, DomainError, NotFound, NotPermitted
from governance.evidence.intake import Reading
from governance.gates.selectors import latest_report
from lineage.models import ModelVersion
from tests.factories.evidence import FILE
from tests.matrix.stage import PERSONS, Stage
from tests.matrix.truth import ALLOWED, DONE, FORBIDDEN, HIDDEN, NOBODY, ROLES

Arguments = dict[str, Any]
REFUSED = {403: FORBIDDEN, 404: HIDDEN}
VARIES = re.compile(r"[A-Za-z0-9]{64}")
"""What differs between two equal pages: the token of their forms."""


class Answer(NamedTuple):
    """How an attempt `ended` (done, forbidden, hidden, or how else), and in which `words`."""

    ended: str
    words: str = ""


class Face(Protocol):
    """One way in."""

    name: str
    roles: tuple[str, ...]
    """Who gets as far as this face."""

    def allowed(self) -> dict[str, frozenset[str]]:
        """Return the verbs that can be tried this way, and the roles that succeed."""
        ...

    def attempt(self, verb: str, arguments: Arguments, *, stage: Stage, role: str, by: User, at: datetime) -> Answer:
        """Try `verb`, as `by` who holds `role`, with the keyword arguments of its service."""
        ...


class Service:
    """The service functions themselves."""

    name = "service"
    roles = ROLES

    def allowed(self) -> dict[str, frozenset[str]]:
        """Return what the truth says."""
        return ALLOWED

    def attempt(self, verb: str, arguments: Arguments, *, stage: Stage, role: str, by: User, at: datetime) -> Answer:
        """Call the service."""
        try:
            actions.load()[verb].function(**arguments, by=by, at=at)
        except NotPermitted as refusal:
            return Answer(FORBIDDEN, f"{refusal.code}: {refusal}")
        except NotFound as refusal:
            return Answer(HIDDEN, f"{refusal.code}: {refusal}")
        except Conflict as conflict:
            return Answer(FORBIDDEN if verb == "accounts.administrator.bootstrap" else f"{conflict.code}: {conflict}")
        except DomainError as other:
            return Answer(f"{other.code}: {other}")
        return Answer(DONE)


class Rest:
    """The REST face, by a token that is scoped for everything."""

    name = "rest"
    roles = tuple(role for role in ROLES if role != "machine")
    ids = ("candidate", "deliberation", "approval", "route", "grant", "token", "leaf", "user")
    client = APIClient(raise_request_exception=False)
    names = {"context_key": "context", "server_key": "server", "group_key": "group", "deliberation_id": "deliberation"}

    def allowed(self) -> dict[str, frozenset[str]]:
        """Return the truth of the verbs with an address; a token never issues a token."""
        found = {verb: ALLOWED[verb] for verb in rest.by_verb() if verb not in ASKS_MLFLOW}
        return found | {"accounts.token.issue": NOBODY}

    def attempt(self, verb: str, arguments: Arguments, *, stage: Stage, role: str, by: User, at: datetime) -> Answer:
        """Send the request."""
        self.client.credentials(HTTP_AUTHORIZATION=f"Bearer {stage.secrets[PERSONS.get(role, role)]}")
        given, route = dict(arguments), rest.by_verb()[verb]
        path = self._path(route.path, given)
        headers = {"If-Match": f'"{given.pop("replaces")}"'} if "replaces" in given else {}
        send = getattr(self.client, route.method.lower())
        form = _form(given["reading"]) if verb == "evidence.file.upload" else None
        answer = send(
            f"/api/v1/{path}", form or self._body(given), format="multipart" if form else "json", headers=headers
        )
        return _ended(answer)

    def _path(self, pattern: str, given: Arguments) -> str:
        places = {"<slug:system>": given.pop("system_key", "")}
        if "<slug:server>" in pattern:
            places["<slug:server>"] = given.pop("server_key")
        for name in self.ids:
            if place := re.search(rf"<\w+:{name}>", pattern):
                places[place[0]] = given.pop(f"{name}_id")
        for place, value in places.items():
            pattern = pattern.replace(place, str(value))
        return pattern

    def _body(self, given: Arguments) -> Arguments:
        # When a role starts is left to the server: the stage's clock is behind its own.
        flat = given | given.get("said", {})
        wanted = {name: value for name, value in flat.items() if name not in ("starts_at", "said") and value != ""}
        return dict(self._sent(name, value) for name, value in wanted.items())

    def _sent(self, name: str, value: Any) -> tuple[str, Any]:
        if isinstance(value, ModelVersion):
            return "model", value.uri
        if isinstance(value, User):
            return name, value.actor
        if isinstance(value, datetime):
            return name, value.isoformat()
        return self.names.get(name, name), str(value) if isinstance(value, UUID) else value


class Pages:
    """The pages, signed in by a session."""

    name = "pages"
    client = Client(raise_request_exception=False)
    roles = tuple(role for role in ROLES if role not in ("machine", "service_account"))

    def allowed(self) -> dict[str, frozenset[str]]:
        """Return the truth of the verbs with a form."""
        return {verb: ALLOWED[verb] for verb in pages.by_verb()}

    def attempt(self, verb: str, arguments: Arguments, *, stage: Stage, role: str, by: User, at: datetime) -> Answer:
        """Send the form."""
        route = pages.by_verb()[verb]
        given = _for_forms(arguments, stage=stage)
        address = reverse(route.name, kwargs={name: given[name] for name in route.arguments})
        # What an earlier attempt was told may wait in a cookie for its next page.
        self.client.cookies.clear()
        self.client.cookies[settings.SESSION_COOKIE_NAME] = _session(by)
        if verb == "evidence.file.upload":
            given |= _form(given["reading"])
        return _ended(self.client.post(address, {name: given[name] for name in route.fields if name in given}))


ASKS_MLFLOW = (
    "evidence.checkpoint.register",
    "evidence.evaluation.read",
    "monitoring.hook.connect",
    "monitoring.hook.disconnect",
)
"""Verbs whose address asks MLflow too; a stage has none."""
FACES: dict[str, Face] = {face.name: face for face in (Service(), Rest(), Pages())}


def _ended(answer: HttpResponse) -> Answer:
    words = VARIES.sub("", answer.content.decode())
    if answer.status_code in REFUSED:
        return Answer(REFUSED[answer.status_code], words)
    return Answer(DONE if answer.status_code < 400 else f"{answer.status_code} {words[:2000]}")


def _form(reading: Reading) -> Arguments:
    """Return what somebody would upload so that `reading` is read from it."""
    told = reading.origin.file or {}
    return {
        "model": reading.version.uri,
        "file": SimpleUploadedFile(told["name"], FILE),
        "level": reading.origin.level,
        "evaluated_at": reading.origin.evaluated_at.isoformat(),
    }


def _for_forms(arguments: Arguments, *, stage: Stage) -> Arguments:
    given = {"candidate_id": stage.to_sign.pk} | arguments
    if isinstance(given.get("version"), ModelVersion):
        report = latest_report(version=given["version"], context_key=given["context_key"])
        given["report_id"] = report.pk if report else 0
    if "new" in given:
        given["again"] = given["new"]
    if "options" in given:
        given["options"] = "\n".join(f"{option['key']}: {option['text']}" for option in given["options"])
    if "answers" in given:
        given |= given["answers"]
    if "until" in given:
        given["until"] = f"{given['until']:%Y-%m-%dT%H:%M}"
    return given


def _session(by: User) -> str:
    """Return the key of a session, made without what signing in writes down."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = by.actor
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = by.get_session_auth_hash()
    session.save()
    return str(session.session_key)
