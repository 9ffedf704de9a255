"""Each malformed document, with the place that is named and a word of the remedy."""

from __future__ import annotations

import pytest

from governance.errors import Invalid
from governance.specs import reading
from tests.governance.specs.documents import TEXT, changed, lint

FIRST = "dimensions[0].criteria[0]"
OVERLAY = "contexts[1].tighten[0]"
GROUPS = "        groups: [good-health, poor-health]\n"

UNREADABLE = [
    ("too-large", TEXT + "# " + "x" * 256 * 1024, "linked documents"),
    ("too-deep", changed(("purpose: ", "purpose: " + "[" * 40 + "]" * 40 + "\nold: ")), "that deep"),
    ("too-deep", "[" * 100_000, "that deep"),
    ("aliases", changed(("title: ", "title: &bomb "), ("purpose: Who is", "purpose: *bomb #")), "Write the value out"),
    ("several-documents", TEXT + "---\nkey: other\n", "one document per file"),
    ("not-yaml", changed(('comparator: ">="', "comparator: >=")), 'comparator: ">="'),
    ("not-yaml", TEXT + "\x07", "Remove it"),
    ("not-utf-8", TEXT + "\ud800", "UTF-8"),
    ("not-a-key", "[a, b]: 1\n", "Quote it"),
    ("empty", "# nothing\n", "schema:"),
]

REFUSED = [
    # where; the change, with ▶ before the place that must be named; a word of what is said
    (f"{FIRST}.alpha", ("alpha: 0.05", "alpha: 0.05\n        ▶alpha: 0.5"), "twice"),
    (f"{FIRST}.threshold", ("0.70", "▶.nan"), "not a finite number"),
    (f"{FIRST}.threshold", ("0.70", "▶Infinity"), "not a finite number"),
    (f"{FIRST}.threshold", ("0.70", "▶-.inf"), "not a finite number"),
    (f"{FIRST}.threshold", ("0.70", "▶1e999"), "at most 30 digits"),
    (f"{FIRST}.threshold", ("0.70", "▶" + "9" * 5000), "at most 30 digits"),
    (f"{FIRST}.threshold", ("0.70", "▶70"), "0 to 1"),
    (f"{FIRST}.threshold", ("0.70", "▶-0.1"), "0 to 1"),
    (f"{FIRST}.threshold", ("0.70", "▶high"), "a decimal number"),
    (f"{FIRST}.threshold", ("0.70", "▶!!float 0.7"), "tags"),
    (f"{FIRST}.treshold", ("threshold", "▶treshold"), "Did you mean `threshold`?"),
    (f"{FIRST}.zzz", ("threshold", "▶zzz"), "nearest legal key"),
    (f"{FIRST}.min_n", ("min_n: 100", "min_n: ▶0"), "at least 1"),
    (f"{FIRST}.min_n", ("min_n: 100", "min_n: ▶-5"), "at least 1"),
    (f"{FIRST}.min_n", ("min_n: 100", "min_n: ▶99.5"), "a whole number"),
    (f"{FIRST}.alpha", ("alpha: 0.05", "alpha: ▶0"), "above 0"),
    (f"{FIRST}.alpha", ("alpha: 0.05", "alpha: ▶0.51"), "at most 0.5"),
    (f"{FIRST}.alpha", ("alpha: 0.05", 'alpha: ▶"0.95"'), "at most 0.5"),
    ("dimensions[1].criteria[0].tolerance", ("threshold: 12.5", "threshold: 12.5\n        tolerance: ▶-1"), "negative"),
    (f"{FIRST}.bound", ("bound: clopper-pearson", "bound: ▶bca"), "clopper-pearson or wilson"),
    (f"{FIRST}.comparator", ('">="', '▶">"'), ">= or <="),
    (f"{FIRST}.metric", ("metric: recall", "metric: ▶recall/poor"), "name of a metric"),
    (f"{FIRST}.groups", ("metric: recall", "▶metric: recall"), "`groups` is missing"),
    (f"{FIRST}.groups", ("[good-health, poor-health]", "▶[]"), "empty"),
    (f"{FIRST}.groups", ("[good-health, poor-health]", "▶[all, all]"), "twice"),
    (f"{FIRST}.groups[0]", ("[good-health,", "[▶Good Health,"), "hyphens"),
    (f"{FIRST}.contexts[0]", ('["*"]', '[▶"US//x"]'), "context key"),
    (f"{FIRST}.level", ("level: response", "level: ▶vibes"), "model or response"),
    ("dimensions[0].tier", ("tier: 0", "tier: ▶-1"), "at least 0"),
    ("dimensions[1].key", ("key: calls-not-wasted", "key: ▶need-is-seen"), "second time"),
    ("contexts[0].key", ("key: us/outreach", "key: ▶/us/outreach/"), "context key"),
    ("contexts[1].key", ("key: us/outreach/letter", "key: ▶us/outreach"), "second time"),
    (f"{OVERLAY}.threshold", ("threshold: 0.75", "threshold: ▶0.65"), "may only tighten"),
    (f"{OVERLAY}.threshold", ("threshold: 0.75", "threshold: ▶0.65"), "or more, leave it out"),
    (f"{OVERLAY}.alpha", ("threshold: 0.75", "alpha: ▶0.04"), "or less, leave it out"),
    (f"{OVERLAY}.level", ("threshold: 0.75", "level: ▶model"), "or what is stricter, leave it out"),
    (f"{OVERLAY}.threshold", ("threshold: 0.75", "threshold: ▶1.5"), "0 to 1"),
    (f"{OVERLAY}.alpha", ("threshold: 0.75", "alpha: ▶0.04"), "0.025 of the overlay us/outreach"),
    (f"{OVERLAY}.level", ("threshold: 0.75", "level: ▶model"), "response of the base"),
    (f"{OVERLAY}.min_n", ("threshold: 0.75", "min_n: ▶99"), "100 of the base"),
    (
        "contexts[1].parent",
        ("key: us/outreach/letter", "key: us/outreach/letter\n    ▶parent: us/outreach"),
        "stands under another by its key alone. Remove `parent`",
    ),
    (
        "contexts[0].under",
        ("key: us/outreach\n", "key: us/outreach\n    ▶under: [us, us/outreach]\n"),
        "`us/outreach` would stand above itself: us/outreach → us/outreach.",
    ),
    (
        OVERLAY,
        ("{dimension: need-is-seen, metric: recall, threshold: 0.75", "▶{dimension: need-is-seen, metric: recall"),
        "nothing",
    ),
    (
        OVERLAY,
        (
            "{dimension: need-is-seen, metric: recall, threshold",
            '▶{dimension: need-is-seen, metric: recall, comparator: "<=", threshold',
        ),
        "No criterion",
    ),
    ("tensions[0].between[1]", ("[need-is-seen, calls-not-wasted]", "[need-is-seen, ▶peace]"), "neither"),
    ("tensions[0].band", ("[-1.0, 1.0]", "▶[1.0, -1.0]"), "band"),
    ("tensions[0].band", ("[-1.0, 1.0]", "▶[-2, 1]"), "-1 to 1"),
    ("yield_rules[0].metric", ("metric: recall\n    over", "metric: ▶joy\n    over"), "No criterion measures"),
    ("yield_rules[0].metric", ("metric: recall\n    over", "metric: ▶recal\n    over"), "Did you mean `recall`? Known"),
    (
        "yield_rules[0].dimension",
        ("dimension: need-is-seen\n    metric", "dimension: ▶need\n    metric"),
        "Known: calls",
    ),
    ("tensions[0].between[0]", ("[need-is-seen, calls", "[▶need-is-sen, calls"), "Did you mean `need-is-seen`?"),
    (f"{FIRST}.level", ("level: response", "level: ▶respnse"), "Did you mean `response`? Use model or response"),
    ("yield_rules[0].over", ("over: 0.25", "over: ▶1.25"), "gap"),
    ("yield_rules[0].signal", ("between-group-gap", "▶mood"), "between-group-gap"),
    ("approval_policy.sign_offs[0].role", ("board_member", "▶wizard"), "board_member or representative"),
    ("approval_policy.sign_offs[0].group", ("count: 2", "count: 2, group: ▶all"), "not held for a group"),
    ("approval_policy.sign_offs[1].role", ("role: representative", "role: ▶board_member"), "second time"),
    ("approval_policy.validity_days", ("validity_days: 180", "validity_days: ▶0"), "at least 1"),
    ("version", ("version: 1.0.0", "version: ▶1.0"), "semantic version"),
    ("review_by", ("2027-11-01", "▶2027-02-30"), "calendar"),
    ("schema", ("edgewise/specification/v1", "▶edgewise/specification/v9"), "Use edgewise/specification/v1"),
    ("title", ("title: Outreach assistant", "▶title:"), "empty value"),
    ("document", (TEXT, "▶just text"), "a mapping"),
]

SCALARS = [
    ("dimensions[0].weight", ("tier: 0", "tier: 0\n    weight: 0.6")),
    ("weights", ("tensions:", "weights: {need-is-seen: 0.6}\ntensions:")),
    ("approval_policy.total_score", ("validity_days", "total_score: 3\n  validity_days")),
    (f"{FIRST}.compositeIndex", ("alpha: 0.05", "alpha: 0.05\n        compositeIndex: 1")),
    ("extra.deep[0].overall", ("tensions:", "extra: {deep: [{overall: 1}]}\ntensions:")),
]


@pytest.mark.parametrize(("code", "text", "remedy"), UNREADABLE, ids=range(len(UNREADABLE)))
def test_what_cannot_be_read_is_refused_by_name(code, text, remedy):
    with pytest.raises(Invalid) as refusal:
        reading.read(text)
    assert refusal.value.code == code
    assert remedy in refusal.value.problems[0].remedy


@pytest.mark.parametrize(("where", "change", "said"), REFUSED, ids=[f"{where}: {said}" for where, _, said in REFUSED])
def test_each_mistake_is_named_with_its_place_and_a_remedy(where, change, said):
    text = changed(change) if said != "`groups` is missing" else changed(change, (GROUPS, ""))
    before = text.partition("▶")[0]
    found = {problem.where: problem for problem in lint(text.replace("▶", ""))}
    assert where in found, found
    problem = found[where]
    assert (problem.line, problem.column) == (before.count("\n") + 1, len(before) - before.rfind("\n"))
    assert said in str(problem)
    assert problem.remedy


@pytest.mark.parametrize("hidden", ["\\0", "\\u0007", "\\u202e", "\\u2066"])
def test_what_reads_otherwise_than_it_is_written_is_refused(hidden):
    (found,) = lint(changed(("title: Outreach assistant", f'title: "Outreach{hidden} assistant"')))
    assert (found.where, "unseen character" in found.what) == ("title", True)


@pytest.mark.parametrize(
    ("signal", "over", "said"),
    [
        ("vote-entropy", "1.25", "No vote-entropy can be over 1.25."),
        ("abstention", "-0.1", "No abstention can be over -0.1."),
        ("rater-disagreement", "-1", "No rater-disagreement can be over -1."),
        ("rater-disagreement", "1.25", ""),
        ("self-consistency-entropy", "0.3", ""),
        ("conflicting-cases", "0.3", ""),
    ],
)
def test_a_signal_has_a_threshold_that_it_can_reach(signal, over, said):
    found = lint(changed(("between-group-gap", signal), ("over: 0.25", f"over: {over}")))
    assert [problem.what for problem in found] == ([said] if said else [])


def test_conflicting_cases_need_a_tension_that_names_them():
    tensions = TEXT[TEXT.index("tensions:") : TEXT.index("yield_rules:")]
    (found,) = lint(changed(("between-group-gap", "conflicting-cases"), (tensions, "tensions: []\n")))
    assert (found.where, "No tension names" in found.what) == ("yield_rules[0].metric", True)


@pytest.mark.expectation(2)
@pytest.mark.parametrize(("where", "change"), SCALARS)
def test_anything_that_adds_values_up_is_refused_and_told_why(where, change):
    with pytest.raises(Invalid) as refusal:
        reading.read(changed(change))
    assert refusal.value.code == "no-scalar-decides"
    assert "No scalar decides" in refusal.value.message
    assert where in {problem.where for problem in refusal.value.problems}


def test_an_overlay_of_something_unknown_names_what_is_known():
    unknown_dimension = changed(
        ("{dimension: need-is-seen, metric: recall, threshold", "{dimension: x, metric: recall, threshold")
    )
    unknown_metric = changed(("metric: recall, threshold", "metric: x, threshold"))
    assert "Known: calls-not-wasted, need-is-seen." in str(lint(unknown_dimension))
    assert "Known: recall." in str(lint(unknown_metric))


def test_criteria_that_nothing_can_satisfy_are_refused():
    second = """\
      - {metric: recall, aggregate: proportion, comparator: "<=", threshold: 0.6, alpha: 0.05, min_n: 9,
         bound: wilson, level: response, groups: [poor-health], contexts: [us]}
  - key: calls-not-wasted"""
    named = ("metric: recall, threshold", 'metric: recall, comparator: ">=", threshold')
    (problem,) = lint(changed(("  - key: calls-not-wasted", second), named))
    assert problem.where == "dimensions[0].criteria[1].threshold"
    assert "dimensions[0].criteria[0]" in problem.what
    apart = second.replace("poor-health", "fair-health")
    assert lint(changed(("  - key: calls-not-wasted", apart), named)) == ()


def test_all_problems_are_reported_at_once_in_the_order_of_the_document():
    text = changed(
        ("tier: 0", "tier: -1"), ("min_n: 100", "min_n: 0"), ("alpha: 0.05", "alpha: 2"), ("count: 2", "cuont: 2")
    )
    problems = lint(text)
    assert [problem.line for problem in problems] == sorted(problem.line for problem in problems)
    assert len(problems) == 5


def test_a_good_document_has_no_problems():
    assert lint(TEXT) == ()


def test_a_tension_of_which_no_group_is_asked_for_both_sides_is_never_measured():
    (found,) = lint(changed(("groups: [all, good-health]", "groups: [all]")))
    assert (found.where, "No group is asked for both" in found.what) == ("tensions[0].between", True)


def test_cases_conflict_by_what_holds_or_fails_and_not_by_minutes():
    (found,) = lint(changed(("kendall-tau", "disagreement-share"), ("[-1.0, 1.0]", "[0, 1.0]")))
    assert (found.where, "Use kendall-tau" in found.remedy) == ("tensions[0].measure", True)
