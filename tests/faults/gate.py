"""A door between Edgewise and MLflow that a test can hold shut in the middle of the work."""

from __future__ import annotations

import http.client
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

PATIENCE = 60.0
WITHHELD = {"transfer-encoding", "connection", "content-length", "keep-alive"}


@dataclass
class Hold:
    """The first request whose method and path fit waits: `arrived` says that it does."""

    method: str
    path: str
    after: bool
    arrived: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)
    is_dropped: bool = False

    def wait(self) -> None:
        """Return when a request waits at the door."""
        assert self.arrived.wait(PATIENCE), f"No {self.method} of {self.path} arrived."

    def pass_on(self) -> None:
        """Let it through."""
        self.released.set()

    def wait_done(self) -> None:
        """Return when MLflow has answered it, whether or not anybody still waits for that."""
        assert self.done.wait(PATIENCE), f"The {self.method} of {self.path} was not answered."

    def drop(self) -> None:
        """Let it fall: nobody waits for it any more."""
        self.is_dropped = True
        self.released.set()


class Gate:
    """Passes every request on to `target`, except the one that is held; over TLS where a context is given."""

    def __init__(self, target: str, tls: ssl.SSLContext | None = None) -> None:
        self._host = urlsplit(target).netloc
        self._hold: Hold | None = None
        self.authorizations: set[str] = set()
        self._is_closed = False
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def hold(self, method: str, path: str, *, after: bool = False) -> Hold:
        """Hold the next such request before MLflow sees it, or `after` MLflow did what it asks."""
        self._hold = Hold(method, path, after)
        return self._hold

    def close(self) -> None:
        """Stop, whoever waits, on connections that are open as well."""
        self._is_closed = True
        if self._hold:
            self._hold.drop()
        self._server.shutdown()
        self._server.server_close()

    def _taken(self, method: str, path: str) -> Hold | None:
        with self._lock:
            hold = self._hold
            if hold is None or hold.arrived.is_set() or method != hold.method or hold.path not in path:
                return None
            if not hold.after:
                hold.arrived.set()
            return hold

    def _handler(gate) -> type[BaseHTTPRequestHandler]:  # noqa: N805 — inside the handler `self` is the request
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                if gate._is_closed:
                    self.close_connection = True
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                gate.authorizations.add(self.headers.get("Authorization", ""))
                hold = gate._taken(self.command, self.path)
                if hold and not hold.after:
                    hold.released.wait(PATIENCE)
                    if hold.is_dropped:
                        self.close_connection = True
                        return
                status, headers, content = self._forward(body)
                if hold:
                    hold.done.set()
                if hold and hold.after:
                    hold.arrived.set()
                    hold.released.wait(PATIENCE)
                    if hold.is_dropped:
                        self.close_connection = True
                        return
                self._give(status, headers, content)

            def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
                connection = http.client.HTTPConnection(gate._host, timeout=PATIENCE)
                try:
                    headers = {key: value for key, value in self.headers.items() if key.lower() not in WITHHELD}
                    connection.request(self.command, self.path, body=body, headers={**headers, "Host": gate._host})
                    answer = connection.getresponse()
                    return answer.status, answer.getheaders(), answer.read()
                finally:
                    connection.close()

            def _give(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
                self.send_response(status)
                for key, value in headers:
                    if key.lower() not in WITHHELD:
                        self.send_header(key, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

            do_GET = do_POST = do_DELETE = answer  # noqa: N815 — the standard library's names

        return Handler
