"""The harness itself: what the other tests rely on."""

from __future__ import annotations

import threading

import psycopg
import pytest
from django.contrib.sessions.models import Session
from django.db import ProgrammingError, connection, connections
from django.utils import timezone

from tests.database import TestDatabase


@pytest.mark.django_db
def test_tests_run_as_the_applications_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database()")
        role, name = cursor.fetchone()
    assert role == "edgewise_app"
    assert name.startswith("test_")


@pytest.mark.django_db
def test_the_application_cannot_make_tables() -> None:
    with pytest.raises(ProgrammingError), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE intruder ()")


def test_commits_of_other_threads_are_seen(committed_db: object) -> None:
    def write() -> None:
        Session.objects.create(session_key="thread", expire_date=timezone.now())
        connections.close_all()

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()
    assert Session.objects.filter(session_key="thread").exists()


def test_nothing_of_an_earlier_committed_test_is_left(committed_db: object) -> None:
    assert not Session.objects.filter(session_key="thread").exists()


def test_a_connection_left_open_does_not_keep_the_copy_from_being_restored(committed_db: TestDatabase) -> None:
    Session.objects.create(session_key="left", expire_date=timezone.now())
    with psycopg.connect(committed_db.urls.application) as left_open:
        left_open.execute("SELECT count(*) FROM django_session")
        committed_db.restore()
        with pytest.raises(psycopg.OperationalError):
            left_open.execute("SELECT 1")
    connections.close_all()
    assert not Session.objects.filter(session_key="left").exists()
