"""What browsers are sent beside the pages."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.template.loader import get_template
from django.test import override_settings

STATIC = Path(__file__).resolve().parents[2] / "frontend" / "static"
LISTED = re.compile(r"^\| (\S+) \| (\S+) \| \S+ \| `(\S+)` \| `([0-9a-f]{64})` \|$", re.MULTILINE)
MANIFEST = "whitenoise.storage.CompressedManifestStaticFilesStorage"


def _vendored() -> list[tuple[str, Path, str]]:
    text = (STATIC / "vendor" / "README.md").read_text()
    rows = LISTED.findall(text)
    return [(name, STATIC / "vendor" / f"{name.removesuffix('.org')}-{v}" / file, sha) for name, v, file, sha in rows]


@pytest.mark.parametrize(("name", "file", "sha256"), _vendored(), ids=lambda value: str(value)[:20])
def test_a_vendored_library_is_the_one_that_is_listed_and_carries_its_licence(
    name: str, file: Path, sha256: str
) -> None:
    assert hashlib.sha256(file.read_bytes()).hexdigest() == sha256
    assert (file.parent / "LICENSE").stat().st_size > 0


def test_every_vendored_file_is_listed() -> None:
    there = {path for path in (STATIC / "vendor").rglob("*.*") if path.name not in ("README.md", "LICENSE")}
    assert {file for file in there if file.is_file()} == {file for _, file, _ in _vendored()}


def test_a_production_site_can_collect_them_all(tmp_path: Path) -> None:
    storages = {"staticfiles": {"BACKEND": MANIFEST}}
    with override_settings(STORAGES=storages, STATIC_ROOT=tmp_path):
        call_command("collectstatic", interactive=False, verbosity=0)
    assert (tmp_path / "staticfiles.json").exists()
    assert list((tmp_path / "css").glob("edgewise.*.css"))


def test_our_scripts_need_nothing_that_the_content_security_policy_forbids() -> None:
    for script in (STATIC / "js").glob("*.js"):
        text = script.read_text()
        assert not re.search(r"\beval\(|new Function|innerHTML|https?://", text), script.name


def test_a_template_is_compiled_once() -> None:
    assert get_template("base.html").template is get_template("base.html").template
