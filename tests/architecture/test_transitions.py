from __future__ import annotations

from itertools import product

import pytest
from django.db import IntegrityError, connection, transaction

from config.reference.states import Lifecycle, lifecycles
from governance.approvals.models import Approval
from tests.factories.world import UNEQUAL, World

LIFECYCLES = lifecycles()
every_lifecycle = pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda lifecycle: lifecycle.table)
BEFORE_UPDATE_OF_EACH_ROW = 1 | 2 | 16


def changes(lifecycle: Lifecycle) -> list[tuple[str, str]]:
    """Return every pair of different states."""
    states = lifecycle.choices.values
    return [(old, new) for old, new in product(states, states) if old != new]


def test_every_state_of_an_aggregate_stands_in_its_table_of_changes() -> None:
    for lifecycle in LIFECYCLES:
        assert {str(state) for state in lifecycle.transitions} == set(lifecycle.choices.values), lifecycle.name


@every_lifecycle
@pytest.mark.django_db
def test_the_database_watches_the_state_whoever_asks(lifecycle: Lifecycle) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT tgenabled, tgtype, proname FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
               WHERE tgrelid = %s::regclass AND tgname = %s""",
            [lifecycle.table, f"{lifecycle.table}_transitions"],
        )
        assert cursor.fetchall() == [("A", BEFORE_UPDATE_OF_EACH_ROW, f"{lifecycle.table}_check_state")]


@every_lifecycle
@pytest.mark.django_db
def test_the_database_allows_exactly_the_changes_that_the_code_lists(lifecycle: Lifecycle) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE watched AS SELECT * FROM {lifecycle.table} WITH NO DATA")
        check = f"{lifecycle.table}_check_state()"
        cursor.execute(f"CREATE TRIGGER watch BEFORE UPDATE ON watched FOR EACH ROW EXECUTE FUNCTION {check}")
        allowed = [(old, new) for old, new in changes(lifecycle) if passes(old, new)]
    assert allowed == [(o, n) for o, n in changes(lifecycle) if n in lifecycle.transitions[o]]


def passes(old: str, new: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM watched")
            cursor.execute("INSERT INTO watched (state) VALUES (%s)", [old])
            cursor.execute("UPDATE watched SET state = %s", [new])
    except IntegrityError as refusal:
        return "cannot go from" not in str(refusal)
    return True


@pytest.mark.django_db
def test_raw_sql_cannot_undo_what_the_main_job_decided(world: World, approval: Approval) -> None:
    world.judged(UNEQUAL, number="2")
    for table, new in (
        ("approvals_releasecandidate", "open"),
        ("approvals_approval", "pending"),
        ("deliberation_deliberation", "voting"),
        ("specs_valuespecification", "deliberating"),
        ("gates_route", "ignored"),
    ):
        with pytest.raises(IntegrityError, match="cannot go from"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET state = %s", [new])
