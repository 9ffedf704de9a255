from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from governance import canonical
from governance.errors import Invalid
from governance.gates import engine
from governance.gates.report import GateReport
from tests.governance.gates.asked import SOURCE, averaged, counted, criterion, judge, rule, specification

OLD = replace(SOURCE, subject="b" * 64, evidence="run-0")


def report() -> GateReport:
    seconds = criterion(
        dimension="speed", metric="wait", tier=1, aggregate="mean", bound="t", comparator="<=", direction="lower",
        threshold=Decimal(30), unit="seconds", groups=("poor",),
    )  # fmt: skip
    return judge(
        specification(criterion(), seconds, rules=[rule()]),
        counted("poor", 400, 500),
        counted("good", 490, 500),
        averaged("poor", "20.5", "4.2", 60, dimension="speed", metric="wait"),
        incumbent=[counted("poor", 380, 500, source=OLD)],
        not_before="2026-01-01T00:00:00Z",
    )


def numbers_with_a_fraction(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        yield from (found for member in value.values() for found in numbers_with_a_fraction(member))
    elif isinstance(value, list):
        yield from (found for member in value for found in numbers_with_a_fraction(member))
    elif isinstance(value, float | Decimal):
        yield float(value)


def test_a_report_holds_only_what_can_be_hashed_everywhere() -> None:
    document = report().document()
    assert not list(numbers_with_a_fraction(document))
    assert canonical.encode_entry(document) == canonical.encode(document)


def test_the_same_inputs_give_the_same_digest_whatever_their_order() -> None:
    asked = specification(criterion())
    observed = [counted("poor", 400, 500), counted("good", 490, 500)]
    assert judge(asked, *observed).digest == judge(asked, *observed[::-1]).digest


def test_a_report_replays_from_its_inputs_after_a_round_trip() -> None:
    written = json.loads(canonical.encode(report().document()))
    assert engine.judge_document(written["inputs"]) == written
    assert engine.differences(written) == ()
    assert canonical.digest(engine.judge_document(written["inputs"])) == report().digest


def test_a_replay_in_a_fresh_process_needs_no_django_and_gives_the_same_digest() -> None:
    program = (
        "import json, sys\n"
        "from governance import canonical\n"
        "from governance.gates import engine\n"
        "found = engine.judge_document(json.load(sys.stdin))\n"
        "assert not [m for m in sys.modules if m.split('.')[0] in ('django', 'celery', 'mlflow', 'rest_framework')]\n"
        "print(canonical.digest(found))\n"
    )
    inputs = json.dumps(report().document()["inputs"])
    done = subprocess.run([sys.executable, "-c", program], input=inputs, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == report().digest


@pytest.mark.parametrize("section", ["verdict", "tiers", "criteria", "signals", "incumbent"])
def test_an_altered_section_is_found_and_named(section: str) -> None:
    altered = report().document() | {section: "PASS"}
    assert engine.differences(altered) == (section,)


def test_a_sentence_may_be_worded_better_one_day() -> None:
    document = report().document()
    document["criteria"][0]["cells"][0]["reason"] = "It is so."
    assert engine.differences(document | {"reasons": ["It is so."]}) == ()


def test_an_altered_count_is_found() -> None:
    written = json.loads(canonical.encode(report().document()))
    written["inputs"]["observations"][0]["n"] = 501
    with pytest.raises(Invalid, match="the estimate is not successes / n"):
        engine.differences(written)


def mutations(inputs: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {}
    yield inputs | {"surplus": 1}
    yield inputs | {"subject": 5}
    yield inputs | {"specification": []}
    yield inputs | {"specification": inputs["specification"] | {"criteria": [{}]}}
    yield inputs | {"observations": {}}
    yield inputs | {"observations": [1]}
    yield inputs | {"not_before": "2026"}
    yield inputs | {"approved_metrics": [1]}
    first = inputs["observations"][0]
    for change in ({"n": 5.0}, {"n": True}, {"estimate": 0.8}, {"low": "x"}, {"ladder": [{}]}, {"source": None}):
        yield inputs | {"observations": [first | change]}
    yield inputs | {"observations": [first | {"source": first["source"] | {"per_case": 1}}]}
    rung = {"alpha": "0.05", "lower": "wide", "upper": "1"}
    yield inputs | {"observations": [first | {"ladder": [rung]}]}


def test_malformed_inputs_are_refused_by_place_and_never_judged() -> None:
    inputs = json.loads(canonical.encode(report().document()["inputs"]))
    for mutation in mutations(inputs):
        with pytest.raises(Invalid) as caught:
            engine.judge_document(mutation)
        assert caught.value.problems[0].where


def test_there_is_no_total_in_a_report() -> None:
    keys = set(report().document()) | {key for shown in report().document()["criteria"] for key in shown}
    assert not keys & {"score", "total", "weight", "average", "overall"}
