"""What must hold of the gate for any evidence whatever."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.evidence.records import ObservationData
from governance.gates.verdicts import PRECEDENCE
from tests.governance.gates.asked import counted, criterion, judge, rule, specification, verdicts

GROUPS = ("a", "b", "c")
HIGH = criterion(groups=GROUPS, min_n=5)
LOW = criterion(dimension="calls", metric="precision", tier=1, threshold=Decimal("0.5"), groups=GROUPS)
ASKED = specification(HIGH, LOW, rules=[rule(over=Decimal("0.3"))])


@st.composite
def evidence(draw: st.DrawFn) -> tuple[ObservationData, ...]:
    rows = []
    for asked in (HIGH, LOW):
        for group in GROUPS:
            n = draw(st.sampled_from((3, 20, 300)))
            share = draw(st.integers(0, 20))
            rows.append(counted(group, share * n // 20, n, dimension=asked.dimension, metric=asked.metric))
    return tuple(rows)


passing = tuple(
    counted(group, 290, 300, dimension=asked.dimension, metric=asked.metric)
    for asked in (HIGH, LOW)
    for group in GROUPS
)
quick = settings(max_examples=50, deadline=None)


@pytest.mark.expectation(3)
@quick
@given(evidence())
def test_raising_a_lower_tier_never_rescues_a_failure(observed: tuple[ObservationData, ...]) -> None:
    before = judge(ASKED, *observed)
    raised = [replace(o, successes=o.n, estimate="1") if o.metric == LOW.metric else o for o in observed]
    after = judge(ASKED, *raised)
    assert after.tiers[0] == before.tiers[0]
    if before.tiers[0] == (0, "FAIL"):
        assert after.verdict == "FAIL"


@quick
@given(st.one_of(evidence(), st.just(passing)), st.sets(st.integers(0, 5), min_size=1))
def test_a_dropped_row_never_creates_a_pass(observed: tuple[ObservationData, ...], dropped: set[int]) -> None:
    kept = [o for index, o in enumerate(observed) if index not in dropped]
    before, after = verdicts(judge(ASKED, *observed)), judge(ASKED, *kept)
    assert after.verdict != "PASS"
    assert all(before[name] == "PASS" for name, verdict in verdicts(after).items() if verdict == "PASS")


@quick
@given(evidence(), st.permutations(GROUPS))
def test_relabelling_groups_only_permutes_the_verdicts(observed: tuple[ObservationData, ...], order: list[str]) -> None:
    names = dict(zip(GROUPS, order, strict=True))
    before, after = judge(ASKED, *observed), judge(ASKED, *(replace(o, group=names[o.group]) for o in observed))
    assert after.verdict == before.verdict
    relabelled = {f"{metric}/{names[group]}": v for (metric, group), v in _by_parts(verdicts(before)).items()}
    assert verdicts(after) == relabelled


@quick
@given(evidence(), st.randoms(use_true_random=False))
def test_the_order_of_the_evidence_does_not_matter(observed: tuple[ObservationData, ...], random: object) -> None:
    shuffled = list(observed)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert judge(ASKED, *shuffled).digest == judge(ASKED, *observed).digest


@quick
@given(evidence())
def test_the_whole_is_the_worst_that_was_found(observed: tuple[ObservationData, ...]) -> None:
    report = judge(ASKED, *observed)
    found = {*verdicts(report).values(), *(signal.verdict for signal in report.signals)}
    assert report.verdict == min(found, key=PRECEDENCE.index)


@quick
@given(evidence())
def test_more_of_the_same_evidence_never_turns_a_verdict_around(observed: tuple[ObservationData, ...]) -> None:
    more = [replace(o, n=o.n * 4, successes=(o.successes or 0) * 4) for o in observed]
    before, after = verdicts(judge(ASKED, *observed)), verdicts(judge(ASKED, *more))
    assert not [name for name in before if {before[name], after[name]} == {"PASS", "FAIL"}]


def _by_parts(found: object) -> dict[tuple[str, str], str]:
    assert isinstance(found, dict)
    return {(name.split("/")[0], name.split("/")[1]): verdict for name, verdict in found.items()}
