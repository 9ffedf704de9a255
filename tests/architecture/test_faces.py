from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.architecture.sources import modules, place, tree

WRITES = {
    "create",
    "acreate",
    "get_or_create",
    "update_or_create",
    "bulk_create",
    "bulk_update",
    "save",
    "delete",
    "raw",
    "execute",
}
REMEMBERED_ANSWERS = "api/idempotency.py"
"""The API's own table of answers that it gave; nothing of the domain."""


def writes() -> Iterator[str]:
    for path in modules("api", "frontend"):
        if place(path) == REMEMBERED_ANSWERS:
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and writes_rows(node.func):
                yield f"{place(path, node)} {ast.unparse(node.func)}"


def writes_rows(function: ast.Attribute) -> bool:
    """Whether a call looks like a write of rows; `update` only on what is clearly a queryset, not on a dict."""
    receiver = ast.unparse(function.value)
    if function.attr == "update":
        return ".objects" in receiver or receiver.endswith(")")
    return function.attr in WRITES


def test_no_face_writes_a_row_by_itself() -> None:
    assert list(writes()) == []


def test_a_write_in_a_face_would_be_found() -> None:
    for statement in ("row.save()", "User.objects.filter(pk=1).update(name='x')", "cursor.execute('DELETE')"):
        call = ast.parse(statement, mode="eval").body
        assert isinstance(call, ast.Call)
        assert isinstance(call.func, ast.Attribute)
        assert writes_rows(call.func)


def test_no_table_hides_a_write_behind_a_signal_or_an_override() -> None:
    found = []
    for path in modules("governance", "lineage", "api", "frontend"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef) and path.name == "models.py" and node.name in ("save", "delete"):
                found.append(place(path, node))
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("django.db.models.signals"):
                found.append(place(path, node))
    assert found == []
