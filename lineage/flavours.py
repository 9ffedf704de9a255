"""What a model's own MLmodel file says that it was made from: the flavours that wrap a model of others name it."""

from __future__ import annotations

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

FILE = "MLmodel"
LARGEST = 1 << 16
"""Bytes; a longer file is not read for this."""
LONGEST = 500
NAME, REVISION = "source_model_name", "source_model_revision"
"""Of the flavours `transformers` and `sentence_transformers` (mlflow.transformers.flavor_config.FlavorKey)."""


def made_from(content: bytes) -> str:
    """Return the models that the MLmodel file `content` names as what it was made from, each with its revision where it
    says one; empty for none, and for what is no such file."""
    if len(content) > LARGEST or NAME.encode() not in content:
        return ""
    try:
        said = YAML(typ="safe", pure=True).load(content.decode())
    except (YAMLError, RecursionError, ValueError):
        return ""
    flavours = said.get("flavors") if isinstance(said, dict) else None
    named = [_named(each) for each in flavours.values()] if isinstance(flavours, dict) else []
    return ", ".join(dict.fromkeys(filter(None, named)))[:LONGEST]


def _named(flavour: Any) -> str:
    name = flavour.get(NAME) if isinstance(flavour, dict) else None
    if not isinstance(name, str) or not name.isprintable():
        return ""
    revision = flavour.get(REVISION)
    return f"{name}@{revision}" if isinstance(revision, str) and revision.isprintable() else name
