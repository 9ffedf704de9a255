"""What became of registered models and their versions, newest first, in pages: what `history` and the moves of aliases
keep, with when MLflow says that it happened, where it says anything of that.

Values may be a megabyte long, so that only their beginnings are read.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import islice
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Left, Length

from governance.errors import Invalid, Problem
from lineage.hinted import Said
from lineage.models import AliasChange, ModelVersion, RegisteredModel, StateChange

SHOWN = 2000
"""How many characters of a value are read."""
ALIAS, EXISTENCE = "alias", StateChange.What.EXISTENCE.value
WHAT = (ALIAS, *StateChange.What.values)
FIRST_SEEN = "first seen"
_EPOCH = datetime.fromtimestamp(0, UTC)
_CURSOR = re.compile(r"(\d{1,17})-([0-3])-(\d{1,18})")
_MODEL, _VERSION, _STATE, _ALIAS = range(4)
_KINDS = {_MODEL: "model", _VERSION: "version", _STATE: "state", _ALIAS: ALIAS}
Place = tuple[datetime, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """The beginning of a value and how many characters all of it has."""

    start: str
    length: int

    @classmethod
    def of(cls, text: str) -> Text:
        """Return a text that is there as a whole."""
        return cls(start=text, length=len(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that was seen to be other than before, or for the first time.

    `did` says how, `what` and `key` of what (the name of a tag or alias); it is of the registered model `name`, or of
    its version `number`, under the `scheme` of its address. `before` and `after` are None where there was nothing or
    is nothing. `said_at` is when MLflow says that it happened, None where it says nothing; `report` the synchronisation
    that saw it, None where registering a version did.
    """

    id: str
    what: str
    did: str
    key: Text
    server: str
    name: str
    number: str
    before: Text | None
    after: Text | None
    seen_at: datetime
    said_at: datetime | None
    report: int | None
    place: Place
    scheme: str = "models"

    @property
    def cursor(self) -> str:
        """What names its place to whoever asks for those that are older."""
        seen_at, kind, pk = self.place
        return f"{(seen_at - _EPOCH) // timedelta(microseconds=1)}-{kind}-{pk}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Changes, newest first; `next` is the cursor of the following page, empty on the last."""

    changes: tuple[Change, ...]
    next: str


def page(
    *,
    models: Collection[RegisteredModel],
    number: str = "",
    what: str = "",
    as_of: datetime | None = None,
    after: str = "",
    limit: int,
) -> Page:
    """Return up to `limit` changes of `models` and their versions, or of the versions `number` alone, of the kind
    `what` if given (see WHAT), seen by `as_of`, older than the cursor `after`. Raises Invalid for no cursor."""
    place = _place(after) if after else None
    sources = _sources(models, number=number, what=what)
    parts = [_newest(rows, kind, place=place, as_of=as_of, limit=limit + 1) for kind, rows in sources.items()]
    said = Said.about([row for part in parts for row in part if isinstance(row, AliasChange | StateChange)])
    described = ([_described(kind, row, said) for row in part] for kind, part in zip(sources, parts, strict=True))
    found = list(islice(merge(*described, key=lambda change: change.place, reverse=True), limit + 1))
    return Page(changes=tuple(found[:limit]), next=found[limit - 1].cursor if len(found) > limit else "")


def whole(change: int) -> StateChange | None:
    """Return a change of something else than an alias with its whole values."""
    return StateChange.objects.select_related("registered_model__server").filter(pk=change).first()


def _sources(models: Collection[RegisteredModel], *, number: str, what: str) -> dict[int, QuerySet[Any]]:
    """Return the rows of each kind that tell of `models`; a kind that `what` leaves out is not there."""
    ids = [model.pk for model in models]
    versions = ModelVersion.objects.filter(registered_model__in=ids)
    states, moves = Q(registered_model__in=ids), Q(registered_model__in=ids)
    if number:
        versions = versions.filter(version=number)
        states = Q(version__in=versions)
        moves = Q(before__in=versions) | Q(after__in=versions)
    else:
        for model in models:
            states |= _came_from(model)
    found: dict[int, QuerySet[Any]] = {}
    if what in ("", ALIAS):
        rows = AliasChange.objects.filter(moves).select_related("before", "after")
        found[_ALIAS] = rows.defer("before__tags", "after__tags", "before__description", "after__description")
    if what != ALIAS:
        found[_STATE] = StateChange.objects.filter(states, **({"what": what} if what else {}))
    if what in ("", EXISTENCE):
        found[_VERSION] = versions.defer("tags", "description")
        if not number:
            found[_MODEL] = RegisteredModel.objects.filter(pk__in=ids)
    return found


def _came_from(model: RegisteredModel) -> Q:
    """Whatever says that a model had another name before: MLflow keeps when it was made."""
    former = Q(registered_model__server=model.server_id, registered_model__created_ms=model.created_ms)
    return former & Q(what=StateChange.What.NAME, after=model.name)


def _beginnings(rows: QuerySet[StateChange]) -> QuerySet[StateChange]:
    fields = ("key", "before", "after")
    starts = {f"{field}_start": Left(field, SHOWN) for field in fields}
    lengths = {f"{field}_length": Length(field) for field in fields}
    return rows.select_related("version").annotate(**starts, **lengths).defer(*fields, "version__tags")


def _newest(rows: QuerySet[Any], kind: int, *, place: Place | None, as_of: datetime | None, limit: int) -> list[Any]:
    """Return the newest rows that are older than `place`; which they are is asked first, since sorting reads every
    value that it carries."""
    seen = "first_seen_at" if kind in (_MODEL, _VERSION) else "seen_at"
    older = rows
    if as_of is not None:
        older = older.filter(**{f"{seen}__lte": as_of})
    if place is not None:
        at, of, pk = place
        same = Q(**{seen: at}) if kind <= of else Q(pk__in=[])
        older = older.filter(Q(**{f"{seen}__lt": at}) | (same & (Q(pk__lt=pk) if kind == of else Q())))
    order = (f"-{seen}", "-pk")
    ids = list(older.order_by(*order).values_list("pk", flat=True)[:limit])
    model = "" if kind == _MODEL else "registered_model__"
    found = rows.filter(pk__in=ids).select_related(f"{model}server").defer(f"{model}tags", f"{model}description")
    return list((_beginnings(found) if kind == _STATE else found).order_by(*order))


def _described(kind: int, row: Any, said: Said) -> Change:
    model: RegisteredModel = row if kind == _MODEL else row.registered_model
    seen_at = row.first_seen_at if kind in (_MODEL, _VERSION) else row.seen_at
    of = {"id": f"{_KINDS[kind]}-{row.pk}", "server": model.server.key, "name": model.name, "seen_at": seen_at}
    return Change(**of, **_told(kind, row), said_at=said.at(row), place=(seen_at, kind, row.pk))


def _told(kind: int, row: Any) -> dict[str, Any]:
    if kind == _ALIAS:
        before, after = (Text.of(each.version) if each else None for each in (row.before, row.after))
        number, what, key = "", ALIAS, Text.of(row.alias)
    elif kind == _STATE:
        before, after = (_start(row, field) for field in ("before", "after"))
        number, what = row.version.version if row.version else "", row.what
        key = _start(row, "key") or Text.of("")
    else:
        number, what, key = row.version if kind == _VERSION else "", EXISTENCE, Text.of("")
        before, after = None, None
    did = FIRST_SEEN if kind in (_MODEL, _VERSION) else _did(what, before, after)
    report = {_MODEL: None, _VERSION: "found_in_id"}.get(kind, "report_id")
    told = {"what": what, "did": did, "key": key, "number": number, "before": before, "after": after}
    return told | {"report": getattr(row, report) if report else None}


def _did(what: str, before: Text | None, after: Text | None) -> str:
    if what == EXISTENCE:
        return "gone" if after is None else "came back"
    if what == StateChange.What.NAME:
        return "renamed"
    if after is None:
        return "removed"
    if before is None:
        return "set"
    return "moved" if what == ALIAS else "changed"


def _start(row: Any, field: str) -> Text | None:
    start = getattr(row, f"{field}_start")
    return None if start is None else Text(start=start, length=getattr(row, f"{field}_length"))


def _place(cursor: str) -> Place:
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        problem = Problem("cursor", "is none that was given out.", "Follow `next`, or leave it out.")
        raise Invalid(str(problem), problems=(problem,))
    microseconds, kind, pk = map(int, match.groups())
    return _EPOCH + timedelta(microseconds=microseconds), kind, pk
