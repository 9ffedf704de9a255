"""One conversation with a tracking server: requests out, JSON or bytes in, and every way in which that goes wrong."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, BinaryIO, NoReturn, Self

import httpx

from lineage.credentials import Credentials
from lineage.errors import RegistryError, RegistryMissing, RegistryNonsense, RegistryRefused, RegistryUnavailable

API = "/api/2.0/mlflow/"
MAX_ANSWER_BYTES = 64 * 1024 * 1024
MAX_SPOOLED_BYTES = 1024 * 1024 * 1024
PATIENCE = 6
"""An answer that drips in may take this many timeouts, no more."""
GIVE_ACCOUNT = (
    "Give Edgewise an account there that may read, by EDGEWISE_MLFLOW_<KEY>_USERNAME and _PASSWORD, or by _TOKEN."
)
CHECK_ADDRESS = "Check that its address is right and that it runs."
NOT_MLFLOW = "Check that the address is MLflow's own, not that of a proxy or sign-in page in front of it."
CHECK_AUTHORITIES = "Name a file of certificates in PEM that Edgewise may read (EDGEWISE_MLFLOW_<KEY>_CA)."
ALLOWED_HOSTS = "Start it with `mlflow server --allowed-hosts` naming the host by which Edgewise calls it."


class Transport:
    """Speaks HTTP with the server at `url` (user and password in it are used and never shown)."""

    def __init__(self, *, url: str, timeout: float, credentials: Credentials | None = None) -> None:
        self._timeout = timeout
        self.server = without_password(url)
        self._credentials = credentials or Credentials()
        try:
            self._client = httpx.Client(
                base_url=url.rstrip("/"),
                timeout=timeout,
                headers={"User-Agent": "edgewise"} | self._credentials.headers(),
                auth=self._credentials.auth(),
                verify=self._credentials.trusted(),
            )
        except httpx.InvalidURL as error:
            raise self._unavailable(f"cannot be reached: {error}", "") from error
        except OSError as error:
            what = f"cannot be trusted: its file of authorities {self._credentials.authorities} cannot be read: {error}"
            raise RegistryUnavailable(what, server=self.server, endpoint="", remedy=CHECK_AUTHORITIES) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def call(
        self, method: str, endpoint: str, *, params: dict[str, str] | None = None, body: Any = None, much: bool = False
    ) -> Any:
        """Return the JSON object that `endpoint` (below MLflow's API, or absolute) answers; raises RegistryError.

        Where `much` is asked for at once, MLflow may take PATIENCE times as long.
        """
        path = endpoint if endpoint.startswith("/") else API + endpoint
        timeout = PATIENCE * self._timeout if much else self._timeout
        deadline = time.monotonic() + PATIENCE * timeout
        with self._exchange(method, path, params=params, body=body, timeout=timeout) as response:
            raw = self._read(response, path, deadline)
        return self._parse(raw, response, path)

    def spool(self, method: str, endpoint: str, *, into: BinaryIO, params: dict[str, Any]) -> None:
        """Write the answer of a search over everything into the file `into`, which may take MLflow PATIENCE times as
        long as another; raises RegistryError."""
        path, patience = API + endpoint, PATIENCE * self._timeout
        deadline, size = time.monotonic() + PATIENCE * patience, 0
        with self._exchange(method, path, params=params, timeout=patience) as response:
            for piece in response.iter_bytes(1 << 18):
                size += into.write(piece)
                self._check(size, deadline, path, most=MAX_SPOOLED_BYTES)

    def stream(self, endpoint: str) -> Iterator[bytes]:
        """Yield the bytes that `endpoint` (absolute) serves, as they are; raises RegistryError."""
        with self._exchange("GET", endpoint) as response:
            yield from response.iter_bytes()

    def nonsense(self, what: str, endpoint: str) -> NoReturn:
        """Raise RegistryNonsense about an answer of `endpoint`."""
        raise RegistryNonsense(f"answered nonsense: {what}", server=self.server, endpoint=endpoint, remedy=NOT_MLFLOW)

    @contextmanager
    def _exchange(
        self, method: str, path: str, *, params: Any = None, body: Any = None, timeout: float | None = None
    ) -> Iterator[httpx.Response]:
        timeout = timeout or self._timeout
        try:
            request = self._client.build_request(method, path, params=params, json=body, timeout=timeout)
            with closing(self._send(request)) as response:
                if response.status_code != httpx.codes.OK:
                    raise self._refusal(response, path)
                yield response
        except httpx.TimeoutException as error:
            raise self._unavailable(f"did not answer within {timeout:g} s", path) from error
        except httpx.RemoteProtocolError as error:
            raise self._unavailable("broke off in the middle of an answer", path) from error
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise self._unavailable(f"cannot be reached: {error}", path) from error

    def _send(self, request: httpx.Request) -> httpx.Response:
        try:
            return self._client.send(request, stream=True)
        except httpx.RemoteProtocolError:
            # A server may close an idle connection just as it is used again; every request here may be repeated.
            return self._client.send(request, stream=True)

    def _unavailable(self, what: str, path: str) -> RegistryUnavailable:
        return RegistryUnavailable(what, server=self.server, endpoint=path, remedy=CHECK_ADDRESS)

    def _refusal(self, response: httpx.Response, path: str) -> RegistryError:
        text = b"".join(_first(response, 2000)).decode("utf-8", "replace")
        status, place = response.status_code, {"server": self.server, "endpoint": path}
        if "Invalid Host header" in text:
            return RegistryRefused("does not accept the host name that it is called by", remedy=ALLOWED_HOSTS, **place)
        if status in {401, 403}:
            remedy = GIVE_ACCOUNT
            return RegistryRefused(f"refused with status {status}", remedy=remedy, **place)
        code, message = _mlflow_error(text)
        if status >= 500:
            return RegistryUnavailable(f"failed with status {status}", remedy="Read its log, then repeat.", **place)
        if code == "RESOURCE_DOES_NOT_EXIST" or (status == 400 and message.endswith("not found.")):
            return RegistryMissing(
                f"says: {message}", remedy="Check the spelling, and that nobody removed it.", **place
            )
        what = f"answered nonsense: status {status}" + (f", {code}: {message}" if code else "")
        return RegistryNonsense(what, remedy=NOT_MLFLOW, **place)

    def _read(self, response: httpx.Response, path: str, deadline: float) -> bytes:
        pieces, size = [], 0
        for piece in response.iter_bytes():
            pieces.append(piece)
            size += len(piece)
            self._check(size, deadline, path, most=MAX_ANSWER_BYTES)
        return b"".join(pieces)

    def _check(self, size: int, deadline: float, path: str, *, most: int) -> None:
        if size > most:
            self.nonsense(f"more than {most} bytes", path)
        if time.monotonic() > deadline:
            raise self._unavailable("did not finish its answer in time", path)

    def _parse(self, raw: bytes, response: httpx.Response, path: str) -> Any:
        try:
            answer = json.loads(raw)
        except (ValueError, RecursionError):
            kind = response.headers.get("content-type", "no content type")
            self.nonsense(f"{kind} of {len(raw)} bytes that is not JSON", path)
        if not isinstance(answer, dict):
            self.nonsense("JSON that is not an object", path)
        return storable(answer) if rb"\u0000" in raw or rb"\ud" in raw.lower() else answer


def _first(response: httpx.Response, size: int) -> Iterator[bytes]:
    for piece in response.iter_bytes(size):
        yield piece
        return


def _mlflow_error(text: str) -> tuple[str, str]:
    try:
        answer = json.loads(text)
    except ValueError:
        return "", ""
    if not isinstance(answer, dict):
        return "", ""
    return str(answer.get("error_code", "")), str(answer.get("message", ""))[:500]


def storable(value: Any) -> Any:
    """Replace what PostgreSQL cannot hold as text: NUL and lone surrogates."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [storable(member) for member in value]
    if isinstance(value, dict):
        return {storable(key): storable(member) for key, member in value.items()}
    return value


def without_password(url: str) -> str:
    """Return an address without the user and password that may stand in it."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return "(malformed address)"
    return str(parsed.copy_with(username=None, password=None)).rstrip("/")
