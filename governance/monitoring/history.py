"""What became of a registered model and its versions, as far as the reader may see it: for whoever has a suspicion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from governance.accounts.models import User
from governance.errors import Invalid, NotFound, Problem, no_such
from governance.evidence import sight
from governance.systems import selectors as systems
from governance.systems.models import AISystem
from lineage import history as states
from lineage import timeline
from lineage.history import State
from lineage.models import AliasChange, ModelVersion, RegisteredModel, StateChange
from lineage.timeline import Change, Page, Text
from lineage.walking import reached

WITHHELD = Text(start="", length=-1)
"""Stands for a value that names what the reader may not see."""
MODELS, PROMPTS = "models", "prompts"
STATES = 10
"""Of how many things that had one name the state is told: of the newest."""
What = StateChange.What


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was known at a time of a thing that had the name asked for: the aliases of a model by the number of the
    version each pointed at, or those that pointed at a version. `said_at` is when MLflow says it was made."""

    thing: RegisteredModel | ModelVersion
    state: State
    aliases: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What became of whatever was ever called `name` (or, with a `number`, of its versions of that number), of the kind
    `what` unless that is empty, as known at `as_of`. MLflow uses names again, so that `models` may be several."""

    system: AISystem
    server_key: str
    scheme: str
    name: str
    number: str
    models: tuple[RegisteredModel, ...]
    names: frozenset[sight.Name]
    what: str
    as_of: datetime | None

    def page(self, *, after: str = "", limit: int) -> Page:
        """Return up to `limit` changes older than the cursor `after`, newest first; raises Invalid for no cursor."""
        about: dict[str, Any] = {"models": self.models, "number": self.number, "what": self.what, "as_of": self.as_of}
        found = timeline.page(**about, after=after, limit=limit)
        return replace(
            found, changes=tuple(_as_seen(replace(change, scheme=self.scheme), self.names) for change in found.changes)
        )

    def known(self, *, at: datetime) -> list[Known]:
        """Return the state at `as_of`, or at `at` without one, of what bore the name then or before, newest first."""
        at = self.as_of or at
        return [_withheld(known, self) for thing in self._things()[:STATES] for known in _known(thing, at=at)]

    def _things(self) -> list[RegisteredModel] | list[ModelVersion]:
        if not self.number:
            return list(self.models)
        rows = ModelVersion.objects.filter(registered_model__in=self.models, version=self.number)
        return list(rows.select_related("registered_model").order_by("-created_ms", "-pk"))


def history(*, system_key: str, uri: str, by: User, what: str = "", as_of: datetime | None = None) -> History:
    """Return the history of `models:/NAME` or `models:/NAME/VERSION`, which serves a system that `by` may see, or of
    `prompts:/…`, from which a version of it came; what is gone from MLflow has one too. Raises Invalid, and NotFound
    where nothing of that name was seen by `as_of`."""
    system = systems.system(key=system_key, by=by)
    scheme, name, number = _named(uri)
    if what not in ("", *timeline.WHAT):
        raise _invalid("what", f"“{what}” is no kind of change.", f"There are: {', '.join(timeline.WHAT)}.")
    models = _serving(system, name) if scheme == MODELS else _prompts(system, name)
    found = History(
        system=system,
        server_key=models[0].server.key,
        scheme=scheme,
        name=name,
        number=number,
        models=models,
        names=frozenset(sight.visible(by, starts=())),
        what=what,
        as_of=as_of,
    )
    if not any(as_of is None or thing.first_seen_at <= as_of for thing in found._things()):
        then = f" by {as_of:%Y-%m-%d %H:%M:%S %Z}" if as_of else ""
        raise NotFound(f"{uri} was not seen on {found.server_key}{then}.", code="not-known-then")
    return found


def whole(*, system_key: str, change: str, by: User) -> StateChange:
    """Return a change (by its id) of something else than an alias, with its whole values; raises NotFound."""
    system = systems.system(key=system_key, by=by)
    kind, _, pk = change.partition("-")
    row = timeline.whole(int(pk)) if kind == "state" and pk.isascii() and pk.isdigit() and len(pk) < 19 else None
    model = row.registered_model if row else None
    if row is None or model is None or not (_serves(system, model) or _led_to(system, [model])):
        raise no_such("change")
    names = frozenset(sight.visible(by, starts=()))
    for field in ("before", "after"):
        if _is_hidden(row.what, getattr(row, field), model.server.key, names):
            setattr(row, field, None)
    return row


def _serving(system: AISystem, name: str) -> tuple[RegisteredModel, ...]:
    link = system.registered_models.filter(name=name).first()
    if link is None:
        raise NotFound(f"The registered model “{name}” does not serve {system.name}.", code="model-unconnected")
    rows = RegisteredModel.objects.filter(server__key=link.server_key, name=name).select_related("server")
    if not rows:
        raise NotFound(f"models:/{name} was not seen on {link.server_key}.", code="not-known-then")
    return tuple(rows.order_by("-created_ms", "-pk"))


def _prompts(system: AISystem, name: str) -> tuple[RegisteredModel, ...]:
    rows = RegisteredModel.objects.filter(name=name, versions__is_prompt=True).distinct().select_related("server")
    found = tuple(row for row in rows.order_by("-created_ms", "-pk") if _led_to(system, [row]))
    if not found:
        raise NotFound(f"No version of {system.name} came from a prompt “{name}”.", code="prompt-unused")
    return found


def _led_to(system: AISystem, prompts: Sequence[RegisteredModel]) -> bool:
    """Whether a version that serves `system` came from one of these prompts."""
    used = ModelVersion.objects.filter(registered_model__in=prompts, is_prompt=True).values_list("pk", flat=True)
    below = [key for kind, key in reached([("prompt", pk) for pk in used], up=False) if kind == "version"]
    came = ModelVersion.objects.filter(pk__in=below).select_related("registered_model__server")
    return any(_serves(system, version.registered_model) for version in came)


def _serves(system: AISystem, model: RegisteredModel) -> bool:
    return system.registered_models.filter(server_key=model.server.key, name=model.name).exists()


def _named(uri: str) -> tuple[str, str, str]:
    """Return scheme, name and number, the latter empty for a whole model; a name may hold all but a slash."""
    scheme, _, rest = uri.partition(":/")
    name, _, number = rest.partition("/")
    is_number = not number or (number.isascii() and number.isdigit())
    if scheme not in (MODELS, PROMPTS) or not name or not is_number or rest.endswith("/"):
        remedy = "Write models:/NAME or models:/NAME/VERSION, or the same with prompts:/."
        raise _invalid("model", f"“{uri}” names no registered model.", remedy)
    return scheme, name, number


def _known(thing: RegisteredModel | ModelVersion, *, at: datetime) -> Iterator[Known]:
    state = states.as_known_at(thing, at=at)
    if state is not None:
        yield Known(thing=thing, state=state, aliases=_aliases(thing, at=at))


def _aliases(thing: RegisteredModel | ModelVersion, *, at: datetime) -> dict[str, str]:
    model = thing if isinstance(thing, RegisteredModel) else thing.registered_model
    moves = AliasChange.objects.filter(registered_model=model, seen_at__lte=at).select_related("after")
    last = moves.order_by("alias", "-pk").distinct("alias")
    there = {move.alias: move.after for move in last if move.after is not None}
    return {alias: row.version for alias, row in there.items() if thing in (model, row)}


def _withheld(known: Known, asked: History) -> Known:
    if _is_hidden(What.SOURCE, known.state.source, asked.server_key, asked.names):
        return replace(known, state=replace(known.state, source=""))
    return known


def _as_seen(change: Change, names: frozenset[sight.Name]) -> Change:
    """Return a change without the names of models that the reader may not see."""

    def shown(text: Text | None) -> Text | None:
        is_hidden = text is not None and _is_hidden(change.what, text.start, change.server, names)
        return WITHHELD if is_hidden else text

    return replace(change, before=shown(change.before), after=shown(change.after))


def _is_hidden(what: str, text: str | None, server: str, names: frozenset[sight.Name]) -> bool:
    """Whether a value names a model that is not among `names`: a source that is a copy, or another name."""
    name = sight.origin(text or "") if what == What.SOURCE else (text or "") if what == What.NAME else ""
    return name != "" and (server, name) not in names


def _invalid(where: str, says: str, remedy: str) -> Invalid:
    problem = Problem(where, says, remedy)
    return Invalid(str(problem), problems=(problem,))
