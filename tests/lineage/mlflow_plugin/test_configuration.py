"""A plugin that is set up wrongly does not start, and says which variable is wrong."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

import pytest
from edgewise_mlflow import configuration
from edgewise_mlflow.configuration import Misconfigured

GIVEN = {
    "EDGEWISE_GUARD_URL": "https://edgewise.example.org/",
    "EDGEWISE_GUARD_TOKEN_FILE": "/run/secrets/edgewise",
    "EDGEWISE_GUARD_PROTECTED": "outreach-model@live-phone=us/outreach/phone",
}


def test_it_refuses_what_nobody_answers_unless_told_otherwise() -> None:
    found = configuration.read(GIVEN)
    assert (found.url, found.token_file) == ("https://edgewise.example.org", Path("/run/secrets/edgewise"))
    assert (found.timeout, found.fails_open) == (10.0, False)
    assert configuration.read({**GIVEN, "EDGEWISE_GUARD_WHEN_UNREACHABLE": "allow"}).fails_open


@pytest.mark.parametrize("name", sorted(GIVEN))
def test_what_is_needed_is_asked_for_by_name(name: str) -> None:
    for given in ({key: value for key, value in GIVEN.items() if key != name}, {**GIVEN, name: " "}):
        with pytest.raises(Misconfigured, match=f"{name} is not set"):
            configuration.read(given)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("URL", "edgewise.example.org"),
        ("URL", "ftp://edgewise.example.org"),
        ("URL", "https://somebody:password@edgewise.example.org"),
        ("URL", "https://edgewise.example.org?a=b"),
        ("URL", "https://edgewise.example.org:port"),
        ("URL", f"https://{'a' * 64}.org"),
        ("URL", "https://"),
        ("PROTECTED", "outreach-model@live-phone"),
        ("PROTECTED", " , ,"),
        ("TIMEOUT_SECONDS", "0"),
        ("TIMEOUT_SECONDS", "61"),
        ("TIMEOUT_SECONDS", "nan"),
        ("TIMEOUT_SECONDS", "soon"),
        ("WHEN_UNREACHABLE", "Allow"),
        ("WHEN_UNREACHABLE", ""),
        ("PROTECT", "outreach-model"),
    ],
)
def test_nothing_that_is_written_wrongly_passes_in_silence(name: str, value: str) -> None:
    with pytest.raises(Misconfigured, match=f"EDGEWISE_GUARD_{name}"):
        configuration.read({**GIVEN, f"EDGEWISE_GUARD_{name}": value})


def test_mlflow_finds_the_plugin_by_both_schemes() -> None:
    found = {each.name: each.value for each in entry_points(group="mlflow.model_registry_store")}
    assert found["edgewise-sqlite"] == found["edgewise-postgresql"] == "edgewise_mlflow.store:open_store"
