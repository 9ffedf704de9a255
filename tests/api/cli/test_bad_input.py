"""Seven bad inputs that a newcomer tries, through every face where each belongs: refused by name, with the place and
the remedy, and nothing is recorded."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from governance.audit.models import Leaf
from tests.api.cli.site import Site, edgewise
from tests.factories.world import SPECIFICATION

MODEL = "models:/outreach-model/1"
NEXT = SPECIFICATION.replace("version: 1.0.0", "version: 1.1.0")
CEILING = """\
      - {metric: recall, aggregate: proportion, comparator: "<=", threshold: ▶0.6, alpha: 0.05, min_n: 9,
         bound: wilson, level: response, groups: [poor-health]}
tensions: []"""
CIRCLE = """\
  - key: us/outreach/letter
    ▶extends: us/outreach
  - key: us/outreach
    extends: us/outreach/letter
    tighten:
      - {dimension: need-is-seen, metric: recall, alpha: 0.04}
"""


@dataclass(frozen=True)
class Bad:
    """What is sent; and of the refusal its code, where it stands, what is wrong and the remedy. A specification's place
    is a line, too."""

    content: str
    code: str
    where: str
    what: str
    remedy: str
    line: int | None = None


def written(old: str, new: str, **said: Any) -> Bad:
    """Return a specification in which `new` stands for `old`, with the line where ▶ stands before what is wrong."""
    assert NEXT.count(old) == 1, old
    marked = NEXT.replace(old, new)
    line = marked.partition("▶")[0].count("\n") + 1
    return Bad(content=marked.replace("▶", ""), code="invalid-specification", line=line, **said)


SPECIFICATIONS = {
    "contradictory criteria": written(
        "tensions: []",
        CEILING,
        where="dimensions[0].criteria[1].threshold",
        what="Nothing is at most 0.6 and at least 0.70",
        remedy="Correct one threshold, or part the groups.",
    ),
    "an overlay that loosens": written(
        "threshold: 0.75",
        "threshold: ▶0.65",
        where="contexts[0].tighten[0].threshold",
        what="An overlay may only tighten, and 0.65 is looser than 0.70",
        remedy="Ask for 0.70 or more",
    ),
    "cyclic contexts": written(
        "  - key: us/outreach/letter\n",
        CIRCLE + "  - key: us\n",
        where="contexts[0].extends",
        what="`us/outreach/letter` would stand above itself: us/outreach/letter → us/outreach → us/outreach/letter.",
        remedy="Remove `extends`",
    ),
    "an unknown metric": written(
        "metric: recall, threshold: 0.75",
        "metric: ▶recal, threshold: 0.75",
        where="contexts[0].tighten[0].metric",
        what="The dimension `need-is-seen` has no metric `recal`.",
        remedy="Did you mean `recall`? Known: recall.",
    ),
}
HEADER = "case_id,metric,value,context,health,limited"
TABLES = {
    "duplicated case ids": Bad(
        content=f"{HEADER}\na,recall,1,*,poor,no\nb,recall,1,*,poor,no\na,recall,0,*,poor,no\n",
        code="cases-unusable",
        where="line 4, column case_id",
        what="case 'a' already has 'recall' in context '*' in line 2.",
        remedy="Keep one row for each case and metric.",
    ),
    "mixed units": Bad(
        content=f"{HEADER},unit\na,recall,1,*,poor,no,proportion\nb,recall,1,*,poor,no,percent\n",
        code="mixed-units",
        where="column unit",
        what="'recall' is in proportion (case a, line 2), percent (case b, line 3), and the specification asks for",
        remedy="Convert every value to the unit that is asked for.",
    ),
    "a pooled upload that may reverse what holds in each group": Bad(
        content="case_id,metric,value,context\na,recall,1,*\nb,recall,1,*\n",
        code="pooled-evidence",
        where="column health",
        what="the table does not have it, so that nobody can tell excellent-health, good-health",
        remedy="a figure over everybody can hide, even reverse, what holds in each group.",
    ),
}

each_specification = pytest.mark.parametrize("bad", SPECIFICATIONS.values(), ids=SPECIFICATIONS)
each_table = pytest.mark.parametrize("bad", TABLES.values(), ids=TABLES)


@pytest.fixture
def signed_in(running: Site) -> Callable[[str], Client]:
    """Return a browser's client signed in as somebody."""

    def person(name: str) -> Client:
        client = Client()
        backend = "django.contrib.auth.backends.ModelBackend"
        client.force_login(running.world.people.by_name[name], backend=backend)
        return client

    return person


def the_one(problems: list[dict[str, Any]], bad: Bad) -> dict[str, Any]:
    """Return the problem at the place that is bad, after holding its words to what is expected."""
    found = {problem["where"]: problem for problem in problems}
    assert bad.where in found, found
    problem = found[bad.where]
    assert (bad.what in problem["what"], bad.remedy in problem["remedy"]) == (True, True), problem
    return problem


@each_specification
def test_a_bad_specification_is_named_by_the_lint_offline(bad: Bad, tmp_path: Path) -> None:
    file = tmp_path / "specification.yaml"
    file.write_text(bad.content)
    told = edgewise("spec", "lint", str(file))
    (line,) = [line for line in told.out.splitlines() if f": {bad.where}: " in line]
    assert (told.code, line.startswith(f"{file}:{bad.line}:")) == (1, True), line
    assert (bad.what in line, bad.remedy in line) == (True, True), line
    assert the_one(json.loads(edgewise("spec", "lint", str(file), "--json").out)["problems"], bad)["line"] == bad.line


@each_specification
def test_a_bad_specification_is_named_over_rest_and_on_the_page_and_not_kept(
    bad: Bad, running: Site, signed_in: Callable[[str], Client]
) -> None:
    draft = running.world.drafted()
    leaves = Leaf.objects.count()
    headers = {"Authorization": f"Bearer {running.token('steward')}", "If-Match": f'"{draft}"'}
    place = f"{running.url}/api/v1/"
    linted = httpx.post(f"{place}specifications/lint", json={"text": bad.content}, headers=headers).json()
    assert the_one(linted["problems"], bad)["line"] == bad.line
    address = f"{place}systems/outreach/specification/draft"
    refused = httpx.put(address, json={"text": bad.content}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, bad.code)
    assert the_one(refused.json()["problems"], bad)["column"]
    page = "/systems/outreach/specification/draft/"
    for sent in ("lint", "save"):
        shown = signed_in("steward").post(f"{page}{sent}/", {"text": bad.content, "replaces": draft})
        text = html.unescape(shown.content.decode())
        assert (bad.what in text, bad.remedy in text, f'<td class="num">{bad.line}</td>' in text) == (True,) * 3, text
    assert running.world.drafted() == draft
    assert Leaf.objects.count() == leaves + 1, "the token alone"


@each_table
def test_a_bad_table_is_named_at_the_terminal_over_rest_and_on_the_page_and_not_kept(
    bad: Bad, running: Site, signed_in: Callable[[str], Client], tmp_path: Path
) -> None:
    running.world.register()
    file = tmp_path / "cases.csv"
    file.write_text(bad.content)
    when = "2026-01-31T12:00:00Z"
    command = ("evidence", MODEL, "--system", "outreach", "--file", str(file), "--evaluated-at", when)
    told = running.edgewise(*command)
    assert (told.code, bad.what in told.err, bad.remedy in told.err) == (1, True, True), told.err
    said = json.loads(running.edgewise(*command, "--json").out)
    assert said["code"] == bad.code
    the_one(said["problems"], bad)
    refused = httpx.post(
        f"{running.url}/api/v1/systems/outreach/evidence-files",
        data={"model": MODEL, "level": "response", "evaluated_at": when},
        files={"file": ("cases.csv", bad.content.encode())},
        headers={"Authorization": f"Bearer {running.token('engineer')}"},
    )
    assert (refused.status_code, refused.json()["code"]) == (422, bad.code)
    the_one(refused.json()["problems"], bad)
    sent = {"model": MODEL, "level": "response", "evaluated_at": "2026-01-31T12:00"}
    sent["file"] = SimpleUploadedFile("cases.csv", bad.content.encode())  # type: ignore[assignment]
    shown = signed_in("engineer").post("/systems/outreach/evidence/upload/", sent)
    text = html.unescape(shown.content.decode())
    assert (shown.status_code, bad.where in text, bad.what in text, bad.remedy in text) == (422, True, True, True)
