"""Accounts and tokens: who is let in, what a token allows, and what is left of a person who was erased."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import Error, transaction

from governance.accounts import selectors, services
from governance.accounts.models import User
from governance.approvals.models import Approval, ReleaseCandidate, SignOff
from governance.audit.models import Leaf, SealedField
from governance.errors import Conflict, Invalid, NotAllowedNow, NotFound, NotPermitted
from tests.factories.world import World
from tests.governance.refused import refused
from tests.people import PASSWORD


def _token(world: World, name: str = "board", *, days: int = 7, scopes: tuple[str, ...] = ("candidate.sign",)) -> str:
    user = world.people.by_name[name]
    _, secret = services.issue_token(
        user=user,
        label="Mine",
        scopes=list(scopes),
        expires_at=world.now + timedelta(days=days),
        by=user,
        at=world.now,
    )
    return secret


def _add(world: World, **changed: object) -> User:
    given = {"email": "new@example.org", "name": "New", "password": PASSWORD}
    return services.add_user(**given | changed, by=world.people.administrator, at=world.tick())


@pytest.mark.expectation(18)
def test_erasing_a_person_leaves_their_sign_offs_attributable(world: World, approval: Approval) -> None:
    board = world.people.board
    before = {leaf.pk: bytes(leaf.entry) for leaf in Leaf.objects.all()}
    services.erase_person(user_id=board.pk, by=world.people.administrator, at=world.tick())
    erased = User.objects.get(pk=board.pk)
    assert (erased.name, erased.email, erased.is_active) == ("", None, False)
    assert SignOff.objects.filter(user_id=board.pk).count() == 1
    assert Leaf.objects.filter(type="approvals.candidate.signed", actor=board.actor).count() == 1
    assert all(bytes(leaf.entry) == before[leaf.pk] for leaf in Leaf.objects.filter(pk__in=before))
    assert selectors.names(actors={board.actor}) == {board.actor: "erased"}


@pytest.mark.expectation(18)
def test_erasing_a_person_leaves_no_name_and_no_address_anywhere(world: World) -> None:
    person = _add(world, email="rare.bird@example.org", name="Rare Bird")
    services.erase_person(user_id=person.pk, by=world.people.administrator, at=world.tick())
    kept = [bytes(value) for value in SealedField.objects.values_list("value", flat=True)]
    kept += [bytes(entry) for entry in Leaf.objects.values_list("entry", flat=True)]
    assert not any(b"Rare Bird" in value or b"rare.bird" in value for value in kept)


@pytest.mark.expectation(18)
def test_nobody_is_deleted(world: World, approval: Approval) -> None:
    with pytest.raises((Error, ValueError)), transaction.atomic():
        world.people.board.delete()
    assert refused(f"DELETE FROM accounts_user WHERE id = '{world.people.outsider.pk}'")
    assert refused("TRUNCATE accounts_user CASCADE")


def test_an_erased_person_does_nothing_any_more(world: World, candidate: ReleaseCandidate) -> None:
    secret = _token(world)
    services.erase_person(user_id=world.people.board.pk, by=world.people.administrator, at=world.tick())
    world.people.board.refresh_from_db()
    with pytest.raises(NotPermitted):
        world.sign(candidate, "board")
    with pytest.raises(NotPermitted) as refusal:
        selectors.user_of_token(secret=secret, at=world.now)
    assert refusal.value.code == "account-inactive"
    with pytest.raises(NotFound):
        selectors.user_by_email(email="board@example.org")


def test_a_person_is_erased_once_and_the_last_administrator_never(world: World) -> None:
    administrator = world.people.administrator
    services.erase_person(user_id=world.people.outsider.pk, by=administrator, at=world.tick())
    with pytest.raises(NotAllowedNow):
        services.erase_person(user_id=world.people.outsider.pk, by=administrator, at=world.tick())
    with pytest.raises(NotAllowedNow):
        services.erase_person(user_id=administrator.pk, by=administrator, at=world.tick())
    for name in ("machine", "pipeline"):
        with pytest.raises(NotPermitted):
            services.erase_person(user_id=world.people.by_name[name].pk, by=administrator, at=world.tick())


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"email": "nowhere"}, "email"),
        ({"email": None}, "email"),
        ({"password": "1234"}, "password"),
        ({"password": None}, "password"),
        ({"name": " "}, "name"),
        ({"kind": "machine", "email": None, "password": None}, "kind"),
        ({"kind": "robot"}, "kind"),
        ({"kind": "service"}, "email"),
        ({"name": "x" * 300}, ""),
        ({"name": "N\x00body"}, ""),
    ],
)
def test_an_account_that_will_not_do_is_refused_by_name(world: World, changed: dict[str, object], where: str) -> None:
    with pytest.raises(Invalid) as refusal:
        _add(world, **changed)
    assert not where or refusal.value.problems[0].where == where
    assert not User.objects.filter(email="new@example.org").exists()


def test_an_address_is_taken_whatever_its_case(world: World) -> None:
    with pytest.raises(Conflict):
        _add(world, email="BOARD@example.org")


def test_a_token_is_refused_by_what_is_wrong_with_it(world: World) -> None:
    secret = _token(world)
    assert selectors.user_of_token(secret=secret, at=world.now)[0].scopes == {"candidate.sign"}
    found = {}
    token = world.people.board.tokens.get()
    for at, given in ((world.now, "ew_unknown"), (world.now + timedelta(days=7), secret)):
        with pytest.raises(NotPermitted) as refusal:
            selectors.user_of_token(secret=given, at=at)
        found[refusal.value.code] = refusal.value.message
    services.revoke_token(token_id=token.pk, by=world.people.board, at=world.tick())
    with pytest.raises(NotPermitted) as refusal:
        selectors.user_of_token(secret=secret, at=world.now)
    assert [*found, refusal.value.code] == ["token-unknown", "token-expired", "token-revoked"]
    assert secret not in "".join(found.values())


@pytest.mark.parametrize(("days", "scopes"), [(0, ("candidate.sign",)), (400, ("candidate.sign",)), (7, ())])
def test_a_token_ends_within_a_year_and_names_what_it_may(world: World, days: int, scopes: tuple[str, ...]) -> None:
    with pytest.raises(Invalid):
        _token(world, days=days, scopes=scopes)


def test_a_token_is_revoked_once(world: World) -> None:
    _token(world)
    token = world.people.board.tokens.get()
    services.revoke_token(token_id=token.pk, by=world.people.board, at=world.tick())
    with pytest.raises(NotAllowedNow):
        services.revoke_token(token_id=token.pk, by=world.people.board, at=world.tick())
    with pytest.raises(NotFound):
        services.revoke_token(token_id=token.pk + 1, by=world.people.board, at=world.tick())


def test_no_secret_stands_in_the_database(world: World) -> None:
    secret = _token(world)
    token = world.people.board.tokens.get()
    assert secret not in (token.digest, token.label)
    assert len(token.digest) == 64
    assert not any(secret.encode() in bytes(entry) for entry in Leaf.objects.values_list("entry", flat=True))


def test_a_second_administrator_is_not_bootstrapped(world: World) -> None:
    with pytest.raises(Conflict):
        services.bootstrap_administrator(email="b@example.org", name="B", password=PASSWORD, at=world.tick())
