"""What versions came from: runs, parents, data sets and logged models, read a thousand at a time while the last are
written, and written only where they differ."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar

from django.db import models, transaction

from governance import canonical
from lineage import told
from lineage.bulk import AT_ONCE, BulkRegistry
from lineage.errors import RegistryMissing
from lineage.models import Dataset, LoggedModel, Run, RunInput, RunModel, TrackingServer
from lineage.snapshots import IDENTIFIER, LoggedModelSnapshot, RunSnapshot

FINISHED = frozenset({"FINISHED", "FAILED", "KILLED"})
READY = frozenset({"LOGGED_MODEL_READY", "READY"})
AHEAD = 2
"""How many answers are asked for while one is being written."""
M = TypeVar("M", Run, LoggedModel, Dataset)
Batch = tuple[type[Run] | type[LoggedModel], list[str]]


class Ancestry:
    """Reads each run and logged model at most once, and what is known for good only when told to read it `again`."""

    def __init__(self, *, registry: BulkRegistry, server: TrackingServer, at: datetime, again: bool = False) -> None:
        self.registry = registry
        self.server = server
        self.at = at
        self.again = again
        self.runs: set[str] = set()
        self.logged_models: set[str] = set()
        self._fresh: set[str] = set()
        self._waiting: dict[type[Run] | type[LoggedModel], list[str]] = {Run: [], LoggedModel: []}
        self._links: list[tuple[int, str, str]] = []

    def read(self, *, runs: Iterable[str] = (), logged_models: Iterable[str] = ()) -> None:
        """Read these and everything they came from into rows; raises RegistryError, and keeps what was read by then."""
        self._want_runs(runs)
        self._want_models(logged_models)
        with ThreadPoolExecutor(max_workers=1) as reader:
            reading: deque[tuple[Batch, Future[Any]]] = deque()
            while True:
                while len(reading) < AHEAD and (batch := self._next()):
                    reading.append((batch, reader.submit(self._call(batch[0]), batch[1])))
                if not reading:
                    break
                (kind, ids), answer = reading.popleft()
                self._store(kind, ids, answer.result())
        self._link()

    def read_whole(self, run_id: str) -> None:
        """Read one run by its id, which shows the models that it used, and these once more, since it may have measured
        them."""
        try:
            snapshot = self.registry.run(run_id=run_id)
        except RegistryMissing:
            self._store(Run, [run_id], [])
            return
        self.runs.add(run_id)
        used = [model_id for model_id in snapshot.model_inputs if model_id not in self._fresh]
        self.logged_models.update(used)
        for start in range(0, len(used), AT_ONCE):
            self._store_models(self.registry.logged_models(used[start : start + AT_ONCE]))
        self._store_runs([snapshot])
        self.read()
        Run.objects.filter(server=self.server, run_id=run_id).update(inputs_read=True)

    def see(self, snapshots: Iterable[RunSnapshot]) -> None:
        """Take in runs as a search showed them, as far as they are new, unfinished or changed."""
        found = {snapshot.run_id: snapshot for snapshot in snapshots if snapshot.run_id not in self.runs}
        self.runs |= found.keys()
        self._store_runs(list(found.values()))
        self.read()

    def unread(self, *, only: Iterable[str] | None = None) -> Iterator[str]:
        """Yield the ids of the runs to read whole, since that was not done yet or they changed (all, or those in
        `only`); also of those that come to light by that."""
        rows = Run.objects.filter(server=self.server, inputs_read=False, vanished_at=None)
        if only is not None:
            rows = rows.filter(run_id__in=only)
        done: set[str] = set()
        while waiting := [each for each in rows.values_list("run_id", flat=True).order_by("pk") if each not in done]:
            for run_id in waiting:
                done.add(run_id)
                yield run_id

    def _want_runs(self, ids: Iterable[str]) -> None:
        new = {each for each in ids if IDENTIFIER.fullmatch(each)} - self.runs
        self.runs |= new
        self._waiting[Run] += sorted(new)

    def _want_models(self, ids: Iterable[str]) -> None:
        new = {each for each in ids if IDENTIFIER.fullmatch(each)} - self.logged_models
        self.logged_models |= new
        self._waiting[LoggedModel] += sorted(new)

    def _call(self, kind: type[Run] | type[LoggedModel]) -> Callable[[list[str]], Any]:
        return self.registry.runs if kind is Run else self.registry.logged_models

    def _next(self) -> Batch | None:
        for kind, waiting in self._waiting.items():
            while waiting:
                ids, waiting[:] = waiting[:AT_ONCE], waiting[AT_ONCE:]
                if unknown := self._unknown(kind, ids):
                    return kind, unknown
        return None

    def _unknown(self, kind: type[Run] | type[LoggedModel], ids: list[str]) -> list[str]:
        """Return those of `ids` that have to be read: what has ended and is on record changes no more."""
        if self.again:
            return ids
        living = {"server": self.server, "vanished_at": None}
        if kind is Run:
            runs = Run.objects.filter(run_id__in=ids, status__in=FINISHED, **living)
            known = set(runs.values_list("run_id", flat=True))
        else:
            ready = LoggedModel.objects.filter(model_id__in=ids, status__in=READY, **living)
            known = set(ready.values_list("model_id", flat=True))
        return [each for each in ids if each not in known]

    def _store(self, kind: type[Run] | type[LoggedModel], ids: list[str], snapshots: list[Any]) -> None:
        spoilt = self.registry.spoilt.keys()
        with transaction.atomic():
            if kind is Run:
                self._store_runs(snapshots)
                gone = Run.objects.filter(run_id__in=set(ids) - {each.run_id for each in snapshots} - spoilt)
                gone.filter(server=self.server, vanished_at=None).update(vanished_at=self.at)
            else:
                self._store_models(snapshots)
                missing = LoggedModel.objects.filter(
                    model_id__in=set(ids) - {each.model_id for each in snapshots} - spoilt
                )
                missing.filter(server=self.server, vanished_at=None).update(vanished_at=self.at)

    def _store_runs(self, snapshots: list[RunSnapshot]) -> None:
        said = {snapshot.run_id: told.of_run(snapshot) for snapshot in snapshots}
        rows = self._rows(Run, "run_id", said, when_changed={"inputs_read": False})
        self._store_inputs(snapshots, rows)
        for snapshot in snapshots:
            pk = rows[snapshot.run_id].pk
            self._links += [(pk, model_id, RunModel.Role.INPUT) for model_id in snapshot.model_inputs]
            self._links += [(pk, model_id, RunModel.Role.OUTPUT) for model_id in snapshot.model_outputs]
            self._want_runs([snapshot.parent_run_id])
            self._want_models([*snapshot.model_inputs, *snapshot.model_outputs])

    def _store_inputs(self, snapshots: list[RunSnapshot], rows: Mapping[str, Run]) -> None:
        described: dict[str, dict[str, Any]] = {}
        uses: set[tuple[int, str, str]] = set()
        for snapshot in snapshots:
            for used in snapshot.dataset_inputs:
                said = used.dataset.model_dump()
                said["schema"] = said.pop("schema_text")
                fingerprint = canonical.digest(said)
                described[fingerprint] = said | {field: said[field][:64] for field in ("digest", "source_type")}
                uses.add((rows[snapshot.run_id].pk, fingerprint, used.context))
        if not uses:
            return
        datasets = self._rows(Dataset, "fingerprint", described)
        wanted = {(run, datasets[fingerprint].pk, context) for run, fingerprint, context in uses}
        known = RunInput.objects.filter(run_id__in={run for run, _, _ in wanted})
        missing = wanted - set(known.values_list("run_id", "dataset_id", "context"))
        new = [RunInput(run_id=run, dataset_id=dataset, context=context) for run, dataset, context in sorted(missing)]
        RunInput.objects.bulk_create(new, ignore_conflicts=True)

    def _store_models(self, snapshots: list[LoggedModelSnapshot]) -> None:
        self._rows(LoggedModel, "model_id", {each.model_id: told.of_logged_model(each) for each in snapshots})
        self._fresh.update(snapshot.model_id for snapshot in snapshots)
        for snapshot in snapshots:
            self._want_runs([snapshot.source_run_id, *(metric.run_id for metric in snapshot.metrics)])

    def _link(self) -> None:
        """Write which runs used and produced which logged models, once all of them have rows."""
        links, self._links = self._links, []
        for start in range(0, len(links), AT_ONCE):
            part = links[start : start + AT_ONCE]
            named = LoggedModel.objects.filter(server=self.server, model_id__in={model_id for _, model_id, _ in part})
            ids = dict(named.values_list("model_id", "pk"))
            wanted = {(run, ids[model_id], role) for run, model_id, role in part if model_id in ids}
            known = RunModel.objects.filter(run_id__in={run for run, _, _ in wanted})
            missing = wanted - set(known.values_list("run_id", "logged_model_id", "role"))
            new = [RunModel(run_id=run, logged_model_id=model, role=role) for run, model, role in sorted(missing)]
            RunModel.objects.bulk_create(new, ignore_conflicts=True)

    def _rows(
        self, kind: type[M], key: str, said: dict[str, dict[str, Any]], *, when_changed: Mapping[str, Any] | None = None
    ) -> dict[str, M]:
        """Return the rows of `kind` by their `key`, written where there was none or it said something else."""
        rows: dict[str, M] = {
            getattr(row, key): row for row in _manager(kind).filter(server=self.server, **{f"{key}__in": list(said)})
        }
        fields = [*next(iter(said.values()), {}), *(when_changed or {})]
        if kind is not Dataset:
            fields.append("vanished_at")
        differing = []
        for name, each in said.items():
            row = rows.get(name)
            if row is None:
                rows[name] = kind(server=self.server, first_seen_at=self.at, **{key: name}, **each)
                differing.append(rows[name])
            elif getattr(row, "vanished_at", None) or any(
                getattr(row, field) != value for field, value in each.items()
            ):
                for field, value in (each | {"vanished_at": None} | dict(when_changed or {})).items():
                    setattr(row, field, value)
                differing.append(row)
        _manager(kind).bulk_create(
            differing, update_conflicts=True, unique_fields=["server", key], update_fields=fields
        )
        return rows


def _manager(kind: type[M]) -> models.Manager[M]:
    return kind._default_manager
