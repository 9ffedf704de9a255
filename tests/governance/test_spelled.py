"""What others wrote is shown with the characters in it that nobody would see."""

from __future__ import annotations

import pytest

from governance import unseen


@pytest.mark.parametrize(
    "hidden", ["\x00", "\x1b", "\r", "\u202e", "\u2066", "\u200b", "\u2028", "\ufeff", "\U000e0041"]
)
def test_a_character_that_nobody_sees_is_named_in_its_place(hidden: str) -> None:
    name = f"U+{ord(hidden):04X}"
    assert list(unseen.parts(f"a{hidden}{hidden}b")) == [("a", False), (name, True), (name, True), ("b", False)]
    assert unseen.spelled(f"a{hidden}b") == f"a<{name}>b"


@pytest.mark.parametrize("text", ["", "plain", "line\nline\ttab", "עברית", "naïve 🙂"])
def test_what_everybody_sees_is_shown_as_it_is(text: str) -> None:
    assert unseen.spelled(text) == text
