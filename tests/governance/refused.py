"""Statements that the database must refuse, run as the application's role."""

from __future__ import annotations

from django.db import Error, connection, transaction


def refused(statement: str) -> bool:
    """Say whether the database refuses `statement`; what it changed otherwise is undone with the test."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except Error:
        return True
    return False
