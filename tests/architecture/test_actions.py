from __future__ import annotations

import ast
import inspect
import re

import pytest

from config.reference import permissions
from config.reference.states import lifecycles
from governance import actions
from governance.actions import Action
from governance.systems.roles import PERMISSIONS, ROLES
from tests.architecture.sources import modules, tree

REGISTER = actions.load()
every_action = pytest.mark.parametrize("action", REGISTER.values(), ids=REGISTER.keys())


def declared_verbs() -> set[str]:
    """Return the verbs of all `@actions.action(verb=…)` in the code."""
    calls = [
        node
        for path in modules("governance", "lineage")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "actions.action"
    ]
    return {ast.literal_eval(k.value) for call in calls for k in call.keywords if k.arg == "verb"}


def test_loading_the_register_finds_every_declared_action() -> None:
    assert set(REGISTER) == declared_verbs()


@every_action
def test_an_action_takes_keywords_only_and_says_who_and_when(action: Action) -> None:
    parameters = inspect.signature(action.function).parameters
    assert {"by", "at"} <= parameters.keys()
    assert {p.kind for p in parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}
    assert list(parameters)[-2:] == ["by", "at"]


@every_action
def test_an_action_says_in_one_sentence_what_it_does(action: Action) -> None:
    assert re.fullmatch(r"[A-Z].*\.", action.summary)


@every_action
def test_an_action_is_named_after_its_app_and_its_thing(action: Action) -> None:
    app, _, _ = action.verb.split(".")
    assert action.function.__module__.startswith(f"governance.{app}.")


@every_action
def test_somebody_may_do_every_action(action: Action) -> None:
    known = {*PERMISSIONS, *permissions.SPECIAL}
    assert {action.permission, *action.also} <= known
    assert permissions.holders(action)


@every_action
def test_an_action_names_states_that_exist(action: Action) -> None:
    known = {state for lifecycle in lifecycles() for state in lifecycle.choices.values}
    assert set(action.states) <= known


@pytest.mark.expectation(6)
def test_administering_lets_nobody_sign_or_decide() -> None:
    for verb in ("approvals.candidate.sign", "approvals.candidate.decide"):
        assert not {actions.ADMINISTRATOR, "service_account"} & set(permissions.holders(REGISTER[verb]))


def test_an_auditor_can_write_nothing() -> None:
    assert [action.verb for action in REGISTER.values() if "auditor" in permissions.holders(action)] == []


def test_a_service_account_can_only_ask() -> None:
    assert ROLES["service_account"] == ("approval.check",)
    assert [action.verb for action in REGISTER.values() if "service_account" in permissions.holders(action)] == []
