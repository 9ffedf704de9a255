"""Every verb, tried as every role through every face: who may succeeds, and whom it refuses changes nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

import pytest
from django.test import override_settings

from governance import actions
from governance.approvals import keys
from tests.matrix import attempts
from tests.matrix import stage as stages
from tests.matrix.faces import ASKS_MLFLOW, FACES
from tests.matrix.footprint import Watched, footprint
from tests.matrix.stage import Stage
from tests.matrix.truth import ALLOWED, DONE, EVERY_SCOPE, FORBIDDEN, OF_ANOTHER, OF_THE_MACHINE, ROLES, refusal, scope

TRIED = [(face, verb, role) for face in FACES for verb in sorted(FACES[face].allowed()) for role in FACES[face].roles]
BLIND = [
    (face, verb)
    for face, verb, role in TRIED
    if role == "outsider" and verb not in OF_THE_MACHINE | {"accounts.password.change", "accounts.token.issue"}
]
SCOPED = [(verb, role) for verb in sorted(ALLOWED) for role in sorted(ALLOWED[verb]) if scope(verb, role)]


@pytest.fixture(scope="module")
def stage(test_database: object, django_db_blocker: object) -> Iterator[Stage]:
    """One stage for all attempts of this process, never committed."""
    with django_db_blocker.unblock(), stages.taken_back():
        yield stages.build()


@pytest.fixture(scope="module")
def calm(stage: Stage, django_db_blocker: object) -> dict[str, str]:
    """What the tables hold before any attempt."""
    with django_db_blocker.unblock():
        return footprint()


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
    assert set(ALLOWED) == set(actions.load())


@pytest.mark.parametrize(("face", "verb", "role"), TRIED)
def test_every_verb_as_every_role(
    face: str, verb: str, role: str, stage: Stage, calm: dict[str, str], request: pytest.FixtureRequest
) -> None:
    if verb == "approvals.key.introduce":
        request.getfixturevalue("new_key")
    ended, changed = _try(verb, role, stage=stage, calm=calm, face=face)
    if role in FACES[face].allowed()[verb]:
        assert ended == DONE
        assert "audit_leaf" in changed
    else:
        assert (ended, changed) == (refusal(verb, role, face=face), [])


@pytest.mark.parametrize(("face", "verb"), BLIND)
def test_an_outsider_cannot_tell_what_is_hidden_from_what_is_not_there(
    face: str, verb: str, stage: Stage, calm: dict[str, str]
) -> None:
    by, at = stage.person("outsider"), attempts.moment(verb, stage=stage)
    find = attempts.of_another if verb in OF_ANOTHER else attempts.arguments
    given = find(verb, stage=stage, role="outsider")
    watched = Watched(footprint() if verb in attempts.PREPARED else calm)
    hidden, missing = (
        FACES[face].attempt(verb, tried, stage=stage, role="outsider", by=by, at=at)
        for tried in (given, attempts.of_nothing(given))
    )
    assert hidden == missing
    assert hidden.ended == refusal(verb, "outsider", face=face)
    assert "outreach" not in hidden.words.lower()
    assert watched.changed() == []


@pytest.mark.parametrize(
    ("verb", "role"),
    [(verb, role) for verb in ASKS_MLFLOW for role in FACES["rest"].roles if role not in ALLOWED[verb]],
)
def test_the_api_refuses_before_it_asks_mlflow(verb: str, role: str, stage: Stage, calm: dict[str, str]) -> None:
    about_a_version = attempts.SYSTEM | {"version": stage.unregistered}
    told = verb.startswith("monitoring.hook.")
    given = attempts.arguments(verb, stage=stage, role=role) if told else about_a_version
    by, at = stage.person(role), attempts.moment(verb, stage=stage)
    watched = Watched(calm)
    assert FACES["rest"].attempt(verb, given, stage=stage, role=role, by=by, at=at).ended == refusal(
        verb, role, face="rest"
    )
    assert watched.changed() == []


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("verb", sorted(OF_ANOTHER))
def test_what_is_anothers_is_refused(verb: str, role: str, stage: Stage, calm: dict[str, str]) -> None:
    given = attempts.of_another(verb, stage=stage, role=role)
    at, watched = attempts.moment(verb, stage=stage), Watched(calm)
    ended = FACES["service"].attempt(verb, given, stage=stage, role=role, by=stage.person(role), at=at).ended
    allowed = role in OF_ANOTHER[verb]
    assert ended == (DONE if allowed else refusal(verb, role))
    assert bool(watched.changed()) == allowed


@pytest.mark.parametrize(("verb", "role"), SCOPED)
def test_a_token_without_the_scope_is_refused(verb: str, role: str, stage: Stage, calm: dict[str, str]) -> None:
    scopes = EVERY_SCOPE - {scope(verb, role)}
    assert _try(verb, role, stage=stage, calm=calm, scopes=scopes) == (FORBIDDEN, [])


@pytest.mark.parametrize(("verb", "role"), SCOPED)
def test_a_token_with_only_the_scope_suffices(verb: str, role: str, stage: Stage, calm: dict[str, str]) -> None:
    scopes = frozenset({scope(verb, role) or ""})
    assert _try(verb, role, stage=stage, calm=calm, scopes=scopes)[0] == DONE


@pytest.mark.parametrize("role", sorted(ALLOWED["accounts.token.issue"]))
def test_a_token_never_issues_a_token(role: str, stage: Stage, calm: dict[str, str]) -> None:
    assert _try("accounts.token.issue", role, stage=stage, calm=calm, scopes=EVERY_SCOPE) == (FORBIDDEN, [])


def _try(
    verb: str,
    role: str,
    *,
    stage: Stage,
    calm: dict[str, str],
    face: str = "service",
    scopes: frozenset[str] | None = None,
) -> tuple[str, list[str]]:
    """Try `verb` as `role`; return how it ended, and the tables that changed."""
    given = attempts.arguments(verb, stage=stage, role=role)
    watched = Watched(footprint() if verb in attempts.PREPARED else calm)
    by, at = stage.person(role, scopes=scopes), attempts.moment(verb, stage=stage)
    return FACES[face].attempt(verb, given, stage=stage, role=role, by=by, at=at).ended, watched.changed()
