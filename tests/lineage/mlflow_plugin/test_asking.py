"""Only Edgewise's plain yes to exactly this question is a yes, whatever answers at its address."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from edgewise_mlflow.asking import NoAnswer, unmet
from edgewise_mlflow.configuration import Configuration, read

from tests.api.cli.site import serving
from tests.factories.world import LETTER, PHONE

MODEL = "models:/outreach model/1"
LONG = "2999-01-01T00:00:00Z"
YES = {"allowed": True, "context": PHONE, "digest": "0", "approval": 7, "valid_until": LONG, "unmet": []}
JSON = [("Content-Type", "application/json")]


@pytest.fixture
def configure(tmp_path: Path) -> Callable[..., Configuration]:
    def configured(url: str, *, token: bytes = b"ew_token\n", seconds: str = "10") -> Configuration:
        (tmp_path / "token").write_bytes(token)
        return read(
            {
                "EDGEWISE_GUARD_URL": url,
                "EDGEWISE_GUARD_TOKEN_FILE": str(tmp_path / "token"),
                "EDGEWISE_GUARD_PROTECTED": "outreach-model",
                "EDGEWISE_GUARD_TIMEOUT_SECONDS": seconds,
            }
        )

    return configured


@pytest.fixture
def self_signed(tmp_path: Path) -> ssl.SSLContext:
    """What a server needs to speak TLS under a certificate that nobody vouches for."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1)).sign(key, SHA256())
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "both.pem").write_bytes(key.private_bytes(*form) + made.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both.pem")
    return context


class Answering:
    """Answers every request alike, and remembers what it was asked."""

    def __init__(self, status: str, body: bytes, headers: list[tuple[str, str]] | None = None) -> None:
        self.status, self.body, self.headers = status, body, headers or JSON
        self.asked: list[dict[str, Any]] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., object]) -> list[bytes]:
        self.asked.append(environ)
        start_response(self.status, [*self.headers])
        return [self.body]


def test_a_yes_is_asked_for_with_the_token_and_the_exact_names(configure: Callable[..., Configuration]) -> None:
    edgewise = Answering("200 OK", json.dumps(YES).encode())
    with serving(edgewise) as url:
        assert unmet(configure(f"{url}/below"), model=MODEL, context=PHONE) == []
    (asked,) = edgewise.asked
    assert (asked["PATH_INFO"], asked["HTTP_AUTHORIZATION"]) == ("/below/api/v1/check", "Bearer ew_token")
    assert asked["QUERY_STRING"] == "model=models%3A%2Foutreach+model%2F1&context=us%2Foutreach%2Fphone"


@pytest.mark.parametrize(
    "changed",
    [
        {"allowed": "true"},
        {"allowed": 1},
        {"allowed": None},
        {"allowed": False},
        {"context": LETTER},
        {"approval": None},
        {"approval": True},
        {"approval": "7"},
        {"unmet": [{"key": "approval", "sentence": "It was revoked."}]},
        {"unmet": None},
        {"unmet": ["nonsense"]},
        {"valid_until": (datetime.now(UTC) - timedelta(seconds=1)).isoformat()},
        {"valid_until": "2099-01-01T00:00:00"},
        {"valid_until": "never"},
        {"valid_until": None},
    ],
)
def test_whatever_differs_from_a_plain_yes_is_a_no(
    configure: Callable[..., Configuration], changed: dict[str, object]
) -> None:
    with serving(Answering("200 OK", json.dumps(YES | changed).encode())) as url:
        assert unmet(configure(url), model=MODEL, context=PHONE)
    with serving(Answering("200 OK", json.dumps(YES).encode())) as url:
        assert unmet(configure(url), model=MODEL, context=PHONE) == []


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("200 OK", b"<html>allowed</html>"),
        ("200 OK", b'"allowed"'),
        ("200 OK", b'{"allowed": true'),
        ("200 OK", b"\xff"),
        ("200 OK", b""),
        ("200 OK", b"[" * 100_000),
        ("200 OK", b'{"allowed": false, "filling": "' + b"x" * (1 << 18) + b'"}'),
        ("204 No Content", b""),
        ("201 Created", json.dumps(YES).encode()),
        ("401 Unauthorized", json.dumps(YES).encode()),
        ("404 Not Found", b"<html>nothing here</html>"),
        ("429 Too Many Requests", b"{}"),
        ("500 Internal Server Error", json.dumps(YES).encode()),
    ],
)
def test_what_is_no_answer_of_edgewise_is_a_no(
    configure: Callable[..., Configuration], status: str, body: bytes
) -> None:
    with serving(Answering(status, body)) as url:
        (reason,) = unmet(configure(url), model=MODEL, context=PHONE)
    assert status.partition(" ")[0] in reason


def test_a_refusal_to_answer_is_passed_on_in_its_own_words(configure: Callable[..., Configuration]) -> None:
    with serving(Answering("403 Forbidden", b'{"detail": "The token has expired."}')) as url:
        assert unmet(configure(url), model=MODEL, context=PHONE) == [f"{url} answered 403: The token has expired."]


def test_no_redirect_is_followed(configure: Callable[..., Configuration]) -> None:
    elsewhere = Answering("200 OK", json.dumps(YES).encode())
    with serving(elsewhere) as other, serving(Answering("302 Found", b"", [("Location", other)])) as url:
        assert unmet(configure(url), model=MODEL, context=PHONE)
    assert elsewhere.asked == []


@pytest.mark.parametrize("status", ["502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout"])
def test_a_proxy_with_nobody_behind_it_is_no_answer(configure: Callable[..., Configuration], status: str) -> None:
    with serving(Answering(status, b"{}")) as url, pytest.raises(NoAnswer, match="unavailable"):
        unmet(configure(url), model=MODEL, context=PHONE)


def test_silence_is_no_answer_and_ends_in_time(configure: Callable[..., Configuration]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(NoAnswer, match="timed out"):
            unmet(configure(url, seconds="0.05"), model=MODEL, context=PHONE)
    with pytest.raises(NoAnswer, match="refused"):
        unmet(configure(url), model=MODEL, context=PHONE)


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\n\r\n"], ids=["within its head", "within its body"])
def test_an_answer_that_drips_in_without_end_is_no_answer(configure: Callable[..., Configuration], head: bytes) -> None:
    stopped = threading.Event()

    def drip(listening: socket.socket) -> None:
        with listening.accept()[0] as spoken, suppress(OSError):
            spoken.sendall(head or b"HTTP/1.1 200 OK\r\nX: ")
            while not stopped.wait(0.02):
                spoken.sendall(b" ")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=drip, args=[listening], daemon=True).start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with pytest.raises(NoAnswer, match="timed out before its answer was whole"):
            unmet(configure(url, seconds="0.3"), model=MODEL, context=PHONE)
    stopped.set()


@pytest.mark.parametrize("token", [b"", b" \n", b"two words", b"ew_\r\nHost: elsewhere", b"ew_\xff"])
def test_without_a_token_nobody_is_asked(configure: Callable[..., Configuration], token: bytes) -> None:
    edgewise = Answering("200 OK", json.dumps(YES).encode())
    with serving(edgewise) as url:
        (reason,) = unmet(configure(url, token=token), model=MODEL, context=PHONE)
    assert "token" in reason
    assert edgewise.asked == []


def test_what_speaks_no_http_is_a_no(configure: Callable[..., Configuration]) -> None:
    with serving(Answering("200 OK", b"", [("A" * 70_000, "x")])) as url:
        assert "is not Edgewise" in unmet(configure(url), model=MODEL, context=PHONE)[0]


def test_whoever_cannot_show_to_be_edgewise_gets_no_token_and_is_a_no(
    configure: Callable[..., Configuration], self_signed: ssl.SSLContext
) -> None:
    impostor = Answering("200 OK", json.dumps(YES).encode())
    with serving(impostor, tls=self_signed) as url:
        (reason,) = unmet(configure(url.replace("http:", "https:")), model=MODEL, context=PHONE)
    assert "cannot show that it is Edgewise" in reason
    assert impostor.asked == []
