"""What holds a version back, as a terminal or a pipeline tells it: each reason of a report, with what would change it
and the models that a tension compared. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from governance.gates import wording
from governance.gates.verdicts import PASS


@dataclass(frozen=True, kw_only=True)
class Shortfall:
    """A reason, what would change it ("" where nothing can be said), and the digests of the models that it compares."""

    sentence: str
    would_change: str = ""
    subjects: tuple[str, ...] = ()

    def versions(self, named: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """Return the versions that it compares, given which have each digest; the digest where nobody knows."""
        found = {version for digest in self.subjects for version in named.get(digest, [digest[:12]])}
        return tuple(sorted(found, key=lambda version: (len(version), version)))


def of(document: Mapping[str, Any]) -> tuple[Shortfall, ...]:
    """Return the shortfalls of a gate report's `document`, in the order of its reasons; none when it passes."""
    known = {found.sentence: found for found in (*_cells(document), *_readings(document))}
    return tuple(known.get(reason) or Shortfall(sentence=reason) for reason in document["reasons"])


def _cells(document: Mapping[str, Any]) -> Iterator[Shortfall]:
    for criterion in document["criteria"]:
        for cell in criterion["cells"]:
            if cell["verdict"] != PASS:
                sentence = wording.of_cell(criterion["tier"], criterion["dimension_name"], **_said(cell))
                yield Shortfall(sentence=sentence, would_change=cell["would_change"])


def _readings(document: Mapping[str, Any]) -> Iterator[Shortfall]:
    for tension in document["tensions"]:
        for reading in tension["readings"]:
            if reading["verdict"] not in (PASS, None):
                sentence = wording.of_tension(wording.about(tension["between"]), **_said(reading))
                subjects = _subjects(document["inputs"], set(reading["evidence"]))
                yield Shortfall(sentence=sentence, would_change=reading["would_change"], subjects=subjects)


def _said(part: Mapping[str, Any]) -> dict[str, str]:
    return {name: part[name] for name in ("group", "verdict", "reason")}


def _subjects(inputs: Mapping[str, Any], evidence: set[str]) -> tuple[str, ...]:
    sources = [o["source"] for o in (*inputs["observations"], *inputs["siblings"])]
    sources += [signal["source"] for signal in inputs["measured_signals"]]
    return tuple(sorted({source["subject"] for source in sources if source["evidence"] in evidence}))
