"""The schema as docs/reference/schema.graphql shows it: `python -m api.graphql.reference [--check]` writes it, or
exits with 1 when the file is not what the code says."""

from __future__ import annotations

import os
import sys
from pathlib import Path

PATH = Path(__file__).resolve().parents[2] / "docs" / "reference" / "schema.graphql"


def text() -> str:
    """Return the schema in GraphQL's own language."""
    from api.graphql.schema import schema

    return f"# Generated from api/graphql by `python -m api.graphql.reference`.\n\n{str(schema).strip()}\n"


def is_current() -> bool:
    """Say whether the file is what the code says."""
    return PATH.exists() and PATH.read_text() == text()


def main(arguments: list[str]) -> int:
    """Write the file, or with --check compare it; return the exit code."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    if "--check" not in arguments:
        PATH.write_text(text())
    elif not is_current():
        sys.stderr.write(f"{PATH} is out of date. Run python -m api.graphql.reference.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
