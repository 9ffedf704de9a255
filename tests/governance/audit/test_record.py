from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta, timezone

import pytest
from django.db import DatabaseError, connection, transaction

from governance import canonical
from governance.audit import entry, selectors, services
from governance.audit.event import Event
from governance.errors import Invalid
from tests.governance.audit.lamps import AT, LampLit, LampPutOut


@pytest.mark.django_db
def test_an_entry_holds_the_whole_envelope_in_canonical_bytes() -> None:
    leaf_id = services.record(event=LampLit(subject="lamp-1", reason="dark"), actor="ann", system="house", at=AT)
    shown = selectors.entry(leaf_id)
    assert shown.entry == canonical.encode(shown.document)
    document = shown.document
    assert document.pop("sealed").keys() == {"reason"}
    assert document == {
        "version": 1,
        "at": "2027-03-04T05:06:07.000000Z",
        "type": "tests.lamp.lit",
        "actor": "ann",
        "subject": "lamp-1",
        "system": "house",
        "data": {"watts": 5},
    }


@pytest.mark.django_db
def test_the_database_itself_computes_the_leaf_hash() -> None:
    leaf_id = services.record(event=LampLit(subject="lamp-1", reason="dark"), actor="ann", at=AT)
    with connection.cursor() as cursor:
        cursor.execute("SELECT leaf_hash FROM audit_leaf WHERE id = %s", [leaf_id])
        stored = bytes(cursor.fetchone()[0])
    assert stored == hashlib.sha256(b"\x00" + selectors.entry(leaf_id).entry).digest()


@pytest.mark.django_db
def test_a_confidential_field_stays_out_of_the_entry_and_is_bound_by_its_salted_digest() -> None:
    leaf_id = services.record(event=LampLit(subject="lamp-1", reason="a secret"), actor="ann", at=AT)
    assert b"a secret" not in selectors.entry(leaf_id).entry
    assert selectors.sealed_values(leaf_id) == {"reason": "a secret"}


@pytest.mark.django_db
@pytest.mark.parametrize("event", [LampLit(subject="x", reason="r"), LampPutOut(subject="x")])
def test_recording_takes_one_round_trip_even_with_confidential_fields(
    event: Event, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    with django_assert_num_queries(1):
        services.record(event=event, actor="ann", at=AT)


@pytest.mark.usefixtures("committed_db")
def test_recording_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError, match="outside a transaction"):
        services.record(event=LampLit(subject="x", reason="r"), actor="ann", at=AT)
    assert selectors.pending() == 0


@pytest.mark.django_db
def test_a_rolled_back_change_leaves_no_entry() -> None:
    with transaction.atomic():
        services.record(event=LampLit(subject="x", reason="r"), actor="ann", at=AT)
        transaction.set_rollback(True)
    assert selectors.entries() == []


@pytest.mark.django_db
def test_a_number_with_a_fraction_is_refused_by_its_place() -> None:
    with pytest.raises(Invalid, match=r"\$\.data\.watts"):
        services.record(event=LampLit(subject="x", reason="r", watts=0.5), actor="ann", at=AT)  # type: ignore[arg-type]


def test_times_are_written_in_utc() -> None:
    elsewhere = datetime(2027, 1, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert entry.instant(elsewhere) == "2026-12-31T23:30:00.000000Z"
    with pytest.raises(ValueError, match="zone"):
        entry.instant(datetime(2027, 1, 1))  # noqa: DTZ001


@pytest.mark.usefixtures("committed_db")
def test_recording_goes_on_after_a_rollback_and_over_a_new_connection() -> None:
    event = LampPutOut(subject="x")
    for undo in (False, True, False):
        with transaction.atomic():
            services.record(event=event, actor="ann", at=AT)
            transaction.set_rollback(undo)
    connection.close()
    with transaction.atomic():
        services.record(event=event, actor="ann", at=AT)
    assert selectors.pending() == 3


@pytest.mark.django_db
def test_behind_a_pooler_nothing_is_prepared() -> None:
    connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"] = True
    try:
        services.record(event=LampPutOut(subject="behind a pooler"), actor="ann", at=AT)
    finally:
        connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"] = False
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'INSERT INTO audit_leaf%'")
        before = cursor.fetchone()[0]
        services.record(event=LampPutOut(subject="straight"), actor="ann", at=AT)
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'INSERT INTO audit_leaf%'")
        assert cursor.fetchone()[0] == before + 1
    assert len(selectors.entries(actor="ann")) == 2


@pytest.mark.django_db
def test_a_refusal_by_the_database_is_a_database_error_of_django() -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        services.record(event=LampPutOut(subject="a\x00b"), actor="ann", at=AT)
    assert selectors.entries() == []
