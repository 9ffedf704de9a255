"""Where the subject of a log entry can be seen."""

from __future__ import annotations

from django.urls import reverse


def of_subject(subject: str) -> str:
    """Return the address of the page of a subject such as `candidate:3`; empty when it has none."""
    kind, _, rest = subject.partition(":")
    key = rest.split(":")[0]
    if kind in ("candidate", "approval", "deliberation") and key.isdigit():
        return reverse(kind, args=[int(key)])
    if kind == "specification" and key:
        return reverse("specification", args=[key])
    if kind == "edge-cases" and key:
        return reverse("edge-cases", args=[key])
    if kind in ("system", "context", "group") and key:
        return reverse("system", args=[key])
    return ""
