"""Wrong passwords lock a person out from one place, and a place that tries everybody; nobody elsewhere notices."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from config.lockout import client_address
from tests import people
from tests.factories.world import World

HERE, THERE, PROXY = "192.0.2.1", "198.51.100.7", "10.0.0.1"


def tried(name: str, *, password: str = "wrong", address: str = HERE, **headers: str) -> int:
    """Try to sign in; return the status: 200 for the form again, 302 for success, 429 for a lock."""
    given = {"username": f"{name}@example.org", "password": password}
    return Client(REMOTE_ADDR=address).post("/sign-in/", given, headers=headers).status_code


def test_one_person_is_locked_from_one_address_only(world: World) -> None:
    assert [tried("board") for _ in range(10)] == [200] * 9 + [429]
    assert tried("board", password=people.PASSWORD) == 429
    assert tried("board", password=people.PASSWORD, address=THERE) == 302
    assert tried("steward", password=people.PASSWORD) == 302


def test_another_spelling_of_a_name_is_the_same_person(world: World) -> None:
    assert [tried(name) for name in ("board", "BOARD", "Board", "bOard", "boArd") * 2][-1] == 429


def test_an_address_that_tries_everybody_is_locked(world: World) -> None:
    assert [tried(f"nobody{number}") for number in range(50)] == [200] * 49 + [429]
    assert tried("board", password=people.PASSWORD) == 429
    assert tried("board", password=people.PASSWORD, address=THERE) == 302


def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_saw(world: World, settings: Settings) -> None:
    settings.BEHIND_PROXY = True
    forged = [{"X-Forwarded-For": f"203.0.113.{number}, {HERE}"} for number in range(10)]
    assert [tried("board", address=PROXY, **header) for header in forged][-1] == 429
    assert tried("board", password=people.PASSWORD, address=PROXY, **{"X-Forwarded-For": THERE}) == 302


def test_without_a_proxy_the_header_is_not_believed(world: World) -> None:
    forged = [{"X-Forwarded-For": f"203.0.113.{number}"} for number in range(10)]
    assert [tried("board", **header) for header in forged][-1] == 429


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        (HERE, "", HERE),
        (PROXY, THERE, THERE),
        (PROXY, f"{HERE}, {THERE}", THERE),
        (PROXY, f"{THERE}, nonsense", PROXY),
        (PROXY, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("::ffff:192.0.2.1", "", HERE),
        ("", "", ""),
    ],
)
def test_the_address_is_one_that_the_client_cannot_choose(
    settings: Settings, peer: str, forwarded: str, found: str
) -> None:
    settings.BEHIND_PROXY = True
    request = RequestFactory(REMOTE_ADDR=peer).get("/", headers={"X-Forwarded-For": forwarded})
    assert client_address(request) == found
