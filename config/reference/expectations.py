"""docs/reference/expectations.md: what users may expect, and the tests that hold each expectation."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from config.reference.markdown import page

ROOT = Path(__file__).resolve().parents[2]
INTRODUCTION = """\
A test that shows that an expectation holds carries the mark `expectation(NUMBER)`;
`pytest -m expectation` runs them all."""
EXPECTATIONS: dict[str, dict[int, str]] = {
    "The policy board": {
        1: "A ratified specification cannot be changed: not by page, API, code or raw SQL. An edit makes a new "
        "version, with the difference field by field.",
        2: "Each dimension has its own measure, unit, direction, threshold and population. Nothing anywhere adds "
        "dimensions up to one number.",
        3: "A failure on a blocking dimension blocks, whatever the others come to. Evidence that is missing reads as "
        "missing and never as a pass.",
        4: "A candidate keeps the rule under which it was opened; changing the rule changes no open or closed one.",
        5: "Sign-offs are counted for each role, k of n, and the page still shows what was needed and given once it is "
        "decided.",
        6: "Whoever asks for a release, registered the model or declared a conflict cannot approve it; administrators "
        "and service accounts neither.",
        7: "Rejecting, objecting and abstaining need a reason, and dissent stands beside the outcome in every form in "
        "which it is shown.",
        8: "A ballot may be changed until voting closes, each change being a row of its own; afterwards it is refused.",
        9: "Other bytes, another specification or other evidence void the sign-offs that were given.",
        10: "Agreement is shown group by group with its n, the lowest first, and groups too small to be shown are not.",
        11: "An emergency release needs a reason and two named people, alerts at once, expires, and must be reviewed.",
        12: "An approval carries the date at which it ends; from then on the answer is no.",
    },
    "The auditor": {
        13: "From a live alias, one call or three clicks lead to the decision, its votes, specification, evidence, "
        "lineage and places in the log.",
        14: "One can ask what was live, approved and in force at any moment of the past.",
        15: "What was recorded can be proved offline with public keys alone; altering one byte fails, and what was "
        "altered is named.",
        16: "The application's database role cannot change or remove a record; who can, is found out by the next "
        "verification.",
        17: "Two tree heads prove that the later log holds the earlier one, and an outside witness may be required.",
        18: "Removing or renaming somebody leaves each of their acts attributable; personal data can be erased while "
        "every digest still verifies.",
        19: "A bundle verifies on a machine with no network and no account; what is withheld shows, with its digest.",
        20: "Reading what is restricted is recorded, and the auditor's role can write nothing.",
        21: "A deliberation's export computes to the same figures again, moderation included.",
    },
    "The engineer": {
        22: "One call registers a model version: the server reads it from MLflow itself, hashes the files itself, and "
        "says what is only a client's word. Repeating it changes nothing.",
        23: "The same name and version with other bytes is an integrity incident, and the gate closes.",
        24: "An alias or tag moved without a decision is found at the next synchronisation, with before and after.",
        25: "`edgewise check` ends with 0 only for an approval that stands, for exactly these bytes, in this context; "
        "unknown, unreachable and stale mean no, and the refusal lists everything that is missing.",
    },
}


def marked() -> dict[int, list[str]]:
    """Return each expectation's number → the test files, from the root, that carry its mark."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    for path in (ROOT / "tests").rglob("test_*.py"):
        text = path.read_text()
        for number in _numbers(ast.parse(text)) if "expectation(" in text else ():
            found[number].add(path.relative_to(ROOT).as_posix())
    return {number: sorted(found[number]) for number in sorted(found)}


def render() -> str:
    """Return the page."""
    held = marked()
    return page("Expectations", INTRODUCTION, *(_section(who, each, held) for who, each in EXPECTATIONS.items()))


def _numbers(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.expectation":
            values = (argument.value for argument in node.args if isinstance(argument, ast.Constant))
            yield from (value for value in values if isinstance(value, int))


def _section(who: str, expectations: dict[int, str], held: dict[int, list[str]]) -> str:
    lines = [f"## {who}", ""]
    for number, expectation in expectations.items():
        tests = [f"[{path.removeprefix('tests/')}](../../{path})" for path in held.get(number, [])]
        lines.append(f"{number}. {expectation}  \n   {', '.join(tests) if tests else '*No test holds this yet.*'}")
    return "\n".join(lines)
