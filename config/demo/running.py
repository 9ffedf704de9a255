"""`edgewise demo`: start everything, run the main job on real models, say where, and keep serving."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from config import bootstrap, embedded
from config.processes import ProcessFailed, Stack

if TYPE_CHECKING:
    from config.demo.story import Step

SECONDS_BETWEEN_LOOKS = 1.0
SIGN_INS = (
    ("bo", "board member"),
    ("rita", "representative of people in poor health"),
    ("erin", "engineer"),
    ("sam", "steward"),
    ("lou", "participant"),
    ("audrey", "auditor"),
)


def run(*, once: bool = False, clean: bool = False) -> int:
    """Run the demonstration; return the exit code: 0 when every step came out as expected.

    `once` ends after the job; `clean` only removes the demonstration's data.
    """
    folder = embedded.default_data_dir()
    return _clean(folder) if clean else _demonstrate(folder, once=once)


def _demonstrate(folder: Path, *, once: bool) -> int:
    started = time.monotonic()
    os.environ["EDGEWISE_SYNCHRONISE_SECONDS"] = "15"
    try:
        with Stack(data_dir=folder, prepare=_prepare) as stack:
            expected = _walk(stack, started=started)
            if once:
                return 0 if expected else 1
            _serve(stack)
            return 0
    except (ProcessFailed, embedded.DatabaseUnavailable) as error:
        sys.stderr.write(f"The demonstration cannot run: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 0


def _prepare(stack: Stack) -> None:
    """Set the installation up in this process, while MLflow starts in another."""
    _say(f"Site {stack.site_url}, MLflow {stack.mlflow_url}")
    bootstrap.load(stack.environment)
    from django.core.management import call_command

    from config.demo import story

    call_command("prepare_database", verbosity=0)
    story.begin(mlflow_url=stack.mlflow_url, folder=stack.data_dir / "demo")


def _walk(stack: Stack, *, started: float) -> bool:
    from config.demo import story

    walk = story.Story(
        site_url=stack.site_url,
        mlflow_url=stack.mlflow_url,
        folder=stack.data_dir / "demo",
        tell=lambda step: _tell(step, seconds=time.monotonic() - started),
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
    while True:
        stack.check()
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _clean(folder: Path) -> int:
    embedded.remove(folder)
    shutil.rmtree(folder, ignore_errors=True)
    _say(f"Removed {folder}")
    return 0


def _tell(step: Step, *, seconds: float) -> None:
    _say(f"{'✓' if step.expected else '✗'} {seconds:5.1f} s  {step.what}\n    {step.verdict}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
