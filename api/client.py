"""A typed client of the REST face, for the command line and for pipelines. Imports no Django and no MLflow.

An answer that is not the one that was asked for is an error, whatever its status: a proxy's page of HTML, a
redirect, or JSON of another shape never counts as a yes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Any

import httpx

TIMEOUT_SECONDS = 30.0
UPLOAD_SECONDS = 300.0
PART = 8 * 1024 * 1024
"""Bytes of a large file that are sent at once, so that little is sent again where the line was cut."""
UNAVAILABLE = frozenset({502, 503, 504})


@dataclass(frozen=True, slots=True)
class Place:
    """One thing that is wrong with what was sent, and what to do about it."""

    where: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f" {self.remedy}" if self.remedy else "")


class Refused(Exception):
    """Edgewise said no; `code` is stable, `places` name each field that is wrong."""

    def __init__(self, message: str, *, code: str, status: int, places: tuple[Place, ...] = ()) -> None:
        super().__init__(message)
        self.message, self.code, self.status, self.places = message, code, status, places


class Unreachable(Exception):
    """Nobody answered, or what answered is not Edgewise."""


class Client:
    """Calls of one installation at `url`, as whom `token` says. `transport` replaces the network in tests."""

    def __init__(
        self,
        url: str,
        token: str = "",
        *,
        transport: httpx.BaseTransport | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        if not all("!" <= character <= "~" for character in token):
            raise Unreachable("The token is malformed: it holds a space, a line break or another letter that none has.")
        headers = {"User-Agent": "edgewise"} | ({"Authorization": f"Bearer {token}"} if token else {})
        try:
            self._http = httpx.Client(
                base_url=f"{url.rstrip('/')}/api/v1/", headers=headers, timeout=timeout, transport=transport
            )
        except (httpx.InvalidURL, UnicodeError, ValueError) as error:
            raise Unreachable(f"{url} is not an address: {error}.") from error

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """Return the JSON object at `path`. Raises Refused or Unreachable."""
        return _object(self._send("GET", path, query=query))

    def rows(self, path: str, **query: str) -> list[dict[str, Any]]:
        """Return all rows of a list, page after page. Raises Refused or Unreachable."""
        page = self._send("GET", path, query={"limit": "200"} | query)
        found: list[dict[str, Any]] = []
        while True:
            data = _json(page)
            if isinstance(data, list):
                return data
            if not isinstance(data, dict) or not isinstance(data.get("results"), list):
                raise _unexpected(page)
            found += data["results"]
            if not data.get("next"):
                return found
            # Only the cursor is taken, so that the token goes to no other host than the one that was named.
            cursor = httpx.URL(str(data["next"])).params.get("cursor", "")
            page = self._send("GET", path, query={"limit": "200"} | query | {"cursor": cursor})

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Return the JSON answer to `body`, None when it has none. Raises Refused or Unreachable."""
        answer = self._send("POST", path, body=dict(body or {}))
        return _json(answer) if answer.content else None

    def register(self, model: str, *, system: str) -> dict[str, Any]:
        """Register `models:/NAME/VERSION`: the site reads it from MLflow and hashes its files; repeating it changes
        nothing. Return it with its digest. Raises Refused or Unreachable."""
        return _object(self._send("POST", f"systems/{system}/checkpoints", body={"model": model}))

    def evidence(self, model: str, *, system: str) -> list[dict[str, Any]]:
        """Have the site read every run that says it is evidence about a version, and recompute its figures. Return each
        with its observations. Raises Refused or Unreachable."""
        answer = self._send("POST", f"systems/{system}/evidence", body={"model": model})
        found = _json(answer)
        if not isinstance(found, list):
            raise _unexpected(answer)
        return found

    def gate(self, model: str, *, system: str, context: str) -> dict[str, Any]:
        """Have the evidence on a version judged for a context. Return the report; its `verdict` may be any. Raises
        Refused or Unreachable."""
        body = {"model": model, "context": context}
        return _object(self._send("POST", f"systems/{system}/gate-reports", body=body))

    def open_candidate(self, model: str, *, system: str, context: str) -> dict[str, Any]:
        """Put a judged version forward for a context. Return the candidate, with what has to be met. Raises Refused or
        Unreachable."""
        return _object(self._send("POST", f"systems/{system}/candidates", body={"model": model, "context": context}))

    def upload(self, path: str, *, fields: Mapping[str, str], files: Mapping[str, tuple[str, bytes]]) -> Any:
        """Return the JSON answer to a form with files, each a name and its bytes. Raises Refused or Unreachable."""
        form = {"data": {name: value for name, value in fields.items() if value}, "files": files}
        return _json(self._send("POST", path, form=form, timeout=UPLOAD_SECONDS))

    def send_in_parts(
        self, path: str, *, about: Mapping[str, Any], file: IO[bytes], told: Callable[[Mapping[str, Any]], None]
    ) -> dict[str, Any]:
        """Begin to send a large file, or go on with it, part after part; return where it stands. `told` hears it after
        each part. Raises Refused or Unreachable; whoever asks again goes on where it was cut off."""
        found = _object(self._send("POST", path, body=dict(about)))
        told(found)
        while found["state"] == "receiving":
            offset = int(found["received"])
            file.seek(offset)
            part = {"part": ("part", file.read(PART))}
            form = {"data": {"offset": str(offset)}, "files": part}
            found = _object(self._send("POST", f"{path}/{found['id']}/parts", form=form, timeout=UPLOAD_SECONDS))
            told(found)
        return found

    def download(self, path: str, media_type: str, **query: str) -> bytes:
        """Return a file. Raises Refused, or Unreachable when what comes is of another media type."""
        accept = f"{media_type}, application/problem+json;q=0.9, */*;q=0.1"
        answer = self._send("GET", path, query=query, accept=accept)
        if answer.headers.get("content-type", "").partition(";")[0] != media_type:
            raise _unexpected(answer)
        return answer.content

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        accept: str = "application/json",
        form: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> httpx.Response:
        parameters = {name: value for name, value in (query or {}).items() if value}
        try:
            answer = self._http.request(
                method,
                path,
                params=parameters or None,
                json=body,
                headers={"Accept": accept},
                timeout=timeout or self._http.timeout,
                **(form or {}),
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(f"No answer from {self._http.base_url}: {error or type(error).__name__}.") from error
        if answer.is_success:
            return answer
        raise _refusal(answer)


def _refusal(answer: httpx.Response) -> Refused | Unreachable:
    problem = _problem(answer)
    if problem is None:
        return _unexpected(answer)
    message = str(problem.get("detail") or problem.get("title") or f"Status {answer.status_code}.")
    if answer.status_code in UNAVAILABLE:
        return Unreachable(message)
    places = tuple(
        Place(str(row.get("where", "")), str(row.get("what", "")), str(row.get("remedy") or ""))
        for row in problem.get("problems") or ()
        if isinstance(row, dict)
    )
    return Refused(message, code=str(problem.get("code", "refused")), status=answer.status_code, places=places)


def _problem(answer: httpx.Response) -> dict[str, Any] | None:
    if answer.headers.get("content-type", "").partition(";")[0] != "application/problem+json":
        return None
    try:
        found = json.loads(answer.content)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _json(answer: httpx.Response) -> Any:
    try:
        return json.loads(answer.content)
    except ValueError as error:
        raise _unexpected(answer) from error


def _object(answer: httpx.Response) -> dict[str, Any]:
    found = _json(answer)
    if not isinstance(found, dict):
        raise _unexpected(answer)
    return found


def _unexpected(answer: httpx.Response) -> Unreachable:
    kind = answer.headers.get("content-type", "no media type")
    return Unreachable(
        f"{answer.request.url} answered {answer.status_code} with {kind}, which is not an answer of Edgewise. "
        "See that EDGEWISE_URL names the site itself."
    )
