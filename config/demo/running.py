"""`edgewise demo`: start everything, run the main job on real models, say where, and keep serving."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from config import bootstrap, embedded
from config.demo import ground
from config.processes import ProcessFailed, Stack

if TYPE_CHECKING:
    from config.demo.story import Step

SECONDS_BETWEEN_LOOKS = 1.0
INTERRUPTED = 128 + signal.SIGINT
KEPT = {"EDGEWISE_DATA_DIR", "EDGEWISE_POSTGRES_ACCOUNT", "EDGEWISE_LOG_LEVEL"}
"""The settings that the demonstration takes from its environment; it has its own for all else."""
SIGN_INS = (
    ("bo", "board member"),
    ("rita", "representative of people in poor health"),
    ("erin", "engineer"),
    ("sam", "steward"),
    ("lou", "participant"),
    ("audrey", "auditor"),
)


class _Interruption:
    """Ctrl-C: it ends what runs, and once more at the next step where a library that was loading swallowed it."""

    def __init__(self) -> None:
        self._came = False
        signal.signal(signal.SIGINT, self._come)

    def check(self) -> None:
        """Raise KeyboardInterrupt when it came."""
        if self._came:
            raise KeyboardInterrupt

    def _come(self, number: int, frame: object) -> None:
        self._came = True
        raise KeyboardInterrupt


def run(*, once: bool = False, clean: bool = False, site_port: int = 8000, mlflow_port: int = 5000) -> int:
    """Run the demonstration; return the exit code: 0 when every step came out as expected, 130 when Ctrl-C came first.

    `once` ends after the job; `clean` only removes the demonstration's data. The ports are those to try first, 0: any.
    """
    folder = embedded.default_data_dir()
    try:
        if clean:
            _say(ground.clean(folder))
            return 0
        _settle()
        ground.claim(folder)
        interruption = _Interruption()
        chosen = Stack(
            data_dir=folder,
            site_port=site_port,
            mlflow_port=mlflow_port,
            prepare=lambda stack: _prepare(stack, interruption),
        )
        return _demonstrate(chosen, interruption, once=once)
    except (ProcessFailed, embedded.DatabaseUnavailable) as error:
        sys.stderr.write(f"The demonstration cannot run: {error}\n")
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def _settle() -> None:
    """Leave this process no setting of a real installation: neither its database nor its keys, broker or address."""
    if os.environ.get("DATABASE_URL"):
        raise ProcessFailed(
            "DATABASE_URL is set, and the demonstration works on a PostgreSQL of its own only. "
            "Start it without: env -u DATABASE_URL -u DATABASE_OWNER_URL make demo"
        )
    for name in [name for name in os.environ if name.startswith(("EDGEWISE_", "CELERY_")) and name not in KEPT]:
        del os.environ[name]
    os.environ.update(EDGEWISE_PRODUCTION="false", EDGEWISE_SYNCHRONISE_SECONDS="15")


def _demonstrate(chosen: Stack, interruption: _Interruption, *, once: bool) -> int:
    started = time.monotonic()
    with chosen as stack:
        expected = _walk(stack, interruption, started=started)
        if not once:
            _serve(stack)
        return 0 if expected else 1


def _prepare(stack: Stack, interruption: _Interruption) -> None:
    """Set the installation up in this process, while MLflow starts in another."""
    _say(f"Site {stack.site_url}, MLflow {stack.mlflow_url}")
    bootstrap.load(stack.environment)
    interruption.check()
    from django.conf import settings
    from django.core.management import call_command

    from config.demo import passwords, story

    settings.PASSWORD_HASHERS = [f"{passwords.__name__}.PublicPasswordHasher"]

    call_command("prepare_database", verbosity=0)
    interruption.check()
    story.begin(mlflow_url=stack.mlflow_url, folder=stack.data_dir / "demo")
    interruption.check()


def _walk(stack: Stack, interruption: _Interruption, *, started: float) -> bool:
    from config.demo import story

    def tell(step: Step) -> None:
        interruption.check()
        _tell(step, seconds=time.monotonic() - started)

    walk = story.Story(
        site_url=stack.site_url,
        mlflow_url=stack.mlflow_url,
        folder=stack.data_dir / "demo",
        tell=tell,
    )
    expected = walk.run()
    what = "all as expected" if expected else "NOT all as expected"
    _say(f"\n{len(walk.steps)} steps, {what}, {time.monotonic() - started:.0f} s")
    _say(f"Sign in at {stack.site_url}/sign-in/ with the password {story.PASSWORD} as")
    for name, does in SIGN_INS:
        _say(f"  {name}@example.org  {does}")
    _say(f"MLflow: {stack.mlflow_url}   bundle: {walk.folder / 'approval.bundle.zip'}")
    return expected


def _serve(stack: Stack) -> None:
    _say("Serving. Ctrl-C stops it.")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with suppress(KeyboardInterrupt):
        while True:
            stack.check()
            time.sleep(SECONDS_BETWEEN_LOOKS)


def _tell(step: Step, *, seconds: float) -> None:
    _say(f"{'✓' if step.expected else '✗'} {seconds:5.1f} s  {step.what}\n    {step.verdict}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
