"""The embedded server: closed to the wrong password, back after a crash, and the same for every process that asks."""

from __future__ import annotations

import os
import pwd
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config import embedded
from config.embedded import account as accounts
from config.embedded import folder as folders
from tests.database import ROOT
from tests.waiting import until

ASK = """
import sys
from pathlib import Path
from config import embedded
print(embedded.database_urls(Path(sys.argv[1])))
"""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with an initialised, stopped server."""
    path = tmp_path_factory.mktemp("installation")
    server = embedded.Postgres(path)
    server.start()
    server.stop()
    yield path
    server.stop()
    embedded.remove(path)


def test_naming_the_database_starts_nothing(tmp_path: Path) -> None:
    embedded.database_urls(tmp_path)
    assert not embedded.Postgres(tmp_path).is_running()
    assert not folders.read(tmp_path).cluster.exists()


def test_every_process_that_asks_first_gets_the_same_answer(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ASK, str(tmp_path)]
    asking = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    answers = {process.communicate(timeout=60)[0] for process in asking}
    assert answers == {f"{embedded.database_urls(tmp_path)}\n"}


def test_passwords_are_readable_by_their_owner_alone(data_dir: Path) -> None:
    assert (data_dir / "postgres" / "server.json").stat().st_mode & 0o777 == 0o600
    assert (data_dir / "postgres" / "server.log").stat().st_mode & 0o777 == 0o600
    assert folders.read(data_dir).cluster.stat().st_mode & 0o777 == 0o700


def test_a_server_runs_as_long_as_somebody_needs_it(data_dir: Path) -> None:
    with embedded.running(data_dir) as server:
        with embedded.running(data_dir) as same:
            assert same.pid() == server.pid()
        assert server.is_running()
    assert not server.is_running()


def test_a_running_server_is_not_removed(data_dir: Path) -> None:
    with embedded.running(data_dir) as server:
        with pytest.raises(embedded.DatabaseUnavailable, match="Stop it first"):
            embedded.remove(data_dir)
        assert server.is_running()


def test_a_server_that_was_there_before_is_left_running(data_dir: Path) -> None:
    server = embedded.Postgres(data_dir)
    server.start()
    with embedded.running(data_dir):
        pass
    assert server.is_running()
    server.stop()
    assert server.pid() is None


@pytest.mark.parametrize("host", ["127.0.0.1", "socket"])
def test_a_wrong_password_is_rejected(data_dir: Path, host: str) -> None:
    with embedded.running(data_dir):
        folder = folders.read(data_dir)
        place = folder.socket if host == "socket" else host
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(
                host=place, port=folder.port, user=folders.SUPERUSER, dbname="postgres", password="wrong"
            ).close()


def test_the_application_owns_nothing_and_the_owner_is_no_superuser(data_dir: Path) -> None:
    with embedded.running(data_dir) as server, psycopg.connect(server.urls.owner) as connection:
        roles = connection.execute(
            "SELECT rolname, rolsuper, rolcreatedb FROM pg_roles WHERE rolname LIKE 'edgewise%' ORDER BY 1"
        ).fetchall()
        owned = connection.execute("SELECT datname FROM pg_database WHERE datdba = 'edgewise_app'::regrole").fetchall()
    assert roles == [("edgewise_app", False, False), ("edgewise_owner", False, True)]
    assert owned == []


def test_durable_settings_and_checksums_are_on(data_dir: Path) -> None:
    with embedded.running(data_dir) as server, psycopg.connect(server.urls.owner) as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
            assert connection.execute("SELECT current_setting(%s)", [name]).fetchone() == ("on",), name


def test_acknowledged_rows_survive_the_killing_of_every_server_process(data_dir: Path) -> None:
    with embedded.running(data_dir) as server:
        writer = psycopg.connect(server.urls.owner, autocommit=True)
        writer.execute("CREATE TABLE kept (n int)")
        for number in range(200):
            writer.execute("INSERT INTO kept VALUES (%s)", [number])
        killed = server.pid()
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        until(lambda: not server.is_running(), seconds=20, what="the server's death")
        server.start()
        assert server.pid() != killed
        with psycopg.connect(server.urls.owner) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (200,)
        writer.close()


def test_a_port_taken_meanwhile_is_replaced(data_dir: Path) -> None:
    before = folders.read(data_dir).port
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", before))
        other.listen()
        with embedded.running(data_dir) as server, psycopg.connect(server.urls.application) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
            assert folders.read(data_dir).port != before


def test_an_interrupted_first_start_is_begun_again(tmp_path: Path) -> None:
    half_made = Path(folders.read(tmp_path).home) / "cluster.new"
    if half_made.parent.parent == accounts.OUTSIDE_HOMES:
        accounts.open_outside()
    accounts.current().make_folder(half_made.parent)
    half_made.mkdir()
    (half_made / "PG_VERSION").write_text("18\n")
    with embedded.running(tmp_path) as server:
        assert server.is_running()
    embedded.remove(tmp_path)


def test_a_server_that_cannot_start_says_why(data_dir: Path) -> None:
    cluster = folders.read(data_dir).cluster
    (cluster / "PG_VERSION").rename(cluster / "kept-aside")
    try:
        with pytest.raises(embedded.DatabaseUnavailable, match="PG_VERSION"):
            embedded.Postgres(data_dir).start(seconds=0.5)
    finally:
        (cluster / "kept-aside").rename(cluster / "PG_VERSION")


def test_the_foreground_server_ends_in_order_when_told_to(data_dir: Path) -> None:
    foreground = subprocess.Popen(
        [sys.executable, "-m", "config.embedded", "run"],
        cwd=ROOT,
        env={**os.environ, "EDGEWISE_DATA_DIR": str(data_dir)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert foreground.stdout is not None
    assert "PostgreSQL runs as process" in foreground.stdout.readline()
    foreground.send_signal(signal.SIGTERM)
    assert foreground.wait(timeout=60) == 0
    foreground.stdout.close()
    assert embedded.Postgres(data_dir).pid() is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_runs_the_server_under_the_own_account() -> None:
    nobody = pwd.getpwnam("nobody")
    folder = Path(tempfile.mkdtemp(prefix="edgewise-ordinary-"))
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    child = os.fork()
    if not child:
        os._exit(_start_as(nobody, folder))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert folders.read(folder).cluster.stat().st_uid == nobody.pw_uid
    embedded.remove(folder)
    folder.rmdir()


def _start_as(account: pwd.struct_passwd, folder: Path) -> int:
    """Run a server from within a forked copy of this process, since Python itself may lie in root's closed home."""
    try:
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
        with embedded.running(folder) as server:
            psycopg.connect(server.urls.application).close()
    except BaseException:
        traceback.print_exc()
        return 1
    return 0
