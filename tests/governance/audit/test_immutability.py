from __future__ import annotations

from types import SimpleNamespace

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction

from governance.audit import selectors, services, verification
from governance.audit.fsck import Finding
from governance.audit.models import SealedField
from governance.errors import Invalid, NotFound, NotPermitted
from tests import database
from tests.governance.audit.lamps import AT, light, superuser, without_triggers

RECORDS = {
    "audit_leaf": "subject = 'x'",
    "audit_leafindex": "leaf_id = 1",
    "audit_tile": "level = 1",
    "audit_treehead": "size = 1",
}


def changes(table: str) -> list[str]:
    return [f"UPDATE {table} SET {RECORDS[table]}", f"DELETE FROM {table}", f"TRUNCATE {table}"]


@pytest.mark.expectation(16)
@pytest.mark.django_db
@pytest.mark.parametrize("statement", [change for table in RECORDS for change in changes(table)])
def test_the_applications_role_cannot_change_the_log_even_by_raw_sql(log_key: None, statement: str) -> None:
    light(1)
    services.integrate(at=AT)
    with pytest.raises(ProgrammingError, match="permission denied"):
        execute(statement)
    assert isinstance(last_step(), verification.Verified)


@pytest.mark.expectation(16)
@pytest.mark.django_db
@pytest.mark.parametrize("column", ["id", "xid"])
def test_the_applications_role_cannot_forge_what_the_database_fills(column: str) -> None:
    columns = f"{column}, subject, system, type, actor, at, entry"
    with pytest.raises(ProgrammingError, match="permission denied"):
        execute(f"INSERT INTO audit_leaf ({columns}) VALUES ('9', '', '', '', '', now(), '')")


def execute(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.expectation(16)
def test_the_owner_and_the_superuser_are_refused_while_the_triggers_stand(log: database.TestDatabase) -> None:
    with superuser(log) as cursor:
        for statement in [change for table in RECORDS for change in changes(table)]:
            cursor.execute("SET session_replication_role = replica")
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="are a record"):
                cursor.execute(statement.replace("TRUNCATE audit_leaf", "TRUNCATE audit_sealedfield, audit_leaf"))
            cursor.connection.rollback()


def last_step(since: int = 0) -> object:
    *_, last = verification.verify_everything(since)
    return last


@pytest.mark.expectation(16)
@pytest.mark.parametrize(
    ("table", "statement", "where"),
    [
        (
            "audit_leaf",
            "UPDATE audit_leaf SET entry = set_byte(entry, 9, 120) WHERE id = {leaf}",
            "leaf {leaf} (index 3)",
        ),
        ("audit_leaf", "UPDATE audit_leaf SET actor = 'eve' WHERE id = {leaf}", "leaf {leaf} (index 3)"),
        ("audit_leaf", "UPDATE audit_leaf SET at = at + interval '1 day' WHERE id = {leaf}", "leaf {leaf} (index 3)"),
        ("audit_leafindex", "DELETE FROM audit_leafindex WHERE index = 3", "index 3"),
        ("audit_leafindex", "DELETE FROM audit_leafindex WHERE index = 299", "tree head of size 300"),
        (
            "audit_tile",
            "UPDATE audit_tile SET hashes = set_byte(hashes, 8000, get_byte(hashes, 8000) # 1)",
            "tile/0/000",
        ),
        ("audit_tile", "UPDATE audit_tile SET root = set_byte(root, 0, get_byte(root, 0) # 1)", "tile/0/000"),
        ("audit_tile", "DELETE FROM audit_tile", "tile/0/000"),
        (
            "audit_treehead",
            "UPDATE audit_treehead SET root = set_byte(root, 0, get_byte(root, 0) # 1) WHERE size = 280",
            "tree head of size 280",
        ),
        (
            "audit_treehead",
            "UPDATE audit_treehead SET note = set_byte(note, 30, get_byte(note, 30) # 1) WHERE size = 280",
            "tree head of size 280",
        ),
    ],
)
def test_what_a_superuser_changes_is_found_and_named_by_the_next_verification(
    log: database.TestDatabase, table: str, statement: str, where: str
) -> None:
    leaves = light(280)
    services.integrate(at=AT)
    leaves += light(20)
    services.integrate(at=AT)
    with superuser(log) as cursor:
        without_triggers(cursor, table, statement.format(leaf=leaves[3]))
    finding = last_step()
    assert isinstance(finding, Finding)
    assert finding.where == where.format(leaf=leaves[3])


@pytest.mark.expectation(16)
def test_an_entry_rewritten_together_with_its_hash_is_found_between_two_heads(log: database.TestDatabase) -> None:
    for _ in range(3):
        light(5)
        services.integrate(at=AT)
    entry = (
        "UPDATE audit_leaf SET entry = entry || ' ' WHERE id = (SELECT leaf_id FROM audit_leafindex WHERE index = 7)"
    )
    place = (
        "UPDATE audit_leafindex place SET leaf_hash = leaf.leaf_hash "
        "FROM audit_leaf leaf WHERE leaf.id = leaf_id AND index = 7"
    )
    with superuser(log) as cursor:
        without_triggers(cursor, "audit_leaf", entry)
        without_triggers(cursor, "audit_leafindex", place)
    finding = last_step()
    assert isinstance(finding, Finding)
    assert str(finding) == "tree head of size 10: a leaf from index 5 to 9 is not what was signed"


def test_a_committed_leaf_that_the_sequencer_never_took_in_is_found(log: database.TestDatabase) -> None:
    [missed] = light(1)
    with superuser(log) as cursor:
        cursor.execute(
            "UPDATE audit_sequencerstate SET snapshot = pg_current_snapshot()::text, "
            "cluster = (SELECT system_identifier::text FROM pg_control_system())"
        )
    light(1)
    services.integrate(at=AT)
    assert last_step() == Finding(f"leaf {missed}", "it was committed before the newest tree head, yet has no place")


@pytest.mark.django_db
def test_verification_may_begin_anywhere(log_key: None) -> None:
    light(300)
    services.integrate(at=AT)
    light(7)
    services.integrate(at=AT)
    for since in (0, 1, 255, 256, 299, 300, 307):
        verified = last_step(since)
        assert isinstance(verified, verification.Verified)
        assert (verified.since, verified.size) == (since, 307)
    with pytest.raises(Invalid, match="between 0 and 307"):
        last_step(308)


@pytest.mark.django_db
def test_an_empty_log_verifies(log_key: None) -> None:
    assert isinstance(last_step(), verification.Verified)


def administrator(**other: object) -> SimpleNamespace:
    known = {
        "actor": "root",
        "is_active": True,
        "is_administrator": True,
        "must_change_password": False,
        "scopes": None,
    }
    return SimpleNamespace(**known | other)


@pytest.mark.django_db
def test_an_erased_value_is_gone_says_so_and_every_proof_still_holds(log_key: None) -> None:
    [leaf_id] = light(1)
    services.integrate(at=AT)
    said = services.erase_sealed(leaf_id=leaf_id, name="reason", ground="Art. 17 GDPR", by=administrator(), at=AT)
    services.integrate(at=AT)
    assert selectors.sealed_values(leaf_id) == {}
    assert "reason" in selectors.entry(leaf_id).document["sealed"]
    assert selectors.entry(said).document["data"] == {"leaf": leaf_id, "name": "reason"}
    assert selectors.sealed_values(said) == {"ground": "Art. 17 GDPR"}
    assert isinstance(last_step(), verification.Verified)
    with pytest.raises(NotFound):
        services.erase_sealed(leaf_id=leaf_id, name="reason", ground="again", by=administrator(), at=AT)


@pytest.mark.parametrize(
    ("by", "ground", "error"),
    [
        (administrator(is_administrator=False), "law", NotPermitted),
        (administrator(is_active=False), "law", NotPermitted),
        (administrator(must_change_password=True), "law", NotPermitted),
        (administrator(scopes=frozenset({"read"})), "law", NotPermitted),
        (administrator(), " ", Invalid),
    ],
)
@pytest.mark.django_db
def test_a_refused_erasure_erases_and_records_nothing(by: SimpleNamespace, ground: str, error: type[Exception]) -> None:
    [leaf_id] = light(1)
    with pytest.raises(error):
        services.erase_sealed(leaf_id=leaf_id, name="reason", ground=ground, by=by, at=AT)
    assert SealedField.objects.count() == 1
    assert selectors.entries(event_type="audit.") == []


def test_a_sealed_value_that_was_exchanged_is_found(log: database.TestDatabase) -> None:
    [leaf_id] = light(1)
    services.integrate(at=AT)
    with superuser(log) as cursor:
        cursor.execute("ALTER TABLE audit_sealedfield DISABLE TRIGGER USER")
        cursor.execute("UPDATE audit_sealedfield SET value = '\"bright\"'")
    assert last_step() == Finding(f"leaf {leaf_id}", "its sealed field 'reason' is not the value that was recorded")


@pytest.mark.expectation(18)
@pytest.mark.django_db
def test_a_sealed_value_that_went_without_an_entry_is_missed_by_name(log_key: None) -> None:
    erased, gone = light(2)
    services.erase_sealed(leaf_id=erased, name="reason", ground="Art. 17 GDPR", by=administrator(), at=AT)
    services.integrate(at=AT)
    SealedField.objects.filter(leaf_id=gone).delete()
    assert last_step() == Finding(
        f"leaf {gone}", "its sealed field 'reason' is gone, and no entry says that it was erased"
    )


@pytest.mark.expectation(18)
@pytest.mark.django_db
def test_the_ground_of_an_erasure_can_be_erased_too(log_key: None) -> None:
    [leaf_id] = light(1)
    said = services.erase_sealed(leaf_id=leaf_id, name="reason", ground="Jane asked.", by=administrator(), at=AT)
    services.erase_sealed(leaf_id=said, name="ground", ground="It named her.", by=administrator(), at=AT)
    services.integrate(at=AT)
    assert selectors.sealed_values(said) == {}
    assert isinstance(last_step(), verification.Verified)
