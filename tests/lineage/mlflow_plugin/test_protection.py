"""What is protected, as it is written down."""

from __future__ import annotations

import pytest
from edgewise_mlflow.protection import ALIAS, ENDED, TAG, Protection

from governance.approvals import writing_back
from governance.approvals.states import ApprovalState
from tests.factories.world import LETTER, PHONE

PARSED = Protection.parse(
    f"nurse@live={PHONE}, nurse@live={LETTER},\n nurse/Production={PHONE}, nurse-production={LETTER}, kept,"
)


def test_an_alias_a_stage_and_a_production_model_have_their_contexts() -> None:
    assert PARSED.of_alias("nurse", "live") == (PHONE, LETTER)
    assert PARSED.of_stage("nurse", "Production") == (PHONE,)
    assert PARSED.of_copies("nurse-production") == (LETTER,)
    assert PARSED.models == {"nurse", "nurse-production", "kept"}


@pytest.mark.parametrize("model", ["nurse", "kept", "Nurse", "other"])
def test_nothing_else_is_protected(model: str) -> None:
    assert PARSED.of_alias(model, "Live") == PARSED.of_alias("other", "live") == ()
    assert PARSED.of_stage(model, "Staging") == PARSED.of_stage("kept", "Production") == ()
    assert PARSED.of_copies(model) == ()


def test_edgewises_own_marks_are_named_as_edgewise_names_them() -> None:
    assert writing_back.alias_of(PHONE).startswith(ALIAS)
    assert writing_back.tag_of(PHONE).startswith(TAG)
    assert PARSED.of_alias("kept", writing_back.alias_of(PHONE)) == (PHONE,)
    assert PARSED.of_tag("kept", writing_back.tag_of(PHONE), "A-1 active sha256:00") == (PHONE,)
    assert PARSED.of_alias("other", writing_back.alias_of(PHONE)) == ()
    assert PARSED.of_tag("other", writing_back.tag_of(PHONE), "A-1 active") == ()


def test_that_an_approval_has_ended_may_be_said_unasked() -> None:
    assert set(ApprovalState.values) - {ApprovalState.ACTIVE} == ENDED
    for claim in ("A-1 active revoked", "revoked", "A-1  revoked", "A-1 Revoked", ""):
        assert PARSED.of_tag("nurse", writing_back.tag_of(PHONE), claim) == (PHONE,)
    for word in ENDED:
        assert PARSED.of_tag("nurse", writing_back.tag_of(PHONE), f"A-1 {word} sha256:00 until 2027-01-01") == ()


@pytest.mark.parametrize(
    "entry",
    [
        "nurse@live",
        "nurse/Production",
        "nurse@live=",
        "nurse@live=US/phone",
        "nurse@live=us//phone",
        "nurse@two words=us/phone",
        "nurse/Archived=us/phone",
        "nurse/production=us/phone",
        "models:/nurse@live=us/phone",
        "a@b@live=us/phone",
        "a=b@live=us/phone",
        "=us/phone",
        "@live=us/phone",
    ],
)
def test_an_entry_that_protects_nothing_is_refused_by_name(entry: str) -> None:
    with pytest.raises(ValueError, match="protects nothing") as raised:
        Protection.parse(f"nurse@live={PHONE},{entry}")
    assert repr(entry) in str(raised.value)
