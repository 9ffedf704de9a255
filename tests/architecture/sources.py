"""The product's own source files, as text and as syntax trees."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("config", "governance", "lineage", "api", "frontend")


@cache
def modules(*folders: str) -> tuple[Path, ...]:
    """Return the Python files of `folders` of the repository, without migrations and empty files."""
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return tuple(path for path in found if "migrations" not in path.parts and path.stat().st_size)


@cache
def tree(path: Path) -> ast.Module:
    """Return the syntax tree of the file `path`."""
    return ast.parse(path.read_text(), filename=str(path))


def place(path: Path, node: ast.stmt | ast.expr | None = None) -> str:
    """Return where something stands, as `path:line`."""
    name = path.relative_to(ROOT).as_posix()
    return name if node is None else f"{name}:{node.lineno}"
