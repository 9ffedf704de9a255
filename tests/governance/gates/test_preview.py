"""The gate asked what it would say under another specification, of the evidence that a report was given."""

from __future__ import annotations

from typing import Any

import pytest

from governance.errors import Invalid
from governance.gates.preview import preview
from governance.specs import effective
from tests.governance.gates.asked import CONTEXT, counted, judge
from tests.governance.specs.documents import specification

ASKED = effective.effective(specification(), CONTEXT)


def _section(poor: int = 90) -> dict[str, Any]:
    measured = [counted("poor-health", poor, 100), counted("good-health", 95, 100)]
    return judge(ASKED, *measured).document()["inputs"]


def _cells(section: dict[str, Any], *changes: tuple[str, str], regrouped: tuple[str, ...] = ()) -> dict[str, str]:
    asked = specification(*changes)
    found = preview(section, specification=asked, approved_metrics=ASKED.metrics, regrouped=regrouped)
    criteria = [criterion for criterion in found.document()["criteria"] if criterion["metric"] == "recall"]
    return {cell["group"]: cell["verdict"] for criterion in criteria for cell in criterion["cells"]}


def test_the_same_specification_says_the_same() -> None:
    found = preview(_section(), specification=specification(), approved_metrics=ASKED.metrics)
    assert found.document() == judge(ASKED, counted("poor-health", 90, 100), counted("good-health", 95, 100)).document()


def test_a_higher_threshold_is_judged_on_the_frozen_evidence() -> None:
    section = _section()
    assert _cells(section) == {"good-health": "PASS", "poor-health": "PASS"}
    assert _cells(section, ("threshold: 0.70", "threshold: 0.98"), ("threshold: 0.75", "threshold: 0.99")) == {
        "good-health": "INSUFFICIENT",
        "poor-health": "FAIL",
    }


def test_a_group_that_was_never_measured_is_not_evaluated() -> None:
    groups = ("[good-health, poor-health]", "[good-health, poor-health, limited]")
    assert _cells(_section(), groups)["limited"] == "INSUFFICIENT"


def test_what_was_measured_of_other_people_does_not_speak_for_a_group() -> None:
    assert _cells(_section(), regrouped=("poor-health",)) == {"good-health": "PASS", "poor-health": "INSUFFICIENT"}


def test_a_metric_without_an_approved_sheet_cannot_gate() -> None:
    found = preview(_section(), specification=specification(), approved_metrics=())
    assert found.verdict == "INSUFFICIENT"
    assert "no approved provenance sheet" in found.reasons[0]


def test_what_was_measured_in_another_way_does_not_speak_for_a_metric() -> None:
    asked = specification()
    found = preview(_section(), specification=asked, approved_metrics=ASKED.metrics, rederived=("recall",))
    assert {cell.verdict for judged in found.judged for cell in judged.cells} == {"INSUFFICIENT"}


def test_a_section_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(Invalid, match="cannot judge this"):
        preview({}, specification=specification(), approved_metrics=())
