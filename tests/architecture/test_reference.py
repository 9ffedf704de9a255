from __future__ import annotations

from pathlib import Path

import pytest

from config import reference
from config.reference import expectations, settings

OF_THE_SPINE = {1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 15, 16, 18, 22, 24, 25}


def test_the_reference_is_the_same_each_time_it_is_written(tmp_path: Path) -> None:
    reference.write(tmp_path)
    assert reference.stale(tmp_path) == []


def test_a_page_that_somebody_edited_is_stale(tmp_path: Path) -> None:
    reference.write(tmp_path)
    (tmp_path / "states.md").write_text("All states are open.")
    (tmp_path / "events.md").unlink()
    assert reference.stale(tmp_path) == ["states.md", "events.md"]


def test_every_setting_that_the_code_reads_is_explained() -> None:
    assert settings.variables().keys() == settings.MEANINGS.keys()


def test_a_setting_nobody_explained_stops_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(settings.MEANINGS, "DATABASE_URL")
    with pytest.raises(LookupError, match="DATABASE_URL"):
        settings.render()


def test_the_expectations_are_all_there() -> None:
    numbers = [number for section in expectations.EXPECTATIONS.values() for number in section]
    assert numbers == list(range(1, 26))


def test_every_mark_names_an_expectation() -> None:
    assert set(expectations.marked()) <= set(range(1, 26))


def test_tests_hold_every_expectation_that_is_promised_today() -> None:
    assert sorted(OF_THE_SPINE - expectations.marked().keys()) == []
