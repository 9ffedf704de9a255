"""The published JSON Schema of specifications, and its complaints in sentences a steward can act on."""

from __future__ import annotations

import difflib
import functools
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from governance.errors import Problem
from governance.specs.syntax import MAX_DEPTH, Source

MAX_PROBLEMS = 200
SCALAR = re.compile(r"weight|scor(e|ing)|(^|[-_ ])totals?($|[-_ ])|composite|scalar|overall", re.IGNORECASE)
NO_SCALAR = (
    "No scalar decides: different values are never added up, because a gain in one would buy back a breach in another."
)


def published() -> str:
    """Return the text of the published schema (JSON Schema, draft 2020-12)."""
    return Path(__file__).with_name("schema.json").read_text(encoding="utf-8")


@functools.cache
def schema() -> dict[str, Any]:
    """Return the published schema."""
    loaded: dict[str, Any] = json.loads(published())
    return loaded


def problems(source: Source) -> Iterator[Problem]:
    """Yield what the schema refuses in `source`, except keys that would weigh values (see `scalars`)."""
    from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

    errors = Draft202012Validator(schema()).iter_errors(source.data)
    found = (problem for error in errors for problem in _explain(source, error))
    yield from itertools.islice(dict.fromkeys(found), MAX_PROBLEMS)


def scalars(source: Source) -> Iterator[Problem]:
    """Yield a problem for every key, wherever it stands, that would add different values up."""
    for where, key in _keys(source.data, "", 0):
        if SCALAR.search(key):
            remedy = "Remove it; give each dimension its own threshold and tier."
            yield source.problem(where, f"`{key[:80]}` is refused. {NO_SCALAR}", remedy, at_key=True)


def _keys(value: Any, where: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, dict):
        for key, member in value.items():
            yield _join(where, key), key
            yield from _keys(member, _join(where, key), depth + 1)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _keys(member, f"{where}[{index}]", depth + 1)


def _explain(source: Source, error: Any) -> Iterator[Problem]:
    where = _path(error.absolute_path)
    if error.validator == "additionalProperties":
        yield from _unknown(source, where, error)
    elif error.validator == "required":
        for key in error.validator_value:
            if key not in error.instance:
                what, remedy = f"`{key}` is missing.", f"Add it: {_description(error.schema, key)}."
                yield source.problem(_join(where, key), what, remedy)
    else:
        what, remedy = _sentence(error)
        yield source.problem(where, what, remedy)


def _unknown(source: Source, where: str, error: Any) -> Iterator[Problem]:
    legal = list(error.schema["properties"])
    for key in itertools.islice((k for k in error.instance if k not in legal), MAX_PROBLEMS):
        if SCALAR.search(key):
            continue
        near = difflib.get_close_matches(key[:64], legal, n=1, cutoff=0.0)[0]
        close = difflib.SequenceMatcher(None, key[:64], near).ratio() >= 0.6
        remedy = f"Did you mean `{near}`?" if close else f"The nearest legal key is `{near}` of {', '.join(legal)}."
        yield source.problem(_join(where, key), f"`{key[:80]}` is not a key of this part.", remedy, at_key=True)


def _sentence(error: Any) -> tuple[str, str]:
    value, wanted = _show(error.instance), error.validator_value
    match error.validator:
        case "type":
            return f"{value} is of the wrong kind.", f"Give {_kind(error.schema)}{_hint(error)}."
        case "enum" | "const":
            legal = [wanted] if error.validator == "const" else wanted
            return f"{value} is not known here.", _nearest(
                error.instance, legal
            ) + f"Use {' or '.join(map(str, legal))}."
        case "pattern":
            return f"{value} is malformed.", f"Give {_kind(error.schema)}."
        case "minItems" | "minLength":
            return "This is empty." if not error.instance else "This is too short.", f"Give at least {wanted}."
        case "maxItems" | "maxLength":
            return "This is too long.", f"Give at most {wanted}."
        case "uniqueItems":
            return "The same entry stands here twice.", "Keep one of them."
        case "minimum":
            return f"{value} is too small.", f"Give at least {wanted}."
        case _:
            return f"{value} is too large.", f"Give at most {wanted}."


def _nearest(given: Any, legal: list[Any]) -> str:
    near = difflib.get_close_matches(given[:64], map(str, legal), n=1) if isinstance(given, str) else []
    return f"Did you mean `{near[0]}`? " if near else ""


def _hint(error: Any) -> str:
    """What somebody meant who wrote a text where something else is asked for."""
    value, wanted = error.instance, error.validator_value
    if not isinstance(value, str):
        return ""
    if wanted == "array":
        return f", such as [{value[:80]}]"
    return ", without quotes" if wanted == "integer" and value.isdecimal() else ""


def _kind(part: dict[str, Any]) -> str:
    if "description" in part:
        return str(part["description"])
    kind = part.get("type", "")
    names = {"object": "a mapping", "array": "a list", "integer": "a whole number", "boolean": "true or false"}
    return names.get(kind, f"a {kind}")


def _description(part: dict[str, Any], key: str) -> str:
    wanted = part["properties"][key]
    wanted = schema()["$defs"][wanted["$ref"].rpartition("/")[2]] if "$ref" in wanted else wanted
    if "enum" in wanted or "const" in wanted:
        return " or ".join(map(str, wanted.get("enum", [wanted.get("const")])))
    return _kind(wanted)


def _show(value: Any) -> str:
    if isinstance(value, dict | list):
        return "This"
    if value is None:
        return "An empty value"
    return f"`{json.dumps(value) if isinstance(value, bool) else str(value)[:80]}`"


def _path(steps: Any) -> str:
    path = ""
    for step in steps:
        path = f"{path}[{step}]" if isinstance(step, int) else _join(path, step)
    return path


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
