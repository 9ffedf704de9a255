"""Joining versions to what they came from: their run, their logged model, and the version that they are a copy of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime

from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Substr

from lineage.ancestry import BASE, PROMPT, Ancestry
from lineage.errors import RegistryMissing, RegistryNonsense
from lineage.mirror import Mirror
from lineage.models import LoggedModel, ModelVersion, RegisteredModel, Run, TrackingServer
from lineage.registry import MODEL_URI, logged_model_id

AT_ONCE = 5000
FEW = 20
"""Up to how many names are asked for unseen; of more it is asked first which there are: a tag may name anything."""
SCHEME = "models:/"
Place = tuple[str, str]


def trace(versions: Iterable[int], *, ancestry: Ancestry, mirror: Mirror) -> None:
    """Read what the versions with these ids came from, and join them to it; so too the versions they are copies of."""
    done: set[int] = set()
    waiting = sorted(set(versions))
    while waiting:
        part, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
        done.update(part)
        rows = ModelVersion.objects.filter(pk__in=part)
        told = list(rows.values_list("pk", "source_run_id", "source"))
        ancestry.read(runs=[run for _, run, _ in told], logged_models=[logged_model_id(source) for *_, source in told])
        _join(part, server=mirror.server, at=mirror.at)
        copies = {pk: (match["name"], match["version"]) for pk, _, source in told if (match := _copied(source))}
        origins = dict(_origins(set(copies.values()), mirror=mirror))
        for pk, place in copies.items():
            ModelVersion.objects.filter(pk=pk).update(copied_from=origins.get(place))
        unread = ModelVersion.objects.filter(pk__in=origins.values(), lineage_read_at=None)
        waiting += sorted(set(unread.values_list("pk", flat=True)) - done - set(waiting))


def join_used(*, ancestry: Ancestry, mirror: Mirror) -> None:
    """Read the versions that the tags of runs and logged models name and that are not known yet (prompts, and what
    training began with, and what that came from in turn), and join them.

    Anybody may name anything in a tag, so a name that MLflow does not know, or refuses, names nothing.
    """
    done: set[Place] = set()
    while named := ancestry.named(BASE) - done:
        done |= named
        trace(_read(named, mirror.version_named, mirror=mirror), ancestry=ancestry, mirror=mirror)
    named = ancestry.named(PROMPT)
    # A prompt that is known was read with all of its versions: another number is none.
    living = RegisteredModel.objects.filter(server=mirror.server, vanished_at=None, versions__is_prompt=True)
    read = set(living.filter(name__in={name for name, _ in named}).values_list("name", flat=True))
    _read({place for place in named if place[0] not in read}, mirror.prompt_named, mirror=mirror)
    ancestry.join_versions()


def _read(places: set[Place], read: Callable[..., ModelVersion | None], *, mirror: Mirror) -> list[int]:
    """Read those of the versions at `places` that have no row, and return the ids of those rows."""
    unknown = places - _known(places, mirror=mirror).keys()
    if len(unknown) > FEW:
        there = {model.name for model in mirror.registry.registered_models()}
        unknown = {place for place in unknown if place[0] in there}
    found = []
    for name, number in sorted(unknown):
        with suppress(RegistryMissing, RegistryNonsense):
            found.append(read(name=name, version=number))
    return [row.pk for row in found if row is not None]


def _copied(source: str) -> dict[str, str] | None:
    match = MODEL_URI.match(source)
    return match.groupdict() if match and match["version"] else None


def _origins(places: set[Place], *, mirror: Mirror) -> Iterator[tuple[Place, int]]:
    known = _known(places, mirror=mirror)
    for name, number in sorted(places):
        if (name, number) in known:
            yield (name, number), known[name, number]
        else:
            try:
                yield (name, number), mirror.version_named(name=name, version=number).pk
            except RegistryMissing:
                continue
            except RegistryNonsense as error:
                # Whoever can name a model must not be able to keep every other from being read.
                _note(mirror, f"{SCHEME}{name}/{number}", error)


def _note(mirror: Mirror, what: str, error: RegistryNonsense) -> None:
    if report := mirror.report:
        report.problems.append({"what": what, "code": error.code, "message": error.message})
        report.save(update_fields=["problems"])


def _known(places: set[Place], *, mirror: Mirror) -> dict[Place, int]:
    names = {name for name, _ in places}
    living = ModelVersion.objects.filter(
        registered_model__server=mirror.server, registered_model__name__in=names, vanished_at=None
    )
    return {(name, number): pk for name, number, pk in living.values_list("registered_model__name", "version", "pk")}


def _join(versions: list[int], *, server: TrackingServer, at: datetime) -> None:
    rows = ModelVersion.objects.filter(pk__in=versions)
    run = Run.objects.filter(server=server, run_id=OuterRef("source_run_id")).exclude(run_id="")
    rows.update(run=Subquery(run.values("pk")[:1]), lineage_read_at=at)
    name = Substr(OuterRef("source"), Value(len(SCHEME) + 1))
    logged = LoggedModel.objects.filter(server=server, model_id=name)
    rows.filter(source__startswith=f"{SCHEME}m-").update(logged_model=Subquery(logged.values("pk")[:1]))
