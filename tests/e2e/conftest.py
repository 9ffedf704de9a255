"""A real site, served by gunicorn on its own database, and a real browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connections
from django.test import override_settings
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from config.processes import ports
from tests import database, people
from tests.factories.world import SPECIFICATION, World
from tests.waiting import until

NEXT = SPECIFICATION.replace("version: 1.0.0", "version: 1.1.0").replace("threshold: 0.70", "threshold: 0.72")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class QuickHasher(PBKDF2PasswordHasher):
    """Hashes that a site with Django's own hashers reads, made in no time."""

    iterations = 1


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium of EDGEWISE_CHROMIUM, or the one on the path."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("EDGEWISE_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.fail("There is no Chromium. Run make chromium, or set EDGEWISE_CHROMIUM to its path.")
    # Playwright runs an event loop in this thread, which Django would take for a mistake of ours.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=found, args=FLAGS)
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")


@pytest.fixture(scope="module")
def world(test_database: database.TestDatabase, django_db_blocker: object) -> Iterator[World]:
    """An installation whose people can sign in at a site of another process, with its own password hashers. The tests
    of a file share it: each changes only what no other looks at."""
    with django_db_blocker.unblock(), override_settings(PASSWORD_HASHERS=[f"{__name__}.QuickHasher"]):
        yield World.begin()
        connections.close_all()
        test_database.restore()


@pytest.fixture(scope="module")
def site(world: World) -> Iterator[str]:
    """The address of the site over the tests' own database, with the keys of this process."""
    command = [sys.executable, "-m", "gunicorn", "config.wsgi:application", "--threads", "4", "--no-control-socket"]
    environment = {**os.environ, "EDGEWISE_KEY_DIR": str(settings.KEY_DIR)}
    with ports.reserved(0, service="the site", say=lambda _: None) as port:
        process = subprocess.Popen([*command, "--bind", f"127.0.0.1:{port}"], cwd=database.ROOT, env=environment)
        try:
            until(lambda: ports.answers(port, "/sign-in/"), seconds=60, what="the site")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=30)


@pytest.fixture
def context(browser: Browser, site: str) -> Iterator[BrowserContext]:
    """A fresh browser profile on the site."""
    with browser.new_context(base_url=site) as fresh:
        yield fresh


def sign_in(context: BrowserContext, name: str, *, refused: bool = False) -> Page:
    """Sign in through the form; return the page that follows. An error in the console fails the test, unless it is
    the browser's own word on an answer that is to be `refused`."""
    page = context.new_page()
    page.on("console", lambda message: refused or _no_error(message.type, message.text))
    page.on("pageerror", lambda error: _no_error("error", str(error)))
    page.goto("/sign-in/")
    page.get_by_label("E-mail address").fill(f"{name.replace('_', '-')}@example.org")
    page.get_by_label("Password").fill(people.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()
    return page


def _no_error(kind: str, text: str) -> None:
    assert kind != "error", text
