"""Parts of addresses. Pure."""

from __future__ import annotations


class SemanticVersion:
    """A version such as 1.2.0."""

    regex = r"[0-9]+\.[0-9]+\.[0-9]+"

    def to_python(self, value: str) -> str:
        """Return what stands in the address."""
        return value

    def to_url(self, value: str) -> str:
        """Return what stands in the address."""
        return value
