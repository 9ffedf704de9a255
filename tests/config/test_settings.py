"""Production does not start with what only a development machine may have."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.database import ROOT

SAFE = {
    "EDGEWISE_PRODUCTION": "true",
    "EDGEWISE_SECRET_KEY": "a" * 16 + "random-enough-for-a-test",
    "EDGEWISE_ALLOWED_HOSTS": "edgewise.example",
    "EDGEWISE_SITE_URL": "https://edgewise.example",
}


def load(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("EDGEWISE_") or key.endswith("_DIR")}
    program = "import config.settings as s; print(s.SESSION_COOKIE_SECURE, s.SECURE_HSTS_SECONDS > 0, s.DEBUG)"
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_starts_with_its_own_secret_and_hosts() -> None:
    assert load(SAFE).stdout.split() == ["True", "True", "False"]


def test_plain_http_in_production_has_to_be_asked_for() -> None:
    plain = {"EDGEWISE_SITE_URL": "http://edgewise.example", "EDGEWISE_ALLOW_PLAIN_HTTP": "true"}
    assert load({**SAFE, **plain}).stdout.split() == ["False", "False", "False"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"EDGEWISE_SECRET_KEY": ""}, "EDGEWISE_SECRET_KEY"),
        ({"EDGEWISE_SECRET_KEY": "development-only-never-use-this-in-production"}, "EDGEWISE_SECRET_KEY"),
        ({"EDGEWISE_SECRET_KEY": "short"}, "EDGEWISE_SECRET_KEY"),
        ({"EDGEWISE_DEBUG": "true"}, "EDGEWISE_DEBUG"),
        ({"EDGEWISE_ALLOWED_HOSTS": ""}, "EDGEWISE_ALLOWED_HOSTS"),
        ({"EDGEWISE_ALLOWED_HOSTS": "*"}, "EDGEWISE_ALLOWED_HOSTS"),
        ({"EDGEWISE_SITE_URL": ""}, "EDGEWISE_SITE_URL"),
        ({"EDGEWISE_SITE_URL": "http://edgewise.example"}, "EDGEWISE_ALLOW_PLAIN_HTTP"),
        ({"EDGEWISE_TASK_VISIBILITY_SECONDS": "300"}, "EDGEWISE_TASK_VISIBILITY_SECONDS"),
    ],
)
def test_production_refuses_to_start_and_names_the_setting(change: dict[str, str], named: str) -> None:
    loaded = load({**SAFE, **change})
    assert loaded.returncode == 1
    assert "ImproperlyConfigured" in loaded.stderr
    assert named in loaded.stderr.splitlines()[-1]


def test_production_is_the_default() -> None:
    assert "EDGEWISE_SECRET_KEY" in load({}).stderr
