"""The answer of `edgewise check` in the formats that build systems show."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr


class Unmet(NamedTuple):
    """One requirement that is not met: its key, why, what would change it and which versions it compares."""

    key: str
    sentence: str
    would_change: str = ""
    versions: tuple[str, ...] = ()

    @property
    def in_full(self) -> str:
        """The sentence with all that is known beside it, for a reader who opens one failure."""
        compared = f"Versions compared: {', '.join(self.versions)}." if self.versions else ""
        change = f"To change it: {self.would_change}" if self.would_change else ""
        return " ".join(part for part in (self.sentence, change, compared) if part)


_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


def junit(*, model: str, context: str, unmet: Sequence[Unmet]) -> bytes:
    """Return JUnit XML: one test case for each requirement that is not met, or one that passed."""
    failed = "".join(
        f"<testcase classname={quoteattr(context)} name={quoteattr(one.key)}>"
        f"<failure message={quoteattr(one.sentence)}>{escape(one.in_full)}</failure></testcase>"
        for one in unmet
    )
    cases = failed or f'<testcase classname={quoteattr(context)} name="approved"/>'
    attributes = f'name={quoteattr(f"edgewise check {model}")} tests="{len(unmet) or 1}" failures="{len(unmet)}"'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuite {attributes}>{cases}</testsuite>\n'.encode()


def sarif(*, model: str, context: str, unmet: Sequence[Unmet]) -> bytes:
    """Return SARIF 2.1.0: one result of level error for each requirement that is not met."""
    results = [
        {
            "ruleId": f"edgewise/{one.key.partition(':')[0]}",
            "level": "error",
            "message": {"text": f"{model} in {context}: {one.in_full}"},
            "locations": [{"logicalLocations": [{"fullyQualifiedName": f"{model}@{context}"}]}],
        }
        for one in unmet
    ]
    run = {"tool": {"driver": {"name": "edgewise"}}, "results": results}
    return json.dumps({"$schema": _SARIF, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2).encode()
