"""What versions came from: runs, parents, data sets and logged models, read a thousand at a time while the last are
written, and written only where they differ."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any

from django.db import transaction

from governance import canonical
from lineage import linked, rows, told
from lineage.bulk import AT_ONCE, BulkRegistry
from lineage.errors import RegistryMissing
from lineage.models import Dataset, LoggedModel, Run, RunModel, TrackingServer, VersionUse
from lineage.snapshots import IDENTIFIER, DatasetSnapshot, LoggedModelSnapshot, RunSnapshot

FINISHED = frozenset({"FINISHED", "FAILED", "KILLED"})
READY = frozenset({"LOGGED_MODEL_READY", "READY"})
AHEAD = 2
"""How many answers are asked for at once: MLflow makes one while another is understood, and a third is written."""
INPUT, OUTPUT = RunModel.Role.INPUT.value, RunModel.Role.OUTPUT.value
PROMPT, BASE = VersionUse.Role.PROMPT.value, VersionUse.Role.BASE.value
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
        self._links: list[dict[str, str]] = []
        self._uses: list[dict[str, str | None]] = []

    def read(self, *, runs: Iterable[str] = (), logged_models: Iterable[str] = ()) -> None:
        """Read these and everything they came from into rows; raises RegistryError, and keeps what was read by then."""
        self._want_runs(runs)
        self._want_models(logged_models)
        with ThreadPoolExecutor(max_workers=AHEAD) as reader:
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
        unread = Run.objects.filter(server=self.server, inputs_read=False, vanished_at=None)
        if only is not None:
            unread = unread.filter(run_id__in=only)
        done: set[str] = set()
        while waiting := [each for each in unread.values_list("run_id", flat=True).order_by("pk") if each not in done]:
            for run_id in waiting:
                done.add(run_id)
                yield run_id

    def named(self, role: str) -> set[linked.Version]:
        """Return the versions of the registry that the tags of what was read name, and that are not joined yet."""
        return {(str(use["name"]), str(use["number"])) for use in self._uses if use["role"] == role}

    def join_versions(self) -> None:
        """Write which runs and logged models used which versions, as far as those have rows by now."""
        uses, self._uses = self._uses, []
        for start in range(0, len(uses), AT_ONCE):
            rows.link(rows.VERSION_USES, uses[start : start + AT_ONCE], server=self.server.pk)

    def _note_uses(self, said: Mapping[str, str], *, run: str | None = None, logged: str | None = None) -> None:
        used = [(PROMPT, place) for place in linked.prompts(said)]
        if run and (began := linked.base(said)):
            used.append((BASE, began))
        self._uses += [
            {"run": run, "logged": logged, "name": name, "number": number, "role": role}
            for role, (name, number) in used
        ]

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
        own = {"server_id": self.server.pk, "first_seen_at": self.at, "vanished_at": None, "inputs_read": False}
        said = [{"run_id": each.run_id, **told.of_run(each), **own} for each in snapshots]
        rows.upsert(Run, said, key=("server_id", "run_id"), first=("first_seen_at",), reset=("inputs_read",))
        self._store_inputs(snapshots)
        for snapshot in snapshots:
            for role, ids in ((INPUT, snapshot.model_inputs), (OUTPUT, snapshot.model_outputs)):
                self._links += [{"run": snapshot.run_id, "model": model_id, "role": role} for model_id in ids]
            self._note_uses(snapshot.tags, run=snapshot.run_id)
            self._want_runs([snapshot.parent_run_id])
            self._want_models([*snapshot.model_inputs, *snapshot.model_outputs])

    def _store_inputs(self, snapshots: list[RunSnapshot]) -> None:
        described: dict[DatasetSnapshot, dict[str, Any]] = {}
        uses: list[dict[str, str]] = []
        for snapshot in snapshots:
            for used in snapshot.dataset_inputs:
                if (said := described.get(used.dataset)) is None:
                    said = described[used.dataset] = self._described(used.dataset)
                uses.append({"run": snapshot.run_id, "dataset": said["fingerprint"], "context": used.context})
        key = ("server_id", "fingerprint")
        rows.upsert(Dataset, list(described.values()), key=key, first=("first_seen_at",), reset=())
        rows.link(rows.RUN_INPUTS, uses, server=self.server.pk)

    def _described(self, dataset: DatasetSnapshot) -> dict[str, Any]:
        said = dataset.model_dump()
        said["schema"] = said.pop("schema_text")
        cut = {field: said[field][:64] for field in ("digest", "source_type")}
        own = {"server_id": self.server.pk, "first_seen_at": self.at}
        return {"fingerprint": canonical.digest(said), **said, **cut, **own}

    def _store_models(self, snapshots: list[LoggedModelSnapshot]) -> None:
        own = {"server_id": self.server.pk, "first_seen_at": self.at, "vanished_at": None}
        said = [{"model_id": each.model_id, **told.of_logged_model(each), **own} for each in snapshots]
        rows.upsert(LoggedModel, said, key=("server_id", "model_id"), first=("first_seen_at",), reset=())
        self._fresh.update(snapshot.model_id for snapshot in snapshots)
        for snapshot in snapshots:
            self._note_uses(snapshot.tags, logged=snapshot.model_id)
            self._want_runs([snapshot.source_run_id, *(metric.run_id for metric in snapshot.metrics)])

    def _link(self) -> None:
        """Write which runs used and produced which logged models, once all of them have rows."""
        links, self._links = self._links, []
        for start in range(0, len(links), AT_ONCE):
            rows.link(rows.RUN_MODELS, links[start : start + AT_ONCE], server=self.server.pk)
