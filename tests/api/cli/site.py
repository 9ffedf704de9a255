"""A site that answers over a real socket, and the command that asks it."""

from __future__ import annotations

import io
import ssl
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.core.wsgi import get_wsgi_application
from django.db import connections

from api.cli.main import main
from governance.accounts import services as accounts
from governance.systems.roles import SCOPES
from tests.factories.world import World


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Site:
    """A site at `url`, and its people's tokens."""

    url: str
    world: World

    def edgewise(self, *arguments: str, who: str = "engineer", token: str = "") -> Ran:
        """Run `edgewise ARGUMENTS` as somebody."""
        return edgewise(*arguments, "--url", self.url, "--token", token or self.token(who))

    def token(self, who: str, *, lives: timedelta = timedelta(hours=1), scopes: Collection[str] = ()) -> str:
        """Return the secret of a fresh token of somebody, which expires after `lives` from now; it may do all that a
        pipeline's may, unless `scopes` are named."""
        by = self.world.people.by_name[who]
        issuer = by if by.kind == "person" else self.world.people.administrator
        now = datetime.now(UTC)
        _, secret = accounts.issue_token(
            user=by,
            label="test",
            scopes=sorted(scopes or SCOPES - {"administer"}),
            expires_at=now + lives,
            by=issuer,
            at=min(now, now + lives) - timedelta(hours=2),
        )
        return secret


def edgewise(*arguments: str) -> Ran:
    """Run `edgewise ARGUMENTS` in this process; return its exit code and what it wrote."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(arguments)
    return Ran(code, out.getvalue(), err.getvalue())


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Requests are no news."""


class _Together(ThreadingMixIn, WSGIServer):
    """Answers while it answers others, as a site must whom MLflow calls in the middle of a request."""

    def process_request_thread(self, *request: Any) -> None:
        """Answer, and keep no connection to a database that goes."""
        super().process_request_thread(*request)
        connections.close_all()


@contextmanager
def serving(
    application: object, *, port: int = 0, tls: ssl.SSLContext | None = None, together: bool = False
) -> Iterator[str]:
    """Serve a WSGI application on a port of this machine, any free one unless told; give its address."""
    kind = _Together if together else WSGIServer
    server = make_server("127.0.0.1", port, application, server_class=kind, handler_class=_Quiet)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)

    def serve() -> None:
        server.serve_forever(poll_interval=0.01)
        connections.close_all()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def site(world: World, *, port: int = 0, together: bool = False) -> Iterator[Site]:
    """Serve Edgewise itself."""
    with serving(get_wsgi_application(), port=port, together=together) as url:
        yield Site(url, world)
