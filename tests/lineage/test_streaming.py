"""A long list is read member by member, wherever the pieces of its answer happen to end."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage import streaming

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
MEMBERS = st.lists(st.dictionaries(TEXTS, TEXTS | st.integers() | st.lists(TEXTS, max_size=3), max_size=3), max_size=6)


@given(MEMBERS, TEXTS, st.sampled_from([None, 2]), st.integers(1, 30))
@settings(max_examples=150, deadline=None)
def test_members_and_what_follows_are_those_of_the_whole(members, token, indent, piece):
    answer = {"model_versions": members, "next_page_token": token}
    raw = io.BytesIO(json.dumps(answer, indent=indent, ensure_ascii=False).encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streaming, "PIECE", piece)
        *found, rest = streaming.members(raw, "model_versions")
    assert found == members
    assert rest == {"next_page_token": token}


@pytest.mark.parametrize("answer", [{}, {"other": [1]}, {"other": 1, "model_versions": [{"name": "m"}]}])
def test_an_answer_that_does_not_begin_with_the_list_is_given_as_it_is(answer):
    assert list(streaming.members(io.BytesIO(json.dumps(answer).encode()), "model_versions")) == [answer]


@pytest.mark.parametrize(
    "raw",
    [b"", b"<html>", b'{"model_versions": [', b'{"model_versions": [{"name"', b'{"model_versions": [{}', b"[" * 99_999],
)
def test_what_breaks_off_or_is_no_json_is_refused(raw):
    with pytest.raises((ValueError, RecursionError)):
        list(streaming.members(io.BytesIO(raw), "model_versions"))


def test_what_the_database_cannot_hold_is_replaced():
    raw = rb'{"model_versions": [{"description": "a\u0000b"}]}'
    assert next(streaming.members(io.BytesIO(raw), "model_versions")) == {"description": "a\ufffdb"}
