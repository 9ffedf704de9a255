from __future__ import annotations

import pytest

from governance.errors import Invalid
from governance.specs import diff
from tests.governance.specs.documents import specification

GROUPS = "[good-health, poor-health]"
SECOND_OVERLAY = """  - key: us/outreach/letter
    tighten:
      - {dimension: need-is-seen, metric: recall, threshold: 0.75}
"""
YIELD_RULE = """yield_rules:
  - signal: between-group-gap
    dimension: need-is-seen
    metric: recall
    over: 0.25
    route: deliberation
    why: A gap is for the groups to weigh.
"""

CASES = [
    ("threshold: 0.70", "threshold: 0.72", "tightened", "dimensions.need-is-seen.criteria.recall >=.threshold"),
    ("threshold: 0.70", "threshold: 0.65", "loosened", "dimensions.need-is-seen.criteria.recall >=.threshold"),
    ("threshold: 12.5", "threshold: 12", "tightened", "criteria.wasted-minutes <=.threshold"),
    ("threshold: 12.5", "threshold: 13", "loosened", "criteria.wasted-minutes <=.threshold"),
    ("tolerance: 0.01", "tolerance: 0.02", "loosened", ".tolerance"),
    ("tolerance: 0.01", "tolerance: 0", "tightened", ".tolerance"),
    ("alpha: 0.05", "alpha: 0.1", "loosened", ".alpha"),
    ("alpha: 0.05", "alpha: 0.03", "tightened", ".alpha"),
    ("min_n: 100", "min_n: 99", "loosened", ".min_n"),
    ("min_n: 100", "min_n: 101", "tightened", ".min_n"),
    ("level: response", "level: deployment", "tightened", ".level"),
    ("level: response", "level: model", "loosened", ".level"),
    ("bound: clopper-pearson", "bound: wilson", "loosened", ".bound"),
    ("bound: t", "bound: bca", "loosened", ".bound"),
    ("correction: holm", "correction: bonferroni", "loosened", ".correction"),
    ("correction: holm", "correction: none", "tightened", ".correction"),
    (GROUPS, "[good-health, limited]", "removed", ".groups.poor-health"),
    (GROUPS, "[good-health, poor-health, limited]", "added", ".groups.limited"),
    ('contexts: ["*"]', "contexts: [us]", "loosened", ".contexts"),
    ("contexts: [us/outreach]", 'contexts: ["*"]', "tightened", ".contexts"),
    ("contexts: [us/outreach]", "contexts: [us/outreach, us/outreach/x]", "reworded", ".contexts"),
    ("tier: 1", "tier: 0", "tightened", "dimensions.calls-not-wasted.tier"),
    ("tier: 0", "tier: 1", "loosened", "dimensions.need-is-seen.tier"),
    ("direction: lower", "direction: higher", "loosened", ".direction"),
    ("unit: minutes", "unit: hours", "loosened", ".unit"),
    ("name: Need is seen", "name: Need is noticed", "reworded", ".name"),
    ("whose_value: patients", "whose_value: everybody", "reworded", ".whose_value"),
    ("protects: People", "protects: Persons", "reworded", ".protects"),
    ("title: Outreach", "title: The outreach", "reworded", "title"),
    ("purpose: Who", "purpose: Those who", "reworded", "purpose"),
    ("review_by: 2027", "review_by: 2028", "loosened", "review_by"),
    ("review_by: 2027", "review_by: 2026", "tightened", "review_by"),
    ("band: [-1.0, 1.0]", "band: [-0.5, 1.0]", "tightened", ".band"),
    ("leaving_acceptable: false", "leaving_acceptable: true", "loosened", ".leaving_acceptable"),
    ("why: Calling", "why: Phoning", "reworded", ".why"),
    (YIELD_RULE, "", "removed", "yield_rules.between-group-gap of need-is-seen/recall"),
    ("over: 0.25", "over: 0.3", "loosened", ".over"),
    ("over: 0.25", "over: 0.2", "tightened", ".over"),
    ("route: deliberation", "route: trade-off", "loosened", ".route"),
    ("why: A gap", "why: Any gap", "reworded", ".why"),
    (SECOND_OVERLAY, "", "removed", "contexts.us/outreach/letter"),
    ("threshold: 0.75", "threshold: 0.8", "tightened", "contexts.us/outreach/letter.need-is-seen/recall.threshold"),
    ("threshold: 0.75", "threshold: 0.72", "loosened", ".threshold"),
    ("threshold: 0.75", "threshold: 0.75, min_n: 200", "added", ".min_n"),
    ("threshold: 0.75", "min_n: 200", "removed", ".threshold"),
    ("role: board_member, count: 2", "role: board_member, count: 1", "loosened", "sign_offs.board_member.count"),
    ("role: board_member, count: 2", "role: board_member, count: 3", "tightened", "sign_offs.board_member.count"),
    ("    - {role: representative, count: 1}\n", "", "removed", "sign_offs.representative"),
    ("veto_groups: []", "veto_groups: [poor-health]", "added", "veto_groups.poor-health"),
    ("[registrant, trainer, evaluator]", "[registrant, evaluator]", "removed", "separation.trainer"),
    ("validity_days: 180", "validity_days: 365", "loosened", "validity_days"),
    ("validity_days: 180", "validity_days: 90", "tightened", "validity_days"),
    ("cooling_off_hours: 0", "cooling_off_hours: 24", "tightened", "cooling_off_hours"),
    ("between: [need-is-seen, calls-not-wasted]", "between: [calls-not-wasted, need-is-seen]", "reworded", "document"),
]


@pytest.mark.expectation(1)
@pytest.mark.parametrize(("old", "new", "kind", "path"), CASES)
def test_each_field_says_whether_it_asks_for_more_or_less(old, new, kind, path):
    changes = diff.compare(specification(), specification((old, new)))
    found = [change for change in changes if change.kind == kind and change.path.endswith(path)]
    assert found, changes
    assert all(change.before != change.after and change.sentence for change in changes)


@pytest.mark.parametrize(("old", "new", "kind", "path"), [case for case in CASES if case[2] in ("removed", "loosened")])
def test_the_way_back_from_a_loosening_is_not_only_wording(old, new, kind, path):
    changes = diff.compare(specification((old, new)), specification())
    assert diff.required_bump(changes) in ("minor", "major")


def test_nothing_changed_when_only_version_and_layout_did():
    other = specification(("version: 1.0.0", "version: 1.0.1"), ("0.70", "0.7000"))
    assert diff.compare(specification(), other) == ()


def test_two_rows_that_change_places_are_only_reordered():
    row = """      - {metric: recall, aggregate: proportion, comparator: ">=", threshold: %s, alpha: 0.05, min_n: 9,
         bound: wilson, level: response, groups: [%s]}
"""
    place = "  - key: calls-not-wasted"
    rows = [row % ("0.7", "limited"), row % ("0.72", "all")]
    one, other = specification((place, "".join(rows) + place)), specification((place, "".join(rows[::-1]) + place))
    assert [change.kind for change in diff.compare(one, other)] == ["reworded"]


def test_another_metric_is_a_removal_and_an_addition():
    renamed = (("- metric: wasted-minutes", "- metric: idle-minutes"),)
    kinds = [change.kind for change in diff.compare(specification(), specification(*renamed))]
    assert sorted(kinds) == ["added", "removed"]


def test_versions_of_different_specifications_are_not_compared():
    with pytest.raises(Invalid, match="one specification"):
        diff.compare(specification(), specification(("key: outreach", "key: inreach")))


BUMPS = [
    (("threshold: 0.70", "threshold: 0.65"), "major", "1.9.9", "2.0.0"),
    (("threshold: 0.70", "threshold: 0.72"), "minor", "1.0.9", "1.1.0"),
    (("veto_groups: []", "veto_groups: [poor-health]"), "minor", "1.0.9", "1.1.0"),
    (("title: Outreach", "title: The outreach"), "patch", "1.0.0", "1.0.1"),
]


@pytest.mark.parametrize(("change", "bump", "too_low", "enough"), BUMPS)
def test_the_version_number_follows_from_the_diff(change, bump, too_low, enough):
    changes = diff.compare(specification(), specification(change))
    assert diff.required_bump(changes) == bump
    diff.check_bump("1.0.0", enough, changes)
    with pytest.raises(Invalid, match=f"Call it {enough}") as refusal:
        diff.check_bump("1.0.0", too_low, changes)
    assert refusal.value.problems[0].where == "version"


def test_a_version_that_says_nothing_new_is_refused():
    assert diff.required_bump(()) is None
    with pytest.raises(Invalid, match="Nothing changed"):
        diff.check_bump("1.0.0", "1.0.1", ())


def test_a_version_number_that_is_none_is_refused():
    changes = diff.compare(specification(), specification(("title: Outreach", "title: The outreach")))
    with pytest.raises(Invalid, match="three numbers"):
        diff.check_bump("1.0.0", "next", changes)
