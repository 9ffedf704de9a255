"""The answer of `edgewise check` in the formats that build systems show."""

from __future__ import annotations

import json
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

Unmet = Sequence[tuple[str, str]]

_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


def junit(*, model: str, context: str, unmet: Unmet) -> bytes:
    """Return JUnit XML: one test case for each requirement that is not met, or one that passed."""
    failed = "".join(
        f"<testcase classname={quoteattr(context)} name={quoteattr(key)}>"
        f"<failure message={quoteattr(sentence)}>{escape(sentence)}</failure></testcase>"
        for key, sentence in unmet
    )
    cases = failed or f'<testcase classname={quoteattr(context)} name="approved"/>'
    attributes = f'name={quoteattr(f"edgewise check {model}")} tests="{len(unmet) or 1}" failures="{len(unmet)}"'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuite {attributes}>{cases}</testsuite>\n'.encode()


def sarif(*, model: str, context: str, unmet: Unmet) -> bytes:
    """Return SARIF 2.1.0: one result of level error for each requirement that is not met."""
    results = [
        {
            "ruleId": f"edgewise/{key.partition(':')[0]}",
            "level": "error",
            "message": {"text": f"{model} in {context}: {sentence}"},
            "locations": [{"logicalLocations": [{"fullyQualifiedName": f"{model}@{context}"}]}],
        }
        for key, sentence in unmet
    ]
    run = {"tool": {"driver": {"name": "edgewise"}}, "results": results}
    return json.dumps({"$schema": _SARIF, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2).encode()
