"""Signing in to a tracking server that asks for it, and trusting one that an own authority vouches for."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.db import connection

from config.processes import ports
from governance.errors import Invalid
from governance.monitoring import services
from lineage import sync
from lineage.credentials import Credentials
from lineage.errors import RegistryRefused, RegistryUnavailable
from lineage.models import SyncReport
from tests.factories.world import World
from tests.faults.gate import Gate
from tests.waiting import until

pytestmark = [pytest.mark.xdist_group("mlflow"), pytest.mark.django_db]
PASSWORD = "correct horse battery staple"
ADMIN = "admin"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real MLflow server that lets nobody in without a name and password."""
    folder = tmp_path_factory.mktemp("basic-auth")
    with ports.reserved(0, service="mlflow", say=print) as port:
        pass
    (folder / "auth.ini").write_text(
        f"[mlflow]\ndefault_permission = READ\ndatabase_uri = sqlite:///{folder}/auth.db\nadmin_username = {ADMIN}\n"
        "authorization_function = mlflow.server.auth:authenticate_request_basic_auth\nauth_cache_ttl_seconds = 60\n"
    )
    told = {
        "MLFLOW_AUTH_CONFIG_PATH": str(folder / "auth.ini"),
        "MLFLOW_AUTH_ADMIN_PASSWORD": PASSWORD,
        "MLFLOW_FLASK_SERVER_SECRET_KEY": "only for this test",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    place = ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(folder / "files")]
    command = [sys.executable, "-W", "ignore", "-m", "mlflow", "server", "--app-name", "basic-auth", *place]
    shape = ["--workers", "1", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([*command, *shape], env=os.environ | told, cwd=folder, stdout=log, stderr=log)
    try:
        until(lambda: ports.answers(port, "/health"), seconds=120, what="MLflow with basic-auth")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture
def signed_in(settings) -> Callable[..., None]:
    """Put credentials of the server `guarded` into the settings."""

    def sign_in(**named: str) -> None:
        settings.MLFLOW_CREDENTIALS = {f"EDGEWISE_MLFLOW_GUARDED_{name}": value for name, value in named.items()}

    return sign_in


def test_a_name_and_password_from_the_environment_let_edgewise_in(guarded, signed_in, later):
    signed_in(USERNAME=ADMIN, PASSWORD=PASSWORD)
    server = sync.connect(key="guarded", url=guarded)
    assert sync.synchronise(server=server, at=later()).report.outcome == SyncReport.Outcome.SUCCEEDED


@pytest.mark.parametrize("named", [{}, {"USERNAME": ADMIN, "PASSWORD": "a wrong pass phrase"}])
def test_without_the_right_ones_the_refusal_says_where_they_belong_and_keeps_them_secret(
    guarded, signed_in, later, named
):
    signed_in(**named)
    server = sync.connect(key="guarded", url=guarded)
    with pytest.raises(RegistryRefused, match="EDGEWISE_MLFLOW_<KEY>_USERNAME") as refused:
        sync.synchronise(server=server, at=later())
    report = SyncReport.objects.get()
    assert (report.outcome, report.error) == (SyncReport.Outcome.FAILED, refused.value.message)
    shown = report.error + repr(refused.value) + repr(Credentials.of("guarded"))
    assert named.get("PASSWORD", "no password") not in shown


def test_a_token_goes_with_every_request_and_before_a_name_and_password(mlflow_url, signed_in, later):
    signed_in(TOKEN="a-token", USERNAME=ADMIN, PASSWORD=PASSWORD)
    door = Gate(mlflow_url)
    try:
        sync.synchronise(server=sync.connect(key="guarded", url=door.url), models=["nothing"], at=later())
    finally:
        door.close()
    assert door.authorizations == {"Bearer a-token"}
    assert "a-token" not in repr(Credentials.of("guarded"))


def test_no_secret_comes_into_the_database(guarded, signed_in, later):
    signed_in(USERNAME=ADMIN, PASSWORD=PASSWORD)
    sync.synchronise(server=sync.connect(key="guarded", url=guarded), at=later())
    with connection.cursor() as cursor:
        for table in ("lineage_trackingserver", "lineage_syncreport", "audit_leaf"):
            cursor.execute(f"SELECT count(*) FROM {table} AS row WHERE row::text LIKE %s", [f"%{PASSWORD}%"])
            assert cursor.fetchone() == (0,)


def test_an_address_with_a_password_is_refused(world: World):
    with pytest.raises(Invalid, match="environment"):
        services.connect_server(key="main", url="http://a:b@127.0.0.1", by=world.people.administrator, at=world.tick())


@pytest.fixture
def vouched(mlflow_url: str, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a real MLflow behind TLS, and the file of the authority that vouches for it."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    certificate = made.sign(key, SHA256()).public_bytes(Encoding.PEM)
    (tmp_path / "authority.pem").write_bytes(certificate)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "both.pem").write_bytes(private + certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both.pem")
    door = Gate(mlflow_url, context)
    yield door.url, tmp_path / "authority.pem"
    door.close()


def test_an_authority_of_ones_own_is_trusted_for_the_server_that_it_is_named_for(vouched, signed_in, later):
    url, authority = vouched
    signed_in(CA=str(authority))
    server = sync.connect(key="guarded", url=url)
    assert sync.synchronise(server=server, models=[], at=later()).report.outcome == SyncReport.Outcome.SUCCEEDED
    sync.synchronise(server=server, models=["nothing-of-this-name"], at=later())
    with pytest.raises(RegistryUnavailable, match="certificate verify failed"):
        sync.synchronise(server=sync.connect(key="other", url=url), models=["x"], at=later())


def test_a_file_of_authorities_that_is_not_there_is_said_to_be_missing(signed_in, later):
    signed_in(CA="/nowhere/authority.pem")
    with pytest.raises(RegistryUnavailable, match="EDGEWISE_MLFLOW_<KEY>_CA"):
        sync.synchronise(server=sync.connect(key="guarded", url="https://127.0.0.1:1"), at=later())
