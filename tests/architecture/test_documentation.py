"""What the documents point to is there: files, headings, make targets, commands and their options."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main

from api.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {"node_modules", "var", "vendor"}
LINK = re.compile(r"\[[^\]]*\]\(([^()\s]+)\)")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`]+)`|^(?: {4}|\t)(.+)$", re.MULTILINE)
FENCE = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
MAKE = re.compile(r"\bmake ([a-z-]+)")
EDGEWISE = re.compile(r"(?:^|[\s/;(])edgewise ([a-z][^`#;&]*)")
LONGEST_DECISION = 60


def _documents() -> list[Path]:
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*.md"))
    return sorted(p for p in found if not any(part in NOT_OURS or part.startswith(".") for part in p.parts))


DOCUMENTS = _documents()


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_relative_link_leads_to_a_file_and_a_heading(document: Path) -> None:
    assert [link for link in _links(document) if not _resolves(document, link)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_make_target_that_is_named_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {target for code in _code(document) for target in MAKE.findall(code)}
    assert named - targets == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_edgewise_command_that_is_named_exists_with_its_options(document: Path) -> None:
    called = [call for code in _code(document) for call in EDGEWISE.findall(code)]
    assert [complaint for call in called if (complaint := _complaint(call.split()))] == []


def test_the_readme_names_every_command_and_both_targets_of_a_newcomer() -> None:
    code = " ".join(_code(Path("README.md")))
    assert {"demo", "test"} <= set(MAKE.findall(code))
    assert [name for name in COMMANDS if f"edgewise {name}" not in code] == []


def test_every_document_is_listed_in_the_overview() -> None:
    overview = Path("docs/README.md")
    listed = {(ROOT / overview.parent / link).resolve() for link in _links(overview)}
    assert [str(d) for d in DOCUMENTS if d.parts[0] == "docs" and d != overview and ROOT / d not in listed] == []


@pytest.mark.parametrize("decision", sorted((ROOT / "docs/adr").glob("*.md")), ids=lambda path: path.stem)
def test_a_decision_is_short_and_has_its_four_parts(decision: Path) -> None:
    text = decision.read_text()
    assert len(text.splitlines()) <= LONGEST_DECISION
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Status", "Context", "Decision", "Consequences"]


def _links(document: Path) -> list[str]:
    prose = FENCED.sub("", (ROOT / document).read_text())
    return [link for link in LINK.findall(prose) if not re.match(r"[a-z]+:", link)]


def _resolves(document: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (ROOT / document.parent / path).resolve() if path else ROOT / document
    return target.exists() and (not anchor or anchor in _anchors(target))


@cache
def _anchors(document: Path) -> frozenset[str]:
    """Return the anchors that GitHub gives to the headings of `document`."""
    headings = re.findall(r"^#+ (.*)$", FENCED.sub("", document.read_text()), re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)


def _code(document: Path) -> Iterator[str]:
    text = (ROOT / document).read_text()
    for block in FENCE.findall(text):
        yield from block.splitlines()
    for inline, indented in CODE.findall(FENCED.sub("", text)):
        yield inline or indented


def _complaint(words: list[str]) -> str:
    """Return what is wrong with the words after `edgewise`, or an empty string."""
    name = words[0]
    if name not in COMMANDS:
        return f"there is no command {name}"
    places = [_command(name)]
    parts = getattr(places[0], "commands", {})
    if parts and len(words) > 1 and not words[1].startswith("-"):
        wanted = words[1].replace("\\", "").split("|")
        if missing := set(wanted) - parts.keys():
            return f"{name} has no {', '.join(sorted(missing))}"
        places = [parts[one] for one in wanted]
    known = {option for place in places for parameter in place.params for option in parameter.opts} | {"--help"}
    odd = set(re.findall(r"(?<![\w-])--[a-z-]+", " ".join(words))) - known
    return f"{name} has no {', '.join(sorted(odd))}" if odd else ""


@cache
def _command(name: str) -> Any:
    module, _, attribute = COMMANDS[name][0].partition(":")
    return typer.main.get_command(getattr(importlib.import_module(module), attribute))
