"""Who loses something by a change, and so has to sit in the deliberation about it."""

from __future__ import annotations

import pytest

from governance.specs import diff, reading
from governance.specs.losing import losing
from tests.governance.specs.documents import TEXT
from tests.governance.specs.test_expressions import ASKED as WITH_CONDITION
from tests.governance.specs.test_measures import ASKED as WITH_MEASURE


def taken(old: str, new: str) -> set[str]:
    changes = diff.compare(reading.read(old), reading.read(new))
    paths = [change.path for change in changes if change.kind in ("loosened", "removed")]
    return losing(reading.read(old), paths)


def without(text: str, first: str, then: str) -> str:
    """Leave out everything from `first` to before `then`."""
    return text[: text.index(first)] + text[text.index(then) :]


RULES = TEXT[TEXT.index("yield_rules:") : TEXT.index("contexts:\n  - key")]
TENSIONS = TEXT[TEXT.index("tensions:") : TEXT.index("yield_rules:")]
VETO = TEXT.replace("veto_groups: []", "veto_groups: [poor-health]")
SIGNING = TEXT.replace("  sign_offs:\n", "  sign_offs:\n    - {role: representative, count: 1, group: good-health}\n")


@pytest.mark.parametrize(
    ("old", "new", "groups"),
    [
        (WITH_CONDITION, TEXT, {"poor-health", "good-health"}),
        (WITH_CONDITION, WITH_CONDITION.replace("0.8 *", "0.7 *"), {"poor-health", "good-health"}),
        (WITH_MEASURE, WITH_MEASURE.replace('equals: "yes"', 'equals: "no"'), {"good-health", "poor-health"}),
        (TEXT, TEXT.replace("threshold: 0.70", "threshold: 0.60"), {"good-health", "poor-health"}),
        (TEXT, WITH_CONDITION, set()),
        (TEXT, WITH_MEASURE, {"good-health", "poor-health"}),
        (TEXT, without(TEXT, "  - key: us/outreach/letter", "approval_policy:"), {"good-health", "poor-health"}),
        (TEXT, TEXT.replace("threshold: 0.75}", "threshold: 0.72}"), {"good-health", "poor-health"}),
        (TEXT, TEXT.replace(RULES, "yield_rules: []\n"), {"good-health", "poor-health"}),
        (TEXT, TEXT.replace("over: 0.25", "over: 0.30"), {"good-health", "poor-health"}),
        (TEXT, TEXT.replace(TENSIONS, "tensions: []\n"), {"all", "good-health", "poor-health"}),
        (
            TEXT,
            TEXT.replace("leaving_acceptable: false", "leaving_acceptable: true"),
            {"all", "good-health", "poor-health"},
        ),
        (VETO, TEXT, {"poor-health"}),
        (SIGNING, TEXT, {"good-health"}),
    ],
    ids=[
        "condition removed",
        "condition changed",
        "measure changed",
        "threshold lowered",
        "condition added",
        "measure laid over a recorded metric",
        "overlay removed",
        "overlay loosened",
        "yield rule removed",
        "yield rule loosened",
        "tension removed",
        "tension that may be left",
        "veto removed",
        "sign-off removed",
    ],
)
def test_a_group_loses_by_every_clause_that_asked_for_it(old: str, new: str, groups: set[str]) -> None:
    assert taken(old, new) == groups


def test_a_dimension_is_told_from_one_whose_key_begins_alike() -> None:
    specification = reading.read(TEXT)
    assert losing(specification, ["dimensions.need-is-seen-soon.tier"]) == set()
    assert losing(specification, ["dimensions.need-is-seen"]) == {"good-health", "poor-health"}
