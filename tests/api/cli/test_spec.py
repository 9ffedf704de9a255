"""What the author of a specification learns at a terminal, with no site to ask."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from governance.specs.shape import schema
from tests.api.cli.site import edgewise
from tests.factories.world import LETTER, SPECIFICATION


@pytest.fixture
def fine(tmp_path: Path) -> Path:
    """A file with a specification that says nothing wrong."""
    file = tmp_path / "fine.yaml"
    file.write_text(SPECIFICATION)
    return file


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A place for another one."""
    return tmp_path / "other.yaml"


@pytest.mark.parametrize("change", [("threshold: 0.70", "threshold: 7e400"), ("tier: 0", "weight: 3")])
def test_lint_names_line_and_remedy_offline(tmp_path: Path, change: tuple[str, str]) -> None:
    fine, wrong = tmp_path / "fine.yaml", tmp_path / "wrong.yaml"
    fine.write_text(SPECIFICATION)
    wrong.write_text(SPECIFICATION.replace(*change))
    assert edgewise("spec", "lint", str(fine)).code == 0
    found = edgewise("spec", "lint", str(wrong))
    assert found.code == 1
    assert f"{wrong}:" in found.out
    problems = json.loads(edgewise("spec", "lint", str(wrong), "--json").out)["problems"]
    assert all(problem["line"] for problem in problems)


def test_lint_refuses_what_nobody_can_mean_and_only_warns_of_what_is_seldom_meant(other: Path) -> None:
    other.write_text(SPECIFICATION.replace("direction: higher", "direction: lower").replace("2030-11-01", "2020-11-01"))
    found = edgewise("spec", "lint", str(other))
    assert (found.code, "comparator" in found.out, "review_by" in found.out) == (1, True, True)
    other.write_text(SPECIFICATION.replace("min_n: 50", "min_n: 5"))
    warned = edgewise("spec", "lint", str(other))
    assert (warned.code, f"{other}:22:16: warning: dimensions[0].criteria[0].min_n" in warned.out) == (0, True), warned
    answer = json.loads(edgewise("spec", "lint", str(other), "--json").out)
    assert (answer["ok"], answer["problems"], len(answer["warnings"])) == (True, [], 1)


def test_lint_of_what_is_not_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "binary"
    file.write_bytes(b"\xff\xfe\x00")
    assert edgewise("spec", "lint", str(file)).code == 1


@pytest.mark.parametrize(
    ("version", "threshold", "kind", "bump", "code"),
    [
        ("1.0.1", "0.72", "tightened", "minor", 1),
        ("1.1.0", "0.72", "tightened", "minor", 0),
        ("1.1.0", "0.60", "loosened", "major", 1),
        ("2.0.0", "0.60", "loosened", "major", 0),
    ],
)
def test_diff_says_what_each_change_means_and_which_number_it_needs(
    fine: Path, other: Path, version: str, threshold: str, kind: str, bump: str, code: int
) -> None:
    text = SPECIFICATION.replace("version: 1.0.0", f"version: {version}")
    other.write_text(text.replace("threshold: 0.70", f"threshold: {threshold}"))
    found = edgewise("spec", "diff", str(fine), str(other), "--json")
    answer = json.loads(found.out)
    assert (found.code, answer["ok"], answer["required_bump"]) == (code, code == 0, bump)
    assert [change["kind"] for change in answer["changes"]] == [kind]
    said = edgewise("spec", "diff", str(fine), str(other))
    assert (said.code, kind in said.out, "is not enough" in said.out) == (code, True, code == 1)


def test_diff_of_a_file_with_itself_says_that_nothing_changed(fine: Path) -> None:
    found = edgewise("spec", "diff", str(fine), str(fine))
    assert (found.code, found.out) == (0, "Nothing changed.\n")


def test_diff_of_what_would_be_refused_is_refused(fine: Path, other: Path) -> None:
    other.write_text(SPECIFICATION.replace("tier: 0", "weight: 3"))
    found = edgewise("spec", "diff", str(fine), str(other))
    assert found.code == 1
    assert "No scalar decides" in found.err


def test_show_traces_each_number_of_a_context_to_its_overlay(fine: Path) -> None:
    (criterion,) = json.loads(edgewise("spec", "show", str(fine), "--context", LETTER, "--json").out)["criteria"]
    assert criterion["asked"] == ">= 0.75 at alpha 0.05"
    assert criterion["why"] == f"threshold 0.75 comes from overlay {LETTER}, tightening base 0.7"
    (criterion,) = json.loads(edgewise("spec", "show", str(fine), "--json").out)["criteria"]
    assert criterion["asked"] == ">= 0.7 at alpha 0.05"


def test_show_refuses_a_context_that_is_none(fine: Path) -> None:
    assert edgewise("spec", "show", str(fine), "--context", "Us Phone").code == 1


def test_init_writes_what_passes_lint_and_schema_and_never_over_a_file(other: Path) -> None:
    begun = edgewise("spec", "init", "benefits", "-o", str(other), "--url", "https://edgewise.example/")
    assert begun.code == 0
    text = other.read_text()
    assert text.startswith("# yaml-language-server: $schema=https://edgewise.example/schemas/specification/v1\n")
    assert edgewise("spec", "lint", str(other)).code == 0
    read = YAML(typ="safe").load(text)
    assert Draft202012Validator(schema()).is_valid(read | {"review_by": str(read["review_by"])})
    again = edgewise("spec", "init", "other", "-o", str(other))
    assert (again.code, other.read_text()) == (1, text)


def test_init_refuses_a_key_that_is_none_and_writes_nothing(other: Path) -> None:
    found = edgewise("spec", "init", "Bad Key", "-o", str(other))
    assert (found.code, other.exists()) == (1, False)
    assert "lower-case words" in found.err


def test_show_says_what_is_never_crossed_and_not_asked_about_in_a_context(other: Path) -> None:
    other.write_text(SPECIFICATION.replace('contexts: ["*"]', "contexts: [us]"))
    found = edgewise("spec", "show", str(other), "--context", "eu/phone")
    assert "need-is-seen is of tier 0, and nothing asks about it in eu/phone: nothing can pass there." in found.out
    assert json.loads(edgewise("spec", "show", str(other), "--context", "eu/phone", "--json").out)["uncovered"]
    assert "tier 0, and" not in edgewise("spec", "show", str(other), "--context", "us/phone").out


def test_the_schema_is_written_where_an_editor_reaches_no_site(other: Path) -> None:
    assert json.loads(edgewise("spec", "schema").out) == schema()
    written = edgewise("spec", "schema", "-o", str(other))
    assert (written.code, json.loads(other.read_text())) == (0, schema())
    assert f"$schema={other}" in written.out


def test_an_editor_pipes_in_what_is_not_saved_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    for text, code in ((SPECIFICATION, 0), (SPECIFICATION.replace("tier: 0", "tier: zero"), 1)):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        found = edgewise("spec", "lint", "-")
        assert (found.code, found.out.startswith("-:")) == (code, True)


@pytest.mark.parametrize(
    ("old", "new", "remedy"),
    [
        ("min_n: 50", 'min_n: "50"', "Give a whole number, without quotes."),
        ("veto_groups: []", "veto_groups: limited", "Give a list, such as [limited]."),
        ("aggregate: proportion", "aggregate: propotion", "Did you mean `proportion`? Use proportion or mean."),
    ],
)
def test_what_was_meant_is_said_where_a_value_is_of_the_wrong_kind(
    other: Path, old: str, new: str, remedy: str
) -> None:
    other.write_text(SPECIFICATION.replace(old, new))
    assert remedy in edgewise("spec", "lint", str(other)).out


def test_lint_warns_of_what_no_case_could_show_and_ends_well(other: Path) -> None:
    other.write_text(SPECIFICATION.replace("min_n: 50", "min_n: 5"))
    found = edgewise("spec", "lint", str(other))
    assert (found.code, found.out.count("warning: ")) == (0, 1)
    assert json.loads(edgewise("spec", "lint", str(other), "--json").out)["ok"] is True


def test_a_file_that_is_not_there_is_a_mistake_in_usage(other: Path) -> None:
    found = edgewise("spec", "lint", str(other))
    assert (found.code, "There is no file" in found.err) == (2, True)
