"""Everything that a gate report is computed from, as data that can be written down and read back. Pure.

The engine judges only what came through `read`, so a report can always be recomputed from its own inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cache, cached_property, lru_cache
from operator import itemgetter
from typing import Any, TypeVar

from governance.errors import Invalid, Problem
from governance.evidence import decimals
from governance.evidence.records import LEVELS, MeasuredSignal, ObservationData, Rung, Source
from governance.specs.clauses import BOUNDS, Tension, YieldRule
from governance.specs.effective import EffectiveCondition, EffectiveCriterion, EffectiveSpecification

T = TypeVar("T")
Reader = Callable[[Any, str], Any]
Stored = Sequence[Mapping[str, Any]]

SECTIONS = (
    "specification",
    "subject",
    "observations",
    "measured_signals",
    "incumbent",
    "siblings",
    "not_before",
    "approved_metrics",
)
SPECIFICATION = (
    "key",
    "version",
    "digest",
    "context",
    "uncovered",
    "criteria",
    "conditions",
    "tensions",
    "yield_rules",
)
OBSERVED = ("dimension", "metric", "aggregate", "group", "context")
SIGNALLED = ("signal", "dimension", "metric", "context", "beside", "group")
ALLOWED = {
    "comparator": (">=", "<="),
    "direction": ("higher", "lower"),
    "correction": ("holm", "bonferroni", "none"),
    "level": LEVELS,
}


@dataclass(frozen=True, kw_only=True)
class GateInputs:
    """What is judged: `subject` is the model's digest; `uncovered` are dimensions of tier 0 that nobody asks about in
    the context; `siblings` what was observed of other versions, by which a tension ranks them; `not_before` an RFC 3339
    time or empty; `approved_metrics` the metrics with an approved provenance sheet."""

    key: str
    version: str
    digest: str
    context: str
    uncovered: tuple[str, ...]
    criteria: tuple[EffectiveCriterion, ...]
    conditions: tuple[EffectiveCondition, ...]
    tensions: tuple[Tension, ...]
    yield_rules: tuple[YieldRule, ...]
    subject: str
    observations: tuple[ObservationData, ...]
    measured_signals: tuple[MeasuredSignal, ...]
    incumbent: tuple[ObservationData, ...] | None
    siblings: tuple[ObservationData, ...]
    not_before: str
    approved_metrics: tuple[str, ...]

    @cached_property
    def by_key(self) -> dict[tuple[str, ...], ObservationData]:
        """The observations by what they are about."""
        return {observation.key: observation for observation in self.observations}


def write(
    *,
    effective: EffectiveSpecification,
    subject: str,
    observations: Stored,
    measured_signals: Stored,
    incumbent: Stored | None,
    siblings: Stored,
    not_before: str,
    approved_metrics: Sequence[str],
) -> dict[str, Any]:
    """Return the inputs as a document of strings, integers, truth values, None, lists and objects.

    Observations and signals come as they are stored (see `plain`), and are sorted, so that the order in which they
    were found does not matter. Raises Invalid for one that does not say what it is about.
    """
    return {
        "specification": {
            "key": effective.key,
            "version": effective.version,
            "digest": effective.digest,
            "context": effective.context,
            "uncovered": list(effective.uncovered),
            "criteria": [plain(criterion) for criterion in effective.criteria],
            "conditions": [plain(condition) for condition in effective.conditions],
            "tensions": [plain(tension) for tension in effective.tensions],
            "yield_rules": [plain(rule) for rule in effective.yield_rules],
        },
        "subject": subject,
        "observations": _sorted(observations, "observations", OBSERVED),
        "measured_signals": _sorted(measured_signals, "measured_signals", SIGNALLED),
        "incumbent": None if incumbent is None else _sorted(incumbent, "incumbent", OBSERVED),
        "siblings": sorted(_sorted(siblings, "siblings", OBSERVED), key=lambda o: str(o["source"]["subject"])),
        "not_before": not_before,
        "approved_metrics": sorted(set(approved_metrics)),
    }


def read(document: Mapping[str, Any]) -> GateInputs:
    """Return the inputs that a document states. Raises Invalid that names what is malformed or impossible."""
    _check_members(document, SECTIONS, "inputs")
    specification = _object(document.get("specification"), "specification")
    _check_members(specification, SPECIFICATION, "specification")
    incumbent = document.get("incumbent")
    inputs = GateInputs(
        key=_text(specification.get("key"), "specification.key"),
        version=_text(specification.get("version"), "specification.version"),
        digest=_text(specification.get("digest"), "specification.digest"),
        context=_text(specification.get("context"), "specification.context"),
        uncovered=_texts(specification.get("uncovered"), "specification.uncovered"),
        criteria=_many(EffectiveCriterion, specification.get("criteria"), "specification.criteria"),
        conditions=_many(EffectiveCondition, specification.get("conditions"), "specification.conditions"),
        tensions=_many(Tension, specification.get("tensions"), "specification.tensions"),
        yield_rules=_many(YieldRule, specification.get("yield_rules"), "specification.yield_rules"),
        subject=_text(document.get("subject"), "subject"),
        observations=_many(ObservationData, document.get("observations"), "observations"),
        measured_signals=_many(MeasuredSignal, document.get("measured_signals"), "measured_signals"),
        incumbent=None if incumbent is None else _many(ObservationData, incumbent, "incumbent"),
        siblings=_many(ObservationData, document.get("siblings"), "siblings"),
        not_before=_time(document.get("not_before"), "not_before"),
        approved_metrics=_texts(document.get("approved_metrics"), "approved_metrics"),
    )
    for index, criterion in enumerate(inputs.criteria):
        _check_criterion(criterion, f"specification.criteria[{index}]")
    _check_observations(inputs.observations, "observations")
    _check_observations(inputs.incumbent or (), "incumbent")
    _check_siblings(inputs)
    _check_signals(inputs.measured_signals, "measured_signals")
    return inputs


def observation(document: Mapping[str, Any]) -> ObservationData:
    """Return the observation that a stored document states. Raises Invalid for a malformed one."""
    return _one(ObservationData, document, "observation")


def signal(document: Mapping[str, Any]) -> MeasuredSignal:
    """Return the measured signal that a stored document states. Raises Invalid for a malformed one."""
    return _one(MeasuredSignal, document, "signal")


def plain(value: Any) -> Any:
    """Return a dataclass, tuple or number as document data; decimals as strings of nine significant digits."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Decimal):
        return decimals.text(value)
    if isinstance(value, tuple):
        return [plain(member) for member in value]
    members = value.__dict__
    return {
        name: member if type(member := members[name]) in _ALREADY_PLAIN else plain(member)
        for name in _names_of(type(value))  # type: ignore[arg-type]
    }


def _sorted(rows: Stored, where: str, names: Sequence[str]) -> list[Mapping[str, Any]]:
    about = itemgetter(*names)
    try:
        return sorted(rows, key=lambda row: (about(row), row["source"]["evidence"]))
    except (KeyError, TypeError) as error:
        raise _wrong(where, "one does not say what it is about.", "Take it as it was recorded.") from error


def _check_members(document: Mapping[str, Any], names: Collection[str], where: str) -> None:
    if set(document) != set(names):
        odd = ", ".join(sorted(set(document) ^ set(names)))
        raise _wrong(where, f"these members are missing or unknown: {odd}.", "Take the report as it was written.")


def _check_criterion(criterion: EffectiveCriterion, where: str) -> None:
    allowed = ALLOWED | {"aggregate": tuple(BOUNDS), "bound": BOUNDS.get(criterion.aggregate, ())}
    for name, values in allowed.items():
        if getattr(criterion, name) not in values:
            raise _wrong(f"{where}.{name}", f"{getattr(criterion, name)!r:.40}.", f"Use one of {', '.join(values)}.")
    if not 0 < criterion.alpha <= Decimal("0.5"):
        raise _wrong(f"{where}.alpha", f"{criterion.alpha}.", "Give a level above 0 and at most 0.5.")
    if len(set(criterion.groups)) != len(criterion.groups):
        raise _wrong(f"{where}.groups", "a group stands twice.", "Name each group once.")


def _check_observations(observations: Sequence[ObservationData], where: str) -> None:
    seen: set[tuple[str, ...]] = set()
    for index, observation in enumerate(observations):
        place, about = f"{where}[{index}]", observation.key
        if about in seen:
            cell = f"{observation.dimension}/{observation.metric} for {observation.group} in {observation.context}"
            raise _wrong(place, f"a second observation of {cell}.", "Choose one evaluation run for each.")
        seen.add(about)
        _check_numbers(observation, place)
        _check_counts(observation, place)


def _check_siblings(inputs: GateInputs) -> None:
    by_model: dict[str, list[ObservationData]] = {}
    for observation in inputs.siblings:
        by_model.setdefault(observation.source.subject, []).append(observation)
    if inputs.subject in by_model:
        raise _wrong("siblings", "this holds the very model that is judged.", "Name other versions beside it.")
    for model, observations in by_model.items():
        _check_observations(observations, f"siblings {model[:12]}")


def _check_signals(signals: Sequence[MeasuredSignal], where: str) -> None:
    seen: set[tuple[str, ...]] = set()
    for index, signal in enumerate(signals):
        place = f"{where}[{index}]"
        if signal.key in seen:
            raise _wrong(place, f"a second {signal.signal} of {signal.metric}.", "Choose one evaluation run for each.")
        seen.add(signal.key)
        _decimal(signal.value, f"{place}.value")
        _time(signal.source.measured_at, f"{place}.source.measured_at")
        if signal.n <= 0:
            raise _wrong(f"{place}.n", f"{signal.n} cases.", "A signal rests on at least one case.")


def _check_numbers(observation: ObservationData, place: str) -> None:
    if observation.source.measured_at:
        _time(observation.source.measured_at, f"{place}.source.measured_at")
    for name in ("estimate", "alpha", "sd", "low", "high"):
        value = getattr(observation, name)
        if value is not None and not _is_number(value):
            raise _no_number(value, f"{place}.{name}")
    for index, rung in enumerate(observation.ladder):
        for value in (rung.alpha, rung.lower, rung.upper):
            _decimal(value, f"{place}.ladder[{index}]")


def _check_counts(observation: ObservationData, place: str) -> None:
    successes, n = observation.successes, observation.n
    if n <= 0:
        raise _wrong(f"{place}.n", f"{n} cases.", "An observation has at least one case.")
    if observation.aggregate == "proportion":
        if successes is None or not 0 <= successes <= n:
            raise _wrong(f"{place}.successes", f"{successes} of {n} cases.", "Give a count from 0 to n.")
        if decimals.quotient(successes, n) != observation.estimate:
            raise _wrong(f"{place}.estimate", "the estimate is not successes / n.", "Measure it from the cases.")
    elif observation.sd is None or Decimal(observation.sd) < 0:
        raise _wrong(f"{place}.sd", "a mean without a standard deviation.", "Measure it from the cases.")


def _many(kind: Callable[..., T], value: Any, where: str) -> tuple[T, ...]:
    return tuple(_one(kind, part, f"{where}[{index}]") for index, part in enumerate(_list(value, where)))


def _one(kind: Callable[..., T], value: Any, where: str) -> T:
    members, declared = _object(value, where), _members_of(kind)
    if members.keys() != _names_of(kind).keys():
        _check_members(members, _names_of(kind), where)
    return kind(
        **{
            name: value if type(value := members[name]) in usual else reader(value, f"{where}.{name}")
            for name, usual, reader in declared
        }
    )


@cache
def _members_of(kind: Hashable) -> tuple[tuple[str, tuple[type, ...], Reader], ...]:
    """Return, for each member of a dataclass, its name, the types that need no reading, and what reads any other."""
    return tuple((f.name, _AS_IT_IS.get(str(f.type), ()), _READERS[str(f.type)]) for f in fields(kind))  # type: ignore[arg-type]


@cache
def _names_of(kind: Hashable) -> dict[str, None]:
    return dict.fromkeys(field.name for field in fields(kind))  # type: ignore[arg-type]


def _object(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(where, "this is not an object.")
    return value


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise _wrong(where, "this is not a list.")
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise _wrong(where, "this is not text.")
    return value


def _texts(value: Any, where: str) -> tuple[str, ...]:
    return tuple(_text(part, f"{where}[{index}]") for index, part in enumerate(_list(value, where)))


def _integer(value: Any, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(where, "this is not an integer.")
    return value


def _two(reader: Callable[[Any, str], T]) -> Callable[[Any, str], tuple[T, T]]:
    def read_two(value: Any, where: str) -> tuple[T, T]:
        if len(_list(value, where)) != 2:
            raise _wrong(where, "these are not two.")
        return reader(value[0], f"{where}[0]"), reader(value[1], f"{where}[1]")

    return read_two


def _truth(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(where, "this is not true or false.")
    return value


def _decimal(value: Any, where: str) -> Decimal:
    if not _is_number(_text(value, where)):
        raise _no_number(value, where)
    return decimals.rounded(Decimal(value))


@lru_cache(maxsize=1 << 14)
def _is_number(value: str) -> bool:
    try:
        decimals.rounded(Decimal(value))
    except (InvalidOperation, Invalid):
        return False
    return True


def _no_number(value: str, where: str) -> Invalid:
    return _wrong(where, f"{value!r:.40} is not a decimal number.")


def _time(value: Any, where: str) -> str:
    try:
        aware = not _text(value, where) or datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        aware = False
    if not aware:
        raise _wrong(where, f"{value!r:.40} is not a time with its offset.", "Write 2026-01-31T12:00:00Z.")
    return str(value)


def _or_none(reader: Callable[[Any, str], T]) -> Callable[[Any, str], T | None]:
    return lambda value, where: None if value is None else reader(value, where)


def _wrong(where: str, what: str, remedy: str = "") -> Invalid:
    problem = Problem(where, what, remedy)
    return Invalid(f"The gate cannot judge this: {problem}", code="inputs-unusable", problems=(problem,))


_ALREADY_PLAIN = frozenset({str, int, bool, type(None)})
_NONE = type(None)
_AS_IT_IS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "bool": (bool,),
    "str | None": (str, _NONE),
    "int | None": (int, _NONE),
}
_READERS: dict[str, Reader] = {
    "str": _text,
    "int": _integer,
    "bool": _truth,
    "Decimal": _decimal,
    "str | None": _or_none(_text),
    "int | None": _or_none(_integer),
    "tuple[str, ...]": _texts,
    "tuple[str, str]": _two(_text),
    "tuple[Decimal, Decimal]": _two(_decimal),
    "Source": lambda value, where: _one(Source, value, where),
    "tuple[Rung, ...]": lambda value, where: _many(Rung, value, where),
}
