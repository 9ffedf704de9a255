"""A specification to begin with: whole, without a problem, and with a word on every part."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from governance.errors import Invalid
from governance.specs import reading

REVIEWED_WITHIN = timedelta(days=365)


def starter(*, key: str, schema: str, today: date) -> str:
    """Return the YAML text of a first specification for the system `key`, to be reviewed within a year of `today`;
    `schema` is where an editor finds the JSON Schema. Raises Invalid for a key that is none."""
    text = Path(__file__).with_name("starter.yaml").read_text(encoding="utf-8")
    filled = text.format(key=key, schema=schema, review_by=today + REVIEWED_WITHIN)
    if problems := reading.lint(filled, today=today).problems:
        raise Invalid(str(problems[0]), code="invalid-specification", problems=problems)
    return filled
