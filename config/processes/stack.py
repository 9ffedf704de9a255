"""PostgreSQL, sequencer, worker, beat, web and MLflow on one machine, for the demonstration and for tests."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType, TracebackType

from config import embedded
from config.processes import ports
from config.processes.child import Child, Service
from config.processes.holding import held

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("mlflow", "sequencer", "worker", "beat", "web")
THREADS = 8
WORKER_SECONDS = 2.0
"""For a task to end. Celery itself takes five to leave, and what is cut off is done again: its rows say what is due."""
ENDING = (signal.SIGTERM, signal.SIGHUP)


class Stack:
    """Start the chosen `services` on entry and stop exactly those on exit, after an error, Ctrl-C or SIGTERM too.

    The database is the one of DATABASE_URL, or else the embedded one of `data_dir`. `prepare` is called with the stack
    once the database answers and MLflow is starting, before anything that needs the schema is started. A taken
    port is replaced by the next free one, which `say` reports; port 0 means any. Entering raises ProcessFailed when
    `data_dir` has a stack already, and ProcessFailed or DatabaseUnavailable, with the end of the log, when something
    does not become ready. What a killed stack left running in `data_dir` is ended first.
    """

    def __init__(
        self,
        *,
        data_dir: Path,
        services: Collection[str] = SERVICES,
        site_port: int = 8000,
        mlflow_port: int = 5000,
        prepare: Callable[[Stack], None] | None = None,
        say: Callable[[str], None] = print,
    ) -> None:
        unknown = set(services) - set(SERVICES)
        if unknown:
            raise ValueError(f"Unknown services {sorted(unknown)}; there are {', '.join(SERVICES)}.")
        self.data_dir = data_dir.resolve()
        self.services = services
        self.children: list[Child] = []
        self._preferred = (site_port, mlflow_port)
        self._prepare = prepare
        self._say = say
        self._server: embedded.Postgres | None = None
        self._exit = ExitStack()

    def __enter__(self) -> Stack:
        with ExitStack() as undo:
            undo.enter_context(_ending_raises())
            self._holding = undo.enter_context(held(self.data_dir))
            self._choose_ports(undo)
            self._find_database(undo)
            undo.callback(self._stop)
            self._start()
            self._exit = undo.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._exit.close()

    def check(self) -> None:
        """Raise ProcessFailed when a started process has ended by itself, DatabaseUnavailable when PostgreSQL has."""
        # First, since the others end for want of it.
        if self._server:
            self._server.check()
        for child in self.children:
            if not child.is_running():
                raise child.failure("has ended by itself")

    def _choose_ports(self, undo: ExitStack) -> None:
        site, mlflow = self._preferred
        self.site_port = undo.enter_context(ports.reserved(site, service="the site", say=self._say))
        self.mlflow_port = undo.enter_context(ports.reserved(mlflow, service="MLflow", say=self._say))
        self.site_url = f"http://127.0.0.1:{self.site_port}"
        self.mlflow_url = f"http://127.0.0.1:{self.mlflow_port}"

    def _find_database(self, undo: ExitStack) -> None:
        self.postgres_url = os.environ.get("DATABASE_URL", "")
        self.owner_url = os.environ.get("DATABASE_OWNER_URL", "")
        if not self.postgres_url:
            self._server = undo.enter_context(embedded.running(self.data_dir))
            self.postgres_url, self.owner_url = self._server.urls.application, self._server.urls.owner

    @property
    def environment(self) -> dict[str, str]:
        """What a process of this installation finds in its environment."""
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "EDGEWISE_DATA_DIR": str(self.data_dir),
            "EDGEWISE_SITE_URL": self.site_url,
            "DATABASE_URL": self.postgres_url,
            "DATABASE_OWNER_URL": self.owner_url,
            "PYTHONUNBUFFERED": "1",
        }

    def _start(self) -> None:
        for folder in ("logs", "static", "mlflow/artifacts"):
            (self.data_dir / folder).mkdir(parents=True, exist_ok=True)
        first, *others = SERVICES
        self._launch_chosen([first])
        if self._prepare:
            self._prepare(self)
        self._launch_chosen(others)
        for child in self.children:
            child.wait_until_ready()

    def _launch_chosen(self, names: Collection[str]) -> None:
        for name in names:
            if name in self.services:
                self.children.append(self._launch(name))

    def _launch(self, name: str) -> Child:
        service: Service = getattr(self, f"_{name}")()
        child = Child(service, folder=ROOT, logs=self.data_dir / "logs")
        self._holding.add(child.pid)
        return child

    def _stop(self) -> None:
        with _undisturbed():
            for child in self.children:
                child.ask_to_stop()
            for child in self.children:
                child.wait_until_gone()
            self.children.clear()
            self._holding.forget()

    def _sequencer(self) -> Service:
        command = [sys.executable, "manage.py", "sequence"]
        return Service(name="sequencer", command=command, environment=self.environment, is_ready=_says("sequencing "))

    def _worker(self) -> Service:
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO"]
        command = [sys.executable, "-m", "celery", "-A", "config.celery", "worker", *quiet]
        return Service(
            name="worker",
            command=command,
            environment=self.environment,
            is_ready=_says(" ready."),
            patience=WORKER_SECONDS,
        )

    def _beat(self) -> Service:
        # A process of its own: a worker does not notice when the beat inside it has died.
        command = [sys.executable, "-m", "celery", "-A", "config.celery", "beat", "--loglevel", "INFO"]
        return Service(name="beat", command=command, environment=self.environment, is_ready=_says("beat: Starting"))

    def _web(self) -> Service:
        shape = ["--bind", f"127.0.0.1:{self.site_port}", "--workers", "1", "--threads", str(THREADS)]
        command = [sys.executable, "-m", "gunicorn", "config.wsgi:application", *shape, "--no-control-socket"]
        return Service(
            name="web",
            command=command,
            environment=self.environment,
            is_ready=lambda log: ports.answers(self.site_port, "/"),
        )

    def _mlflow(self) -> Service:
        store = self.data_dir / "mlflow"
        ours = ("DATABASE_", "EDGEWISE_", "DJANGO_", "MLFLOW_")
        environment = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
        quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
        # By itself it would only call public addresses over TLS, and forget its secrets when it ends.
        hooks = {
            "MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "http,https",
            "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true",
            "MLFLOW_WEBHOOK_CACHE_TTL": "1",
            "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY": _key(self.data_dir / "mlflow-webhooks.key"),
        }
        return Service(
            name="mlflow",
            command=[sys.executable, "-m", "config.processes.tracking", str(store), str(self.mlflow_port)],
            environment={**environment, **quiet, **hooks},
            is_ready=lambda log: ports.answers(self.mlflow_port, "/health"),
            seconds=120.0,
        )


def _key(path: Path) -> str:
    """Return the Fernet key in the file at `path`, made when there is none."""
    if not path.exists():
        from cryptography.fernet import Fernet

        path.touch(mode=0o600)
        path.write_bytes(Fernet.generate_key())
    return path.read_text()


def _says(words: str) -> Callable[[Path], bool]:
    return lambda log: words in log.read_text(errors="replace")


@contextmanager
def _ending_raises() -> Iterator[None]:
    """Turn a request to end into SystemExit, so that what is open gets closed on the way out."""
    with _handling(dict.fromkeys(ENDING, _leave)):
        yield


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let nothing break off the stopping, which is bounded in time."""
    with _handling(dict.fromkeys((signal.SIGINT, *ENDING), signal.SIG_IGN)):
        yield


@contextmanager
def _handling(
    handlers: dict[signal.Signals, Callable[[int, FrameType | None], None] | signal.Handlers],
) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
