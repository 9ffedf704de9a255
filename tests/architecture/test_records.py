from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from django.db import ProgrammingError, connection, models, transaction

from governance.accounts import services as accounts
from governance.accounts.models import User
from tests import database
from tests.architecture.guarded import changes, declared, tables
from tests.factories.world import World

RECORDS = declared("append_only")
KEPT = declared("never_deleted")
OTHERWISE = {
    "audit_sealedfield": "confidential values are erased on lawful request; its own test holds what may happen to it",
}
"""Tables of the domain that are neither records nor kept, and why."""
LOST_BEFORE_LEARNT = "lineage_"
"""The mirror repeats what MLflow says; only what decisions rest on has to be kept."""


@pytest.mark.expectation(16)
@pytest.mark.django_db
@pytest.mark.parametrize("table", RECORDS)
def test_the_applications_role_can_neither_change_nor_remove_a_record(table: str) -> None:
    for statement in changes(table):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            run(statement)


@pytest.mark.expectation(16)
@pytest.mark.django_db
@pytest.mark.parametrize("table", KEPT)
def test_the_applications_role_cannot_remove_what_is_kept(table: str) -> None:
    for statement in changes(table)[1:]:
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            run(statement)


@pytest.fixture
def owner(test_database: database.TestDatabase) -> Iterator[psycopg.Cursor]:
    """A cursor of the database's owner, whose changes are undone."""
    with psycopg.connect(test_database.urls.owner) as opened, opened.cursor() as cursor:
        yield cursor
        opened.rollback()


@pytest.mark.expectation(16)
def test_the_owner_is_refused_too_while_the_triggers_stand(owner: psycopg.Cursor) -> None:
    for table in RECORDS:
        for statement in changes(table):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="are a record"):
                owner.execute(statement)
            owner.connection.rollback()


def test_every_table_of_the_domain_is_guarded_or_says_why_not() -> None:
    governed = {table for table in tables() if not table.startswith(LOST_BEFORE_LEARNT)}
    assert sorted(governed - {*RECORDS, *KEPT}) == sorted(OTHERWISE)


@pytest.mark.django_db
@pytest.mark.parametrize("table", RECORDS)
def test_the_application_writes_only_the_columns_that_it_knows(table: str) -> None:
    allowed = {column for column, right in rights(table) if right == "INSERT"}
    known = {field.column for field in tables()[table]._meta.concrete_fields}
    generated = {"id"} if isinstance(tables()[table]._meta.pk, models.AutoField) else set()
    assert allowed == known - generated


def rights(table: str) -> list[tuple[str, str]]:
    query = """SELECT column_name, privilege_type FROM information_schema.column_privileges
               WHERE table_name = %s AND grantee = current_user"""
    with connection.cursor() as cursor:
        cursor.execute(query, [table])
        return list(cursor.fetchall())


@pytest.mark.expectation(18)
@pytest.mark.parametrize("table", tables())
def test_removing_somebody_or_something_takes_nothing_along(table: str) -> None:
    for field in tables()[table]._meta.concrete_fields:
        if field.remote_field is not None:
            assert field.remote_field.on_delete is models.PROTECT, field.name


@pytest.mark.expectation(18)
@pytest.mark.django_db
def test_no_foreign_key_of_the_database_cascades() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT conname FROM pg_constraint WHERE contype = 'f' AND confdeltype NOT IN ('a', 'r')
               AND connamespace = 'public'::regnamespace"""
        )
        assert cursor.fetchall() == []


@pytest.mark.expectation(18)
@pytest.mark.django_db
def test_who_signed_can_be_told_after_their_name_was_erased(world: World) -> None:
    revision = world.approve().decision.revision
    signed = {(s.user_id, s.role, s.shown_digest) for s in revision.sign_offs.all()}
    board = world.people.board
    accounts.erase_person(user_id=board.pk, by=world.people.administrator, at=world.tick())
    assert User.objects.get(pk=board.pk).name == ""
    assert {(s.user_id, s.role, s.shown_digest) for s in revision.sign_offs.all()} == signed
    assert revision.decision.decided_by_id == board.pk
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        run(f"DELETE FROM accounts_user WHERE id = '{board.pk}'")


@pytest.mark.parametrize("table", tables())
def test_a_moment_and_its_author_are_both_there_or_neither(table: str) -> None:
    model = tables()[table]
    fields = {field.name: field for field in model._meta.concrete_fields}
    optional = [name.removesuffix("_at") for name, field in fields.items() if name.endswith("_at") and field.null]
    checks = [str(c.condition) for c in model._meta.constraints if isinstance(c, models.CheckConstraint)]
    for stem in optional:
        if f"{stem}_by" in fields:
            assert fields[f"{stem}_by"].null
            assert any(f"{stem}_at__isnull" in check and f"{stem}_by__isnull" in check for check in checks), stem


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
