"""A gate report as a document: verdicts, all that explains them, and the inputs to compute them anew. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from governance import canonical
from governance.gates import wording
from governance.gates.cells import Cell, Judged
from governance.gates.comparison import Comparison
from governance.gates.conditions import JudgedCondition
from governance.gates.members import plain
from governance.gates.signals import Signal
from governance.gates.tensions import PROCESS, JudgedTension
from governance.gates.verdicts import INSUFFICIENT, NEEDS_DELIBERATION, PASS, worst
from governance.specs.effective import EffectiveCriterion

SCHEMA = "edgewise/gate-report/v1"


@dataclass(frozen=True, slots=True)
class Question:
    """What a route asks people: about which signal of which values, by which process, and why in a sentence."""

    signal: str
    dimension: str
    metric: str
    process: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class GateReport:
    """What the gate found. No total: a verdict for each criterion and group, each tier, and the whole."""

    inputs: dict[str, Any]
    uncovered: tuple[str, ...]
    judged: tuple[Judged, ...]
    conditions: tuple[JudgedCondition, ...]
    signals: tuple[Signal, ...]
    tensions: tuple[JudgedTension, ...]
    comparison: Comparison | None

    @property
    def verdict(self) -> str:
        """The whole: FAIL > INSUFFICIENT > NEEDS_DELIBERATION > PASS; INSUFFICIENT when nothing was asked."""
        if not self.judged:
            return worst(())
        unasked = [INSUFFICIENT for _ in self.uncovered]
        judged = [*(j.verdict for j in self.judged), *(j.verdict for j in self.conditions)]
        conflicts = [tension.verdict for tension in self.tensions if tension.verdict]
        return worst([*unasked, *judged, *(signal.verdict for signal in self.signals), *conflicts])

    @property
    def tiers(self) -> tuple[tuple[int, str], ...]:
        """The verdict of each tier, from the highest priority down."""
        found = [(j.criterion.tier, self._of(j)) for j in self.judged]
        found += [(j.condition.tier, j.verdict) for j in self.conditions]
        return tuple((n, worst(v for tier, v in found if tier == n)) for n in sorted({tier for tier, _ in found}))

    @property
    def reasons(self) -> tuple[str, ...]:
        """What holds the release back, by tier; empty when it passes."""
        if not self.judged:
            return ("Nothing was judged: the specification asks for nothing in this context.",)
        cells = [
            wording.of_cell(
                j.criterion.tier,
                j.criterion.dimension_name,
                group=cell.group,
                verdict=cell.verdict,
                reason=cell.reason,
            )
            for j in self.judged
            for cell in j.cells
            if cell.verdict != PASS
        ]
        unasked = [
            f"Tier 0, {key}: {INSUFFICIENT}. No criterion asks about it in this context." for key in self.uncovered
        ]
        return (
            *unasked,
            *cells,
            *map(_condition_sentence, self.conditions_unmet),
            *(_signal_sentence(signal) for signal in self.signals if signal.verdict != PASS),
            *(sentence for judged in self.tensions for sentence in _tension_sentences(judged)),
        )

    @property
    def questions(self) -> tuple[Question, ...]:
        """What the gate leaves to people: of each edge signal over its limit, and of each tension outside its band."""
        signals = [s for s in self.signals if s.verdict == NEEDS_DELIBERATION]
        return (
            *(Question(s.signal, s.dimension, s.metric, s.route, s.reason) for s in signals),
            *(_question(judged) for judged in self.tensions if judged.verdict == NEEDS_DELIBERATION),
        )

    @property
    def conditions_unmet(self) -> tuple[JudgedCondition, ...]:
        """The conditions that do not hold, or have no answer."""
        return tuple(judged for judged in self.conditions if judged.verdict != PASS)

    @property
    def digest(self) -> str:
        """The hexadecimal SHA-256 of the document's canonical form."""
        return canonical.digest(self.document())

    def document(self) -> dict[str, Any]:
        """Return the report as strings, integers, truth values, None, lists and objects."""
        return {
            "schema": SCHEMA,
            "verdict": self.verdict,
            "reasons": list(self.reasons),
            "tiers": [{"tier": tier, "verdict": verdict} for tier, verdict in self.tiers],
            "criteria": [self._criterion(j) for j in self.judged],
            "conditions": [_condition(judged) for judged in self.conditions],
            "signals": [plain(signal) for signal in self.signals],
            "tensions": [_tension(judged) for judged in self.tensions],
            "incumbent": plain(self.comparison) if self.comparison else None,
            "inputs": self.inputs,
        }

    def _of(self, judged: Judged) -> str:
        return worst([judged.verdict, *(s.verdict for s in self.signals if _concerns(s, judged.criterion))])

    def _criterion(self, judged: Judged) -> dict[str, Any]:
        shown = plain(judged.criterion)
        shown["verdict"] = self._of(judged)
        shown["cells"] = [_cell(cell) for cell in judged.cells]
        return dict(shown)


def _concerns(signal: Signal, criterion: EffectiveCriterion) -> bool:
    return (signal.dimension, signal.metric) == (criterion.dimension, criterion.metric)


def _condition(judged: JudgedCondition) -> dict[str, Any]:
    return dict(plain(judged.condition)) | {"verdict": judged.verdict, "reason": judged.reason}


def _condition_sentence(judged: JudgedCondition) -> str:
    condition = judged.condition
    where = f"Tier {condition.tier}, {condition.dimension_name}, condition {condition.key}"
    return f"{where}: {judged.verdict}. {judged.reason}"


def _signal_sentence(signal: Signal) -> str:
    route = f" Route: {signal.route}." if signal.verdict == NEEDS_DELIBERATION else ""
    return f"Signal {signal.signal} on {signal.dimension}: {signal.verdict}. {signal.reason}{route}"


def _tension(judged: JudgedTension) -> dict[str, Any]:
    shown = dict(plain(judged.tension))
    return shown | {"verdict": judged.verdict, "readings": [plain(reading) for reading in judged.readings]}


def _tension_sentences(judged: JudgedTension) -> list[str]:
    unmet = [reading for reading in judged.readings if reading.verdict not in (PASS, None)]
    return [
        wording.of_tension(judged.about, group=reading.group, verdict=reading.verdict, reason=reading.reason)
        for reading in unmet
    ]


def _question(judged: JudgedTension) -> Question:
    outside = [f"{r.group}: {r.reason}" for r in judged.readings if r.verdict == NEEDS_DELIBERATION]
    return Question(judged.tension.measure, judged.about, "", PROCESS, " ".join(outside))


def _cell(cell: Cell) -> dict[str, Any]:
    observation = cell.observation
    return {
        "group": cell.group,
        "verdict": cell.verdict,
        "reason": cell.reason,
        "would_change": cell.would_change,
        "more_cases": cell.more_cases,
        "none_of": cell.none_of,
        "evidence": observation.source.evidence if observation else None,
        "estimate": observation.estimate if observation else None,
        "n": observation.n if observation else None,
        "successes": observation.successes if observation else None,
        "interval": plain(cell.interval) if cell.interval else None,
    }
