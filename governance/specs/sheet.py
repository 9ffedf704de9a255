"""The metric provenance sheet as a value: what a metric says, for whom, and why it is believed. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from governance import canonical as canonical_json
from governance.errors import Invalid, Problem
from governance.specs import shape

SCHEMA = "edgewise/metric-sheet/v1"
LONGEST = 4000

QUESTIONS: Mapping[str, str] = {
    "definition": "How is the metric computed from one case, and over which cases?",
    "stance": "Which normative stance does it take: what does it count as good?",
    "whose_value": "Whose value does it stand for?",
    "incompatible_with": "With which metrics is it known to conflict, and how? Say so if none is known.",
    "validity": "Which evidence shows that it measures this?",
    "owner": "Which team or office (and no named person) answers for it?",
    "what": "What is evaluated?",
    "how": "How is it evaluated?",
    "who": "Who takes part in the evaluation?",
    "when": "When is it evaluated, and for how long?",
    "validated": "How is the evaluation itself validated?",
}
"""What each field answers. The last five are the questions of SPHERE (Zhao et al., Findings of ACL 2025, 1340-1365)."""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """The answer to each of QUESTIONS about `metric`, a text of at most LONGEST characters each."""

    metric: str
    answers: Mapping[str, str]


def make(metric: str, answers: Mapping[str, str]) -> Sheet:
    """Return the sheet of `metric` with `answers`, by the keys of QUESTIONS. Raises Invalid that names every missing,
    empty, over-long, malformed or unasked answer with its question."""
    asked = [problem for name in QUESTIONS for problem in _answer(name, answers.get(name, ""))]
    unasked = [
        Problem(name, "nobody asks this.", f"Answer {', '.join(QUESTIONS)}.")
        for name in sorted({*answers} - {*QUESTIONS})
    ]
    if problems := (*_name(metric), *asked, *unasked):
        raise Invalid(f"The sheet is refused. {problems[0]}", code="invalid-sheet", problems=problems)
    return Sheet(metric=metric, answers={name: answers[name].strip() for name in QUESTIONS})


def canonical(sheet: Sheet) -> dict[str, Any]:
    """Return the canonical document of a sheet."""
    return {"schema": SCHEMA, "metric": sheet.metric, **sheet.answers}


def digest(sheet: Sheet) -> str:
    """Return the hexadecimal SHA-256 of the canonical document (RFC 8785)."""
    return canonical_json.digest(canonical(sheet))


def _name(metric: str) -> list[Problem]:
    wanted = shape.schema()["$defs"]["metric"]
    if re.match(wanted["pattern"], metric):
        return []
    return [Problem("metric", f"“{metric[:80]}” names no metric.", f"Give {wanted['description']}.")]


def _answer(name: str, answer: str) -> list[Problem]:
    if not answer.strip():
        return [Problem(name, "is empty.", QUESTIONS[name])]
    if len(answer) > LONGEST:
        return [Problem(name, f"has {len(answer)} characters.", f"Use at most {LONGEST}, and link to the rest.")]
    if any(not (character.isprintable() or character in "\r\n\t") for character in answer):
        return [Problem(name, "holds a control character.", "Remove it.")]
    return []
