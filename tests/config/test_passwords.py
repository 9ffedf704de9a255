"""Whose passwords those are that setting up chose."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import global_settings
from django.contrib.auth.hashers import check_password
from pytest_django.fixtures import Settings

from config import installing
from config.demo.agreeing import HERE
from config.demo.passwords import PublicPasswordHasher
from governance.accounts.models import User
from governance.systems.models import RoleGrant

DESCRIBED = Path(HERE) / "installation.yaml"


@pytest.mark.django_db
@pytest.mark.parametrize("given", [{}, {"password": "one password for all of them"}])
def test_a_password_that_the_set_up_chose_has_to_be_changed_by_everybody(given: dict[str, str]) -> None:
    said: list[str] = []
    installing.apply(DESCRIBED, **given, say=said.append)
    people = User.objects.filter(kind="person")
    assert people.count() > 2
    assert not people.filter(must_change_password=False).exists()
    assert RoleGrant.objects.exists()
    assert any("with the password" in line for line in said) == (not given)


@pytest.mark.django_db
def test_a_demonstration_lets_its_people_in_at_once() -> None:
    installing.apply(DESCRIBED, password="edgewise-demonstration", own_passwords=True, say=lambda line: None)
    assert not User.objects.filter(must_change_password=True).exists()


def test_the_site_takes_the_demonstrations_quick_hash_once_and_wants_its_own_in_its_place(settings: Settings) -> None:
    quick = PublicPasswordHasher().encode("edgewise-demonstration", "salt")
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS
    replaced: list[str] = []
    assert check_password("edgewise-demonstration", quick, setter=replaced.append)
    assert replaced == ["edgewise-demonstration"]
    assert not check_password("another", quick)
