"""What the tags of a run or a logged model say that it used of the registry: prompts, and the model it began with.

Anybody may write anything into a tag. What cannot be understood names nothing; the tag itself stays on record.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from lineage import tags
from lineage.registry import MODEL_URI

PROMPTS = "mlflow.linkedPrompts"
"""In which MLflow keeps the prompts that a run, or a logged model, loaded, as JSON: [{"name": …, "version": …}]."""
MOST = 100
"""How many prompts one tag may name: each name is asked for."""
LONGEST = 500
Version = tuple[str, str]
"""Name and number."""


def prompts(said: Mapping[str, str]) -> list[Version]:
    """Return the versions of prompts that these tags name, each once, the first MOST of them."""
    try:
        listed = json.loads(said.get(PROMPTS, "[]"))
    except (ValueError, RecursionError):
        return []
    named = list(dict.fromkeys(_versions(listed)))
    return named[:MOST]


def base(said: Mapping[str, str]) -> Version | None:
    """Return the registered version that these tags name as what training began with; None for none, or another
    thing, such as a model that nobody registered here."""
    match = MODEL_URI.match(said.get(tags.BASE, ""))
    return (match["name"], match["version"]) if match and match["version"] else None


def _versions(listed: object) -> Iterator[Version]:
    for entry in listed if isinstance(listed, list) else ():
        name, number = (entry.get("name"), entry.get("version")) if isinstance(entry, dict) else (None, None)
        if isinstance(name, str) and 0 < len(name) <= LONGEST and isinstance(number, str | int):
            text = str(number)
            if text.isascii() and text.isdigit() and len(text) <= 10 and "\0" not in name:
                yield name, text
