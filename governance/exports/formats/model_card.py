"""The card of a model in CycloneDX: what was measured, for whom, with its interval, and who is at risk. Pure."""

from __future__ import annotations

from typing import Any

from governance.exports.extract import Extract, Figure
from governance.exports.formats import names
from governance.exports.formats.properties import properties
from governance.exports.things import OBSERVED, Thing

TRAINING = "train"
"""How the client's word begins for a dataset that a run trained on."""


def of(extract: Extract, version: Thing) -> dict[str, Any]:
    """Return the card of `version`: a figure for each dimension, group and context, and no figure over them."""
    figures = extract.figures(version)
    card: dict[str, Any] = {
        "modelParameters": {"datasets": [{"ref": names.of(data)} for data in _trained_on(extract, version)]},
        "quantitativeAnalysis": {"performanceMetrics": [_metric(figure) for figure in figures]},
        "considerations": _considerations(extract, version),
        "properties": properties(basis=OBSERVED, context="; ".join(sorted({figure.context for figure in figures}))),
    }
    return card


def _metric(figure: Figure) -> dict[str, Any]:
    parts = {"dimension": figure.dimension, "group": figure.group, "context": figure.context, "n": str(figure.n)}
    if figure.interval:
        parts["interval"] = figure.interval
    found: dict[str, Any] = {
        "type": f"{figure.metric} ({figure.aggregate})",
        "value": figure.estimate,
        "slice": "; ".join(f"{name} {text}" for name, text in parts.items()),
    }
    if figure.low:
        found["confidenceInterval"] = {"lowerBound": figure.low, "upperBound": figure.high}
    return found


def _considerations(extract: Extract, version: Thing) -> dict[str, Any]:
    """Each group for which some criterion does not pass, in the gate's own words."""
    harms: dict[str, list[str]] = {}
    contexts = set()
    for judgement in extract.judgements:
        if judgement.version.place != version.place:
            continue
        contexts.add(judgement.context)
        for cell in judgement.cells:
            if cell.verdict != "PASS":
                said = f"{cell.criterion.dimension_name} in {judgement.context}: {cell.verdict}. {cell.reason}"
                harms.setdefault(cell.group, []).append(said)
    return {
        "useCases": sorted(contexts),
        "fairnessAssessments": [
            {"groupAtRisk": group, "harms": " ".join(said)} for group, said in sorted(harms.items())
        ],
    }


def _trained_on(extract: Extract, version: Thing) -> list[Thing]:
    """The datasets that the runs which `version` came from say they trained on."""
    data = [link for link in extract.upstream(version) if link.tail.kind == "dataset"]
    found = {link.tail.place: link.tail for link in data if link.label.lower().startswith(TRAINING)}
    return [found[place] for place in sorted(found)]
