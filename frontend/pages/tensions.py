"""Values in tension as pages show them: each against its band, for one version or for several beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from frontend import bands, figures
from governance.gates.siblings import Siblings
from governance.gates.signals import FEWEST_TO_RANK
from governance.specs.clauses import Tension
from governance.specs.document import decimal_text

MEASURED = {
    "disagreement-share": "The share of cases that come out well by one and badly by the other.",
    "kendall-tau": "Over the versions: 1 where both rank them alike, −1 where oppositely (Kendall's tau).",
}


@dataclass(frozen=True, slots=True)
class RowShown:
    """What a tension comes to for two metrics and one group, of one `version` where there are several; `numbers` is
    empty, and `x` None, where it was not measured."""

    group: str
    metrics: str
    version: str
    numbers: str
    n: int
    x: float | None
    where: str
    verdict: str
    why: str
    would_change: str


@dataclass(frozen=True, slots=True)
class TensionShown:
    """A tension with its band, and its rows on one axis."""

    between: tuple[str, str]
    measured: str
    ends: tuple[str, str]
    leaving_acceptable: bool
    why: str
    verdict: str
    band: bands.Band
    rows: tuple[RowShown, ...]


def of_report(report: Mapping[str, Any]) -> list[TensionShown]:
    """Return the tensions that a gate report judged."""
    return [
        _tension(found, tuple(_row(found, reading) for reading in found["readings"]), verdict=found["verdict"] or "")
        for found in report["tensions"]
    ]


def of_versions(found: Siblings, names: Mapping[str, str]) -> list[TensionShown]:
    """Return the tensions that were measured over the versions, or of each of them; `names` are short ones."""
    shown: dict[Tension, list[RowShown]] = {}
    for one in found.tensions:
        reading = {"first": one.first, "second": one.second, "group": one.group, "n": one.versions, "verdict": None}
        words = {"reason": FEW if one.value is None else f"Over {one.versions} versions.", "would_change": ""}
        reading |= words | {"value": None if one.value is None else str(one.value)}
        shown.setdefault(one.tension, []).append(_row(vars(one.tension), reading))
    for share in found.shares:
        shown.setdefault(share.tension, []).append(_row(vars(share.tension), share.reading, names[share.version]))
    return [
        _tension(vars(tension), tuple(sorted(rows, key=lambda row: (row.group, row.metrics))), verdict="")
        for tension, rows in shown.items()
    ]


FEW = f"A ranking needs {FEWEST_TO_RANK} versions that have evidence for both and differ."


def _tension(found: Mapping[str, Any], rows: tuple[RowShown, ...], *, verdict: str) -> TensionShown:
    low, high = (_text(end) for end in found["band"])
    return TensionShown(
        between=tuple(found["between"]),
        measured=MEASURED[found["measure"]],
        ends=(low, high),
        leaving_acceptable=found["leaving_acceptable"],
        why=found["why"],
        verdict=verdict,
        band=bands.band(found["measure"], (low, high)),
        rows=rows,
    )


def _row(tension: Mapping[str, Any], reading: Mapping[str, Any], version: str = "") -> RowShown:
    value = reading["value"]
    ends = [_text(end) for end in tension["band"]]
    inside = value is not None and float(ends[0]) <= float(value) <= float(ends[1])
    digits = max(figures.places([value], end) for end in ends) if value is not None else 0
    return RowShown(
        group=reading["group"],
        metrics=f"{reading['first']} and {reading['second']}",
        version=version,
        numbers="" if value is None else figures.shown(value, digits),
        n=reading["n"],
        x=None if value is None else bands.place(tension["measure"], value),
        where="not measured" if value is None else "inside" if inside else "outside",
        verdict=reading["verdict"] or "",
        why=reading["reason"],
        would_change=reading["would_change"],
    )


def _text(end: Any) -> str:
    return end if isinstance(end, str) else decimal_text(end)
