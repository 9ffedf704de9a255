"""Passwords: one's own to change, and of no use while somebody else knows them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from governance.accounts import services
from governance.accounts.models import User
from governance.audit.models import Leaf
from governance.errors import Invalid, NotAllowedNow, NotPermitted
from governance.systems import services as systems
from governance.systems.policies import can, check_permission
from tests.factories.world import World
from tests.governance.refused import refused
from tests.people import PASSWORD

CHOSEN = "a battery of staples and horses"


def _added(world: World) -> User:
    """Return a board member whose first password the administrator chose."""
    by = world.people.administrator
    user = services.add_user(email="new@example.org", name="New", password=PASSWORD, by=by, at=world.tick())
    systems.grant_role(
        system_key="outreach",
        user=user,
        role="board_member",
        starts_at=world.now,
        ends_at=world.now + timedelta(days=300),
        by=by,
        at=world.now,
    )
    return user


def _change(world: World, user: User, *, current: str = PASSWORD, new: str = CHOSEN) -> User:
    return services.change_password(current=current, new=new, by=user, at=world.tick())


def _may_sign(world: World, user: User) -> bool:
    return can(check_permission, by=user, permission="candidate.sign", system=world.system, at=world.now)


def test_whoever_was_given_a_password_may_nothing_until_they_chose_their_own(world: World) -> None:
    user = _added(world)
    assert user.must_change_password
    assert not _may_sign(world, user)
    with pytest.raises(NotPermitted, match="Choose your own first"):
        services.issue_token(
            user=user,
            label="Mine",
            scopes=["candidate.sign"],
            expires_at=world.now + timedelta(days=1),
            by=user,
            at=world.now,
        )
    assert _may_sign(world, _change(world, user))


def test_an_administrator_with_a_first_password_administers_nothing(world: World) -> None:
    first = world.people.administrator
    first.must_change_password = True
    for verb in (
        lambda: services.add_user(email="x@example.org", name="X", password=PASSWORD, by=first, at=world.now),
        lambda: services.reset_password(user_id=world.people.board.pk, by=first, at=world.now),
    ):
        with pytest.raises(NotPermitted, match="Choose your own first"):
            verb()


def test_a_change_is_in_the_log_and_says_nothing_of_the_password(world: World) -> None:
    board = world.people.board
    _change(world, board)
    entry = Leaf.objects.get(type="accounts.password.changed")
    assert (entry.subject, entry.actor) == (board.actor, board.actor)
    assert b'"data":{}' in bytes(entry.entry)
    assert not entry.sealed_fields.exists()
    assert User.objects.get(pk=board.pk).check_password(CHOSEN)


@pytest.mark.parametrize(
    ("current", "new", "where"),
    [
        ("not the password at all", CHOSEN, "current"),
        (PASSWORD, PASSWORD, "new"),
        (PASSWORD, "short", "new"),
        (PASSWORD, "board@example.org", "new"),
    ],
)
def test_a_change_that_will_not_do_names_the_field_and_changes_nothing(
    world: World, current: str, new: str, where: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        _change(world, world.people.board, current=current, new=new)
    assert refusal.value.problems[0].where == where
    assert User.objects.get(pk=world.people.board.pk).check_password(PASSWORD)
    assert not Leaf.objects.filter(type="accounts.password.changed").exists()


def test_a_token_changes_no_password(world: World) -> None:
    world.people.board.scopes = frozenset({"candidate.sign"})
    with pytest.raises(NotPermitted, match="A token cannot change a password"):
        _change(world, world.people.board)


def test_a_reset_gives_a_password_that_only_opens_the_choice_of_another(world: World) -> None:
    board = world.people.board
    found, password = services.reset_password(user_id=board.pk, by=world.people.administrator, at=world.tick())
    assert found.check_password(password)
    assert not _may_sign(world, found)
    entry = Leaf.objects.get(type="accounts.password.reset")
    assert (entry.subject, entry.actor) == (board.actor, world.people.administrator.actor)
    assert password.encode() not in bytes(entry.entry)
    assert _may_sign(world, _change(world, found, current=password))


def test_who_has_no_password_or_is_gone_or_resets_their_own_is_refused(world: World) -> None:
    by = world.people.administrator
    services.erase_person(user_id=world.people.outsider.pk, by=by, at=world.tick())
    for user, error in (
        (by, NotPermitted),
        (world.people.pipeline, NotPermitted),
        (world.people.outsider, NotAllowedNow),
    ):
        with pytest.raises(error):
            services.reset_password(user_id=user.pk, by=by, at=world.tick())


@pytest.mark.expectation(16)
def test_raw_sql_does_not_call_a_first_password_ones_own(world: World) -> None:
    _added(world)
    assert refused("UPDATE accounts_user SET must_change_password = false WHERE email = 'new@example.org'")
