"""The properties by which CycloneDX lets others add to it: all of ours begin with `edgewise:`. Pure."""

from __future__ import annotations


def properties(**said: str) -> list[dict[str, str]]:
    """Return what is said as properties, in the order of their names; nothing for what is empty."""
    return [{"name": f"edgewise:{name}", "value": text} for name, text in sorted(said.items()) if text]


def sha256(digest: str) -> list[dict[str, str]]:
    """Return the hash of a component."""
    return [{"alg": "SHA-256", "content": digest}]
