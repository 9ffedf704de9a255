"""Every verb, tried as every role through every face: who may succeeds, and whom it refuses changes nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

import pytest
from django.test import override_settings

from governance.approvals import keys
from tests.matrix import attempts
from tests.matrix import stage as stages
from tests.matrix.faces import FACES
from tests.matrix.footprint import footprint
from tests.matrix.stage import Stage
from tests.matrix.truth import ALLOWED, EVERY_SCOPE, OF_ANOTHER, ROLES, scope

TRIED = [(face, verb) for face in FACES for verb in sorted(FACES[face].verbs() & ALLOWED.keys())]
SCOPED = [(verb, role) for verb in sorted(ALLOWED) for role in sorted(ALLOWED[verb]) if scope(verb, role)]


@pytest.fixture(scope="module")
def stage(test_database: object, django_db_blocker: object) -> Iterator[Stage]:
    """One stage for all attempts of this process, never committed."""
    with django_db_blocker.unblock(), stages.taken_back():
        yield stages.build()


@pytest.fixture(autouse=True)
def _each_attempt_is_taken_back(stage: Stage, django_db_blocker: object) -> Iterator[None]:
    with django_db_blocker.unblock(), stages.taken_back():
        yield


@pytest.fixture
def new_key() -> Iterator[None]:
    """An attestation key that the log does not name yet, for the verb that names it."""
    with tempfile.TemporaryDirectory() as folder, override_settings(KEY_DIR=folder):
        keys.create_attestation_key()
        yield


def test_the_table_of_truth_covers_every_registered_action() -> None:
    assert set(ALLOWED) == FACES["service"].verbs()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("face", "verb"), TRIED)
def test_every_verb_as_every_role(
    face: str, verb: str, role: str, stage: Stage, request: pytest.FixtureRequest
) -> None:
    if verb == "approvals.key.introduce":
        request.getfixturevalue("new_key")
    given = attempts.arguments(verb, stage=stage, role=role)
    before = footprint()
    ended = FACES[face].attempt(verb, given, by=stage.person(role), at=attempts.moment(verb, stage=stage))
    changed = _changed(before)
    if role in ALLOWED[verb]:
        assert ended == "done"
        assert "audit_leaf" in changed
    else:
        assert (ended, changed) == ("refused", [])


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("verb", sorted(OF_ANOTHER))
def test_what_is_anothers_is_refused(verb: str, role: str, stage: Stage) -> None:
    given = attempts.of_another(verb, stage=stage, role=role)
    before = footprint()
    ended = FACES["service"].attempt(verb, given, by=stage.person(role), at=attempts.moment(verb, stage=stage))
    allowed = role in OF_ANOTHER[verb]
    assert ended == ("done" if allowed else "refused")
    assert bool(_changed(before)) == allowed


@pytest.mark.parametrize(("verb", "role"), SCOPED)
def test_a_token_without_the_scope_is_refused(verb: str, role: str, stage: Stage) -> None:
    needed = scope(verb, role)
    by = stage.person(role, scopes=EVERY_SCOPE - {needed})
    given = attempts.arguments(verb, stage=stage, role=role)
    before = footprint()
    ended = FACES["service"].attempt(verb, given, by=by, at=attempts.moment(verb, stage=stage))
    assert (ended, _changed(before)) == ("refused", [])


@pytest.mark.parametrize(("verb", "role"), SCOPED)
def test_a_token_with_only_the_scope_suffices(verb: str, role: str, stage: Stage) -> None:
    by = stage.person(role, scopes=frozenset({scope(verb, role) or ""}))
    given = attempts.arguments(verb, stage=stage, role=role)
    at = attempts.moment(verb, stage=stage)
    assert FACES["service"].attempt(verb, given, by=by, at=at) == "done"


@pytest.mark.parametrize("role", sorted(ALLOWED["accounts.token.issue"]))
def test_a_token_never_issues_a_token(role: str, stage: Stage) -> None:
    verb = "accounts.token.issue"
    given = attempts.arguments(verb, stage=stage, role=role)
    before = footprint()
    by = stage.person(role, scopes=EVERY_SCOPE)
    ended = FACES["service"].attempt(verb, given, by=by, at=attempts.moment(verb, stage=stage))
    assert (ended, _changed(before)) == ("refused", [])


def _changed(before: dict[str, str]) -> list[str]:
    after = footprint()
    return [table for table in before if before[table] != after[table]]
