"""The formats in which an extract leaves the house: each one function from an Extract to the bytes of a document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from governance import canonical
from governance.exports.extract import Extract
from governance.exports.formats import cyclonedx, openlineage, prov


@dataclass(frozen=True, kw_only=True, slots=True)
class Format:
    """One format: `document` returns what becomes its JSON."""

    name: str
    title: str
    media_type: str
    suffix: str
    document: Callable[[Extract], object]

    def write(self, extract: Extract) -> bytes:
        """Return the document, canonical JSON: the same extract always gives the same bytes."""
        return canonical.encode(self.document(extract))


FORMATS = {
    one.name: one
    for one in (
        Format(
            name="prov",
            title="W3C PROV-JSON",
            media_type="application/json",
            suffix="prov.json",
            document=prov.document,
        ),
        Format(
            name="openlineage",
            title="OpenLineage events",
            media_type="application/json",
            suffix="openlineage.json",
            document=openlineage.events,
        ),
        Format(
            name="cyclonedx",
            title="CycloneDX ML-BOM",
            media_type="application/vnd.cyclonedx+json",
            suffix="cdx.json",
            document=cyclonedx.document,
        ),
    )
}
