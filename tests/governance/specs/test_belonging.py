"""What a draft names that its system does not have: each with its place, and the choices there are."""

from __future__ import annotations

import pytest

from governance.errors import Invalid
from governance.specs import reading
from governance.specs.belonging import Home
from tests.governance.specs.documents import TEXT, TODAY, changed

HOME = Home(
    key="outreach",
    groups=frozenset({"good-health", "poor-health"}),
    contexts=frozenset({"us/outreach/letter", "us/outreach/phone", "us/visit"}),
)
CONDITION = """\
conditions:
  - {key: even, dimension: need-is-seen, holds_if: 'n["recall/good-health"] > 1', contexts: [▶us/fax], why: Both count.}
tensions:"""
GROUPS = "Did you mean `poor-health`? Known: all, good-health, poor-health."
PLACES = "The system's contexts: us/outreach/letter, us/outreach/phone, us/visit."

STRANGE = [
    # code, where, the change with ▶ before the place, the remedy
    ("other-system", "key", ("key: outreach", "key: ▶triage"), "has the key `outreach`"),
    ("group-unknown", "dimensions[0].criteria[0].groups[1]", ("good-health, poor", "good-health, ▶poro"), GROUPS),
    ("group-unknown", "approval_policy.veto_groups[0]", ("veto_groups: []", "veto_groups: [▶poor-helth]"), GROUPS),
    ("group-unknown", "approval_policy.sign_offs[1].group", ("count: 1}", "count: 1, group: ▶poor}"), "Known: all"),
    ("context-unknown", "dimensions[1].criteria[0].contexts[0]", ("[us/outreach]", "[▶eu]"), PLACES),
    ("context-unknown", "contexts[1].key", ("key: us/outreach/letter", "key: ▶us/outreach/lettre"), "Did you mean"),
    ("context-unknown", "conditions[0].contexts[0]", ("tensions:", CONDITION), PLACES),
    ("context-unknown", "dimensions[0].criteria", ('["*"]', "[us/outreach]"), "Add one."),
]


@pytest.mark.parametrize(("code", "where", "change", "remedy"), STRANGE, ids=[f"{s[0]}: {s[1]}" for s in STRANGE])
def test_what_the_system_does_not_have_is_named_with_its_place_and_what_it_has(
    code: str, where: str, change: tuple[str, str], remedy: str
) -> None:
    text = changed(change)
    before, text = text.partition("▶")[0], text.replace("▶", "")
    with pytest.raises(Invalid) as refusal:
        reading.draft(text, today=TODAY, home=HOME)
    found = {problem.where: problem for problem in refusal.value.problems}
    assert (refusal.value.code, list(found)) == (code, [where])
    assert remedy in found[where].remedy
    assert found[where].line
    if "▶" in change[1]:
        place = (before.count("\n") + 1, len(before) - before.rfind("\n"))
        assert (found[where].line, found[where].column) == place


def test_a_draft_of_what_the_system_has_is_read() -> None:
    assert reading.draft(TEXT, today=TODAY, home=HOME) == reading.read(TEXT)


def test_what_is_wrong_in_itself_and_what_the_system_lacks_is_told_at_once() -> None:
    found = reading.lint(changed(("0.70", "1.0"), ("good-health, poor", "rural, poor")), today=TODAY, home=HOME)
    assert {"dimensions[0].criteria[0].threshold", "dimensions[0].criteria[0].groups[0]"} <= {
        problem.where for problem in found.problems
    }
