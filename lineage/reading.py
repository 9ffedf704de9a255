"""One synchronisation: names and aliases first, then what versions came from, then their files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q, QuerySet

from governance.errors import DomainError
from lineage import history, rows
from lineage.ancestry import FINISHED, Ancestry
from lineage.bulk import BulkRegistry
from lineage.comparing import compared
from lineage.errors import RegistryMissing, RegistryNonsense, RegistryUnavailable
from lineage.facts import StageChange, TagChange
from lineage.hashing import compare_and_store, looking
from lineage.linking import join_used, trace
from lineage.mirror import Mirror, Sight
from lineage.models import Alias, AliasChange, Experiment, ModelVersion, RegisteredModel, Run, StateChange, SyncReport
from lineage.snapshots import RegisteredModelSnapshot, VersionSnapshot

Progress = Callable[[int, str], None]
READ_SHARE = 70
"""Percent of the progress that reading names, aliases and runs is given; hashing has the rest."""
FEW = 20
"""Up to how many models are read one by one; for more, reading everything the server has is quicker."""
READ_AGAIN = timedelta(days=1)
"""How old what is known of ended runs and of logged models may be: MLflow tells of no change to them."""
TRY_AGAIN = timedelta(minutes=10)
"""When files that could not be read are asked for again."""


class Reading:
    """Brings the mirror of `report.server` up to date."""

    def __init__(
        self, *, registry: BulkRegistry, report: SyncReport, at: datetime, progress: Progress | None = None
    ) -> None:
        self.registry = registry
        self.report = report
        self.server = report.server
        self.at = at
        self.progress = progress
        self.mirror = Mirror(registry=registry, server=self.server, at=at, report=report)
        self.ancestry = Ancestry(registry=registry, server=self.server, at=at)
        self._nonsense: list[RegistryNonsense] = []

    def run(self, names: Iterable[str] | None) -> None:
        """Read names and aliases first, since hashing may take long and a moved alias should be seen soon.

        One model that cannot be understood keeps none of the others from being read; it fails the whole at the end.
        """
        wanted = None if names is None else sorted(set(names))
        self.read_pages(wanted)
        self._read_inputs()
        join_used(ancestry=self.ancestry, mirror=self.mirror)
        self._read_inputs()
        self._experiments()
        self._hash_waiting(wanted)
        if self._nonsense:
            raise self._nonsense[0]

    def read_pages(self, wanted: list[str] | None) -> None:
        """Read what searches show of the models `wanted` (all when None), and of what their versions came from."""
        if wanted is None or len(wanted) > FEW:
            self._everything(wanted)
        else:
            for number, name in enumerate(wanted):
                self._tell(READ_SHARE * number // len(wanted), f"reading {name}")
                self._model(name)
        history.note_renamed(self.report, at=self.at)
        self._lineage(wanted)

    # --- registered models and versions

    def _everything(self, wanted: list[str] | None) -> None:
        self._tell(0, "reading all models")
        living = RegisteredModel.objects.filter(server=self.server, vanished_at=None)
        missing = set(living.values_list("name", flat=True)) if wanted is None else set(wanted)
        found = self.registry.everything()
        for part in compared(self.server, (each for each in found if wanted is None or each[0].name in missing)):
            same: list[int] = []
            new: list[Sight] = []
            former = self._ever_seen([model.name for (model, _), _ in part])
            for (model, versions), known in part:
                missing.discard(model.name)
                if versions is None or known.expects_more(model, versions):
                    self._model(model.name)
                elif known.is_same(model, versions):
                    same.append(known.pk)
                elif model.name not in former:
                    new.append((model, versions))
                else:
                    self._tell(self.report.percent, f"reading {model.name}")
                    self._store(model, versions)
            RegisteredModel.objects.filter(pk__in=same).update(read_at=self.at)
            self._store_new(new)
        for name in sorted(missing):
            self._model(name)

    def _model(self, name: str) -> None:
        """Read one model by its name, so that neither a tag nor a page hides it."""
        try:
            snapshot = self.registry.registered_model(name=name)
            living = ModelVersion.objects.filter(
                registered_model__server=self.server,
                registered_model__name=name,
                registered_model__created_ms=snapshot.creation_timestamp,
                vanished_at=None,
            )
            found = self.registry.versions(name=name, known=living.values_list("version", flat=True))
            snapshot = self.registry.registered_model(name=name)
            seen = {version.version for version in found}
            late = self.registry.numbered(name=name, numbers=set(snapshot.aliases.values()) - seen)
            self._store(snapshot, (*found, *late))
        except RegistryMissing:
            self._vanished(name)
        except RegistryNonsense as error:
            self._nonsense.append(error)

    def _store(self, snapshot: RegisteredModelSnapshot, found: tuple[VersionSnapshot, ...]) -> None:
        with transaction.atomic():
            self._drop_aliases(snapshot.name, except_created_ms=snapshot.creation_timestamp)
            findings = len(self.report.findings)
            self._note_hidden(snapshot)
            model = self.mirror.registered_model(snapshot)
            visible = set(model.versions.filter(is_hidden=False).values_list("pk", flat=True))
            rows, changed = self.mirror.versions(model, found)
            self._note_changes(rows, changed, visible)
            self.mirror.vanish_versions(model, keep=frozenset(row.pk for row in rows))
            targets = {row.version: row for row in rows}
            self._aliases(model, {alias: targets.get(number) for alias, number in snapshot.aliases.items()})
            RegisteredModel.objects.filter(pk=model.pk).update(read_at=self.at)
            if len(self.report.findings) > findings:
                self.report.save(update_fields=["findings"])

    def _ever_seen(self, names: list[str]) -> set[str]:
        return set(RegisteredModel.objects.filter(server=self.server, name__in=names).values_list("name", flat=True))

    def _store_new(self, found: list[Sight]) -> None:
        """Write models of which nothing is known with few statements."""
        with transaction.atomic():
            ids = self.mirror.first_seen(found)
            pointing = {ids[model.name]: model.aliases for model, _ in found if model.aliases}
            targets = ModelVersion.objects.filter(registered_model__in=pointing, vanished_at=None)
            places = targets.values_list("registered_model_id", "version", "pk")
            numbers = {(model, number): pk for model, number, pk in places}
            moves = [
                (model, alias, numbers[model, number])
                for model, aliases in pointing.items()
                for alias, number in sorted(aliases.items())
            ]
            AliasChange.objects.bulk_create(
                AliasChange(registered_model_id=model, alias=alias, after_id=pk, report=self.report, seen_at=self.at)
                for model, alias, pk in moves
            )
            Alias.objects.bulk_create(
                Alias(registered_model_id=model, name=alias, version_id=pk, seen_at=self.at)
                for model, alias, pk in moves
            )

    def _note_changes(self, rows: list[ModelVersion], changed: list[StateChange], visible: set[int]) -> None:
        for change in changed:
            if change.version_id and change.what == StateChange.What.TAG:
                tag = TagChange(version_id=change.version_id, key=change.key, before=change.before, after=change.after)
                self.report.findings.append(tag.as_dict())
            if change.version_id and change.what == StateChange.What.STAGE:
                stage = StageChange(version_id=change.version_id, before=change.before or "", after=change.after or "")
                self.report.findings.append(stage.as_dict())
        hidden = [row.uri for row in rows if row.is_hidden and row.pk in visible]
        self.report.findings += [{"kind": "hidden", "what": uri} for uri in hidden]

    def _note_hidden(self, snapshot: RegisteredModelSnapshot) -> None:
        if snapshot.is_hidden and self._living(snapshot.name).filter(is_hidden=False).exists():
            self.report.findings.append({"kind": "hidden", "what": f"models:/{snapshot.name}"})

    def _aliases(self, model: RegisteredModel, now: dict[str, ModelVersion | None]) -> None:
        """Compare where the aliases point with where they pointed; the model's row is locked against another sync."""
        RegisteredModel.objects.select_for_update().get(pk=model.pk)
        before = {alias.name: alias for alias in model.aliases.select_related("version")}
        for name in sorted(before.keys() | now.keys()):
            old = before[name].version if name in before else None
            new = now.get(name)
            if old == new:
                continue
            AliasChange.objects.create(
                registered_model=model, report=self.report, alias=name, before=old, after=new, seen_at=self.at
            )
            Alias.objects.update_or_create(
                registered_model=model, name=name, defaults={"version": new, "seen_at": self.at}
            )

    def _drop_aliases(self, name: str, *, except_created_ms: int = -1) -> None:
        pointing = RegisteredModel.objects.filter(server=self.server, name=name, aliases__version__isnull=False)
        for model in pointing.exclude(created_ms=except_created_ms).distinct():
            self._aliases(model, {})

    def _vanished(self, name: str) -> None:
        with transaction.atomic():
            self._drop_aliases(name)
            for model in self._living(name):
                self.mirror.vanish_model(model)

    def _living(self, name: str) -> QuerySet[RegisteredModel]:
        return RegisteredModel.objects.filter(server=self.server, name=name, vanished_at=None)

    # --- what versions came from, and their files

    def _versions(self, wanted: list[str] | None) -> QuerySet[ModelVersion]:
        rows = ModelVersion.objects.filter(registered_model__server=self.server, vanished_at=None)
        return rows if wanted is None else rows.filter(registered_model__name__in=wanted)

    def _lineage(self, wanted: list[str] | None) -> None:
        self._tell(READ_SHARE // 2, "reading what the versions came from")
        rows = self._versions(wanted)
        unfinished = Run.objects.filter(server=self.server, vanished_at=None).exclude(status__in=FINISHED)
        self.ancestry.read(runs=unfinished.values_list("run_id", flat=True))
        stale = rows.filter(lineage_read_at__lte=self.at - READ_AGAIN)
        for again, part in ((False, rows.filter(lineage_read_at=None)), (True, stale)):
            self.ancestry.again = again
            trace(part.values_list("pk", flat=True), ancestry=self.ancestry, mirror=self.mirror)
        self.ancestry.again = False
        experiments = rows.values_list("run__experiment_id", "logged_model__experiment_id").distinct()
        sources = sorted({each for pair in experiments for each in pair if each})
        self._attempt("evidence", lambda: self.ancestry.see(self.registry.evidence(sources)))
        for what, error in self.registry.spoilt.items():
            self._problem(what, error)

    def _experiments(self) -> None:
        """Write the experiments, where reading runs had them listed."""
        listed = self.registry.__dict__.get("experiments", {})
        own = {"server_id": self.server.pk, "first_seen_at": self.at}
        said = [
            {"experiment_id": key, "name": each.name, "stage": each.lifecycle_stage} | own
            for key, each in listed.items()
        ]
        rows.upsert(Experiment, said, key=("server_id", "experiment_id"), first=("first_seen_at",), reset=())

    def _read_inputs(self) -> None:
        for run_id in self.ancestry.unread():
            self._tell(READ_SHARE - 1, f"reading run {run_id}")
            self._attempt(f"run {run_id}", partial(self.ancestry.read_whole, run_id))

    def _hash_waiting(self, wanted: list[str] | None) -> None:
        waiting = self._versions(wanted).filter(digests=None, status="READY", is_prompt=False)
        waiting = waiting.filter(Q(hashing_failed_at=None) | Q(hashing_failed_at__lte=self.at - TRY_AGAIN))
        ids = list(waiting.order_by("pk").values_list("pk", flat=True))
        for number, pk in enumerate(ids):
            version = ModelVersion.objects.select_related("registered_model__server").get(pk=pk)
            self._tell(READ_SHARE + (100 - READ_SHARE) * number // len(ids), f"hashing {version.uri}")
            self._attempt(version.uri, partial(self._hash, version))

    def _hash(self, version: ModelVersion) -> None:
        with looking(version, at=self.at):
            version.artifact_uri = self.registry.download_uri(name=version.name, version=version.version)
            ModelVersion.objects.filter(pk=version.pk).update(artifact_uri=version.artifact_uri)
            manifest = self.registry.hash_model(uri=version.artifact_uri)
            compare_and_store(version=version, manifest=manifest, at=self.at)

    def _attempt(self, what: str, read: Callable[[], None]) -> None:
        """Do `read`; what clients of MLflow spoilt is noted as a problem of `what`, an outage is raised."""
        try:
            read()
        except RegistryUnavailable:
            raise
        except DomainError as error:
            self._problem(what, error)

    def _problem(self, what: str, error: DomainError) -> None:
        self.report.problems.append({"what": what, "code": error.code, "message": error.message})
        self.report.save(update_fields=["problems"])

    def _tell(self, percent: int, what: str) -> None:
        self.report.percent, self.report.what = percent, what[:300]
        self.report.save(update_fields=["percent", "what"])
        if self.progress:
            self.progress(percent, what)
