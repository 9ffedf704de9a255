"""Systems, contexts, groups and grants: who may see and describe what, and from when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from config.reference import permissions
from governance.accounts.models import User
from governance.errors import Conflict, Invalid, NotAllowedNow, NotFound, NotPermitted
from governance.specs import services as specs
from governance.systems import policies, selectors, services
from governance.systems.models import RoleGrant
from governance.systems.roles import PERMISSIONS, READING_EVERYTHING
from tests.factories.world import SPECIFICATION, World
from tests.governance.refused import refused

READERS = (
    "engineer",
    "steward",
    "facilitator",
    "participant_good",
    "representative",
    "board",
    "auditor",
    "administrator",
    "machine",
)


def _grant(world: World, **changed: object) -> RoleGrant:
    given = {
        "system_key": "outreach",
        "user": world.people.outsider,
        "role": "steward",
        "starts_at": world.now,
        "ends_at": world.now + timedelta(days=30),
        "by": world.people.administrator,
        "at": world.now,
    }
    return services.grant_role(**given | changed)


def _declare(world: World, **changed: object) -> object:
    given = {
        "system_key": "outreach",
        "key": "rural",
        "name": "Rural",
        "mandate": "Speaks for people far away.",
        "affected_because": "Nobody comes.",
        "floor": "Somebody comes.",
        "selector": {"column": "region", "equals": "rural"},
    }
    return services.declare_group(**given | changed, by=world.people.steward, at=world.tick())


def _sees(by: User) -> bool:
    return selectors.systems(by=by).filter(key="outreach").exists()


def test_exactly_those_that_the_reference_names_see_a_system_without_a_role_on_it(world: World) -> None:
    without = [name for name, by in world.people.by_name.items() if not RoleGrant.objects.filter(user=by).exists()]
    assert {name for name in without if _sees(world.people.by_name[name])} == READING_EVERYTHING.keys()
    page = permissions.render()
    assert all(f"- {who}." in page for who in READING_EVERYTHING.values())


def test_seeing_a_system_without_a_role_on_it_opens_nothing_that_asks_for_a_permission(world: World) -> None:
    who = {"by": world.people.administrator, "system": selectors.system(key="outreach", by=world.people.administrator)}
    for permission in PERMISSIONS:
        with pytest.raises(NotPermitted, match="one must be"):
            policies.check_permission(**who, permission=permission, at=world.now)


def test_only_roles_that_read_see_a_system(world: World) -> None:
    seeing = {name for name, user in world.people.by_name.items() if _sees(user)}
    assert seeing == {*READERS, "second_board", "participant_limited"}


@pytest.mark.parametrize(
    ("name", "scopes", "sees"),
    [
        ("engineer", {"system.read"}, True),
        ("engineer", {"checkpoint.register"}, False),
        ("engineer", {"administer"}, False),
        ("pipeline", {"system.read", "approval.check"}, False),
        ("outsider", {"system.read", "administer"}, False),
        ("administrator", {"administer"}, True),
        ("administrator", {"approval.check"}, False),
    ],
)
def test_a_token_shows_no_more_than_its_scopes_and_its_holders_roles(
    world: World, name: str, scopes: set[str], sees: bool
) -> None:
    by = world.people.by_name[name]
    by.scopes = frozenset(scopes)
    assert _sees(by) == sees


def test_missing_and_hidden_read_the_same(world: World) -> None:
    messages = []
    for key, by in (("outreach", world.people.outsider), ("nothing", world.people.board)):
        with pytest.raises(NotFound) as refusal:
            selectors.system(key=key, by=by)
        messages.append(refusal.value.message.replace(key, "KEY"))
    assert messages[0] == messages[1]


def test_a_role_holds_from_its_start_to_its_end(world: World) -> None:
    _grant(world, starts_at=world.now + timedelta(days=1), ends_at=world.now + timedelta(days=3))
    tried = {}
    for days in (0, 2, 4):
        at = world.now + timedelta(days=days)
        try:
            specs.save_draft(system_key="outreach", text=SPECIFICATION, by=world.people.outsider, at=at)
        except NotFound:
            tried[days] = False
        else:
            tried[days] = True
    assert tried == {0: False, 2: True, 4: False}


def test_a_role_that_was_ended_holds_no_more(world: World) -> None:
    grant = _grant(world)
    services.end_grant(grant_id=grant.pk, by=world.people.administrator, at=world.tick())
    with pytest.raises(NotFound):
        specs.save_draft(system_key="outreach", text=SPECIFICATION, by=world.people.outsider, at=world.tick())
    with pytest.raises(NotAllowedNow):
        services.end_grant(grant_id=grant.pk, by=world.people.administrator, at=world.tick())


def test_a_role_on_one_system_is_none_on_another(world: World) -> None:
    services.create_system(
        key="triage",
        name="Triage",
        purpose="Says who comes first.",
        owner=world.people.steward,
        by=world.people.administrator,
        at=world.tick(),
    )
    with pytest.raises(NotFound):
        specs.save_draft(
            system_key="triage",
            text=SPECIFICATION.replace("key: outreach\n", "key: triage\n", 1),
            by=world.people.steward,
            at=world.tick(),
        )


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"role": "king"}, Invalid),
        ({"role": "participant"}, Invalid),
        ({"role": "participant", "group_key": "rural"}, NotFound),
        ({"group_key": "limited"}, Invalid),
        ({"role": "service_account"}, NotPermitted),
    ],
)
def test_a_grant_that_will_not_do_is_refused(world: World, changed: dict[str, object], error: type[Exception]) -> None:
    before = RoleGrant.objects.count()
    with pytest.raises(error):
        _grant(world, **changed)
    assert RoleGrant.objects.count() == before


def test_no_grant_reaches_back_or_ends_before_it_starts(world: World) -> None:
    with pytest.raises(Invalid, match="past"):
        _grant(world, starts_at=world.now - timedelta(days=30))
    with pytest.raises(Invalid, match="not after"):
        _grant(world, ends_at=world.now)


@pytest.mark.parametrize("name", ["administrator", "machine", "pipeline"])
def test_neither_oneself_nor_edgewise_nor_a_pipeline_gets_a_persons_role(world: World, name: str) -> None:
    with pytest.raises(NotPermitted):
        _grant(world, user=world.people.by_name[name], role="board_member")


def test_the_database_rewrites_no_grant(world: World) -> None:
    for change in ("role = 'board_member'", "starts_at = now() - interval '9 years'", "ends_at = 'infinity'"):
        assert refused(f"UPDATE systems_rolegrant SET {change}")
    assert refused("DELETE FROM systems_rolegrant")


@pytest.mark.parametrize(
    "changed",
    [
        {"key": "Not A Key"},
        {"selector": {"column": "region"}},
        {"selector": {"column": "region", "equals": "a", "in": ["b"]}},
        {"selector": {"sql": "1=1"}},
        {"name": "x" * 300},
    ],
)
def test_a_group_that_will_not_do_is_refused(world: World, changed: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        _declare(world, **changed)


def test_a_group_is_changed_by_its_next_version(world: World) -> None:
    first, second = _declare(world), _declare(world, floor="Somebody comes within a day.")
    assert (first.version, second.version) == (1, 2)
    current = {group.key: group for group in selectors.current_groups(system=world.system)}
    assert current["rural"].floor == "Somebody comes within a day."
    assert refused("UPDATE systems_stakeholdergroup SET floor = 'none'")


def test_two_contexts_share_neither_key_nor_live_alias(world: World) -> None:
    for key, alias in (("us/outreach/phone", "live-other"), ("us/outreach/visit", "live-phone")):
        with pytest.raises(Conflict):
            services.add_context(
                system_key="outreach",
                key=key,
                name="Visits",
                stakes="Somebody comes, or not.",
                live_alias=alias,
                by=world.people.steward,
                at=world.tick(),
            )
