"""Reading checkpoints and evidence, and the lineage as far as the reader may see it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.core.files import File
from django.db.models import QuerySet

from governance.accounts.models import User
from governance.audit.sealed import read_together
from governance.errors import no_such
from governance.evidence import objective, policies, store
from governance.evidence.edge_cases import HELD_OUT
from governance.evidence.models import (
    Checkpoint,
    EdgeCaseExposure,
    EdgeCaseSet,
    EvaluationRun,
    EvidenceUpload,
    Observation,
)
from governance.specs.models import SpecificationVersion
from governance.systems import selectors as systems
from governance.systems.models import AISystem, RegisteredModelLink
from lineage import selectors as lineage
from lineage.graph import SOURCE, Graph, Node
from lineage.models import ModelVersion
from lineage.registry import MODEL_URI, logged_model_id

Name = tuple[str, str]
"""A registered model: the key of its server, and its name."""


class MeasuredOf(NamedTuple):
    """An edge signal's document, and the evaluation that measured it."""

    evaluation: EvaluationRun
    document: dict[str, Any]


def checkpoint_of(version: ModelVersion) -> Checkpoint | None:
    """Return the registration of a model version, if somebody registered it."""
    return Checkpoint.objects.select_related("registered_by").filter(model_version=version).first()


def checkpoints(*, system: AISystem) -> QuerySet[Checkpoint]:
    """Return what has been registered for a system (that the reader may see), newest first."""
    rows = Checkpoint.objects.filter(system=system).select_related("registered_by", "model_version__registered_model")
    return rows.order_by("-pk")


def evaluations(version: ModelVersion) -> QuerySet[EvaluationRun]:
    """Return every evaluation of a version, newest first."""
    rows = EvaluationRun.objects.filter(model_version=version).select_related("read_by", "specification")
    return rows.prefetch_related("observations").order_by("-pk")


def file(*, system_key: str, digest: str, by: User, at: datetime) -> File[bytes]:
    """Return an uploaded file of a system, open. Raises NotFound, NotPermitted for whoever neither brings in evidence
    nor audits, and Conflict when what was kept was altered."""
    system = systems.system(key=system_key, by=by)
    policies.check_can_read_file(by=by, system=system, at=at)
    kept = EvaluationRun.objects.filter(system=system, table_digest=digest, file__is_kept=True)
    if not digest.isalnum() or not kept.exists():
        raise no_such("file")
    return store.content(digest)


def upload(*, system_key: str, upload_id: int, by: User, at: datetime) -> EvidenceUpload:
    """Return a large file on its way. Raises NotFound, and NotPermitted for whoever neither brings in evidence nor
    audits."""
    system = systems.system(key=system_key, by=by)
    policies.check_can_read_file(by=by, system=system, at=at)
    row = uploads_of(system=system).filter(pk=upload_id).first()
    if row is None:
        raise no_such("upload")
    return row


def uploads_of(*, system: AISystem) -> QuerySet[EvidenceUpload]:
    """Return every large file that was sent to a system (that the reader may see), newest first."""
    rows = EvidenceUpload.objects.filter(system=system).select_related("begun_by", "evaluation")
    return rows.select_related("model_version__registered_model").order_by("-pk")


def evaluations_of(*, system: AISystem) -> QuerySet[EvaluationRun]:
    """Return every evaluation that was read for a system (that the reader may see), newest first."""
    rows = EvaluationRun.objects.filter(system=system).select_related("read_by", "specification")
    return rows.select_related("model_version__registered_model").order_by("-pk")


def edge_case_sets(*, system: AISystem) -> list[EdgeCaseSet]:
    """Return every version of every set of edge cases of a system (that the reader may see), by key, newest first, with
    what each was opened for."""
    rows = EdgeCaseSet.objects.filter(system=system).select_related("written_by")
    found = list(rows.prefetch_related("exposures__by", "exposures__model_version").order_by("key", "-version"))
    read_together(exposure for row in found for exposure in row.exposures.all())
    return found


def contaminated_by(edge_cases: EdgeCaseSet) -> list[EdgeCaseExposure]:
    """Return the exposures that ended a set's being held out: models that were trained on it."""
    return [exposure for exposure in edge_cases.exposures.all() if exposure.how == "trained"]


def is_readable(edge_cases: EdgeCaseSet) -> bool:
    """Say whether a set's cases are there for everybody who sees the system: for development, or demoted to it."""
    return edge_cases.split != HELD_OUT or bool(contaminated_by(edge_cases))


def makers(version: ModelVersion) -> dict[str, str]:
    """Return who registered, evaluated or trained a version, or brought its evidence in: opaque id → what they did.

    MLflow's user names count when they are an address that is known here.
    """
    people: dict[str, str] = {}
    if checkpoint := checkpoint_of(version):
        people[str(checkpoint.registered_by_id)] = "You registered this model version."
    for evaluation in evaluations(version):
        people[str(evaluation.read_by_id)] = "You brought in its evidence."
        people |= _by_address(evaluation.evaluator, "You evaluated this model version.")
    for trainer in lineage.makers(version):
        people |= _by_address(trainer, "You trained this model version.")
    return people


def observations(*, version: ModelVersion, specification: SpecificationVersion, context_key: str) -> list[Observation]:
    """Return the newest observation for each dimension, metric and group of a version in a context, of those that
    were read under `specification`: of the evaluation that ran last, whenever it was read."""
    rows = Observation.objects.filter(
        evaluation__model_version=version, evaluation__specification=specification, context_key=context_key
    )
    keys = ("dimension", "metric", "aggregate", "group_key")
    newest = ("-evaluation__evaluated_at", "-evaluation_id")
    return list(rows.select_related("evaluation").order_by(*keys, *newest).distinct(*keys))


def observations_beside(
    *, version: ModelVersion, specification: SpecificationVersion, context_key: str, metrics: Collection[str]
) -> list[Observation]:
    """Return the newest observations of `metrics` in a context as `observations` does, of every model but the version's
    that was evaluated under `specification`."""
    if not metrics:
        return []
    rows = Observation.objects.filter(
        evaluation__specification=specification, context_key=context_key, metric__in=metrics
    ).exclude(evaluation__model_digest=version.digest)
    keys = ("evaluation__model_digest", "dimension", "metric", "aggregate", "group_key")
    newest = ("-evaluation__evaluated_at", "-evaluation_id")
    return list(rows.select_related("evaluation").order_by(*keys, *newest).distinct(*keys))


def signals(*, version: ModelVersion, specification: SpecificationVersion, context_key: str) -> list[MeasuredOf]:
    """Return each edge signal of a version in a context as `observations` does: by the evaluation that ran last of
    those that measured it."""
    rows = EvaluationRun.objects.filter(model_version=version, specification=specification)
    found: dict[tuple[str, ...], MeasuredOf] = {}
    for row in rows.order_by("-evaluated_at", "-pk"):
        for document in row.signals:
            if document["context"] == context_key:
                key = tuple(document[name] for name in ("signal", "dimension", "metric", "beside", "group"))
                found.setdefault(key, MeasuredOf(row, document))
    return [found[key] for key in sorted(found)]


def in_use(*, version: ModelVersion, specification: SpecificationVersion, context_key: str) -> list[list[str]]:
    """Return run id and digest of each evaluation that `observations` or `signals` take something from, sorted."""
    what: dict[str, Any] = {"version": version, "specification": specification, "context_key": context_key}
    used = [row.evaluation for row in observations(**what)] + [row.evaluation for row in signals(**what)]
    return [list(pair) for pair in sorted({(row.run_id, row.digest) for row in used})]


def seen(*, version: ModelVersion, specification: SpecificationVersion) -> int:
    """Return how many evaluations of a version were read under `specification`, used or not: who tries often passes
    once by luck."""
    return EvaluationRun.objects.filter(model_version=version, specification=specification).count()


def shown(*, version: ModelVersion, pairs: list[list[str]]) -> list[dict[str, Any]]:
    """Return the evaluations with these runs and digests as signers are shown them: whence, and how many values were
    left out when each was read."""
    left_out = {row.digest: row.file["left_out"] for row in EvaluationRun.objects.filter(model_version=version)}
    return [{"run": run, "digest": digest, "left_out": left_out[digest]} for run, digest in pairs]


def evaluations_by_digest(*, digests: set[str], version: ModelVersion) -> list[EvaluationRun]:
    """Return the evaluations of a version with these digests, by run."""
    rows = EvaluationRun.objects.filter(model_version=version, digest__in=digests)
    return list(rows.order_by("run_id", "-pk").distinct("run_id"))


def known_as(name: str) -> str:
    """Return the opaque id of whoever has the address `name` here, or `name` itself: an address of somebody who can be
    erased does not go into a record that nobody can change."""
    user = _person(name)
    return user.actor if user else name


def evaluator_of(evaluation: EvaluationRun) -> str:
    """Return who evaluated, as people read it: a name, what a client asserted, or that it was erased."""
    user = _person(evaluation.evaluator)
    return (user.name or "erased") if user else evaluation.evaluator


def _by_address(name: str, because: str) -> dict[str, str]:
    user = _person(name)
    return {user.actor: because} if user else {}


def _person(name: str) -> User | None:
    """Whoever has this address, or this opaque id."""
    if "@" in name:
        return User.objects.filter(email__iexact=name).first()
    try:
        return User.objects.filter(pk=UUID(name)).first()
    except ValueError:
        return None


def lineage_graph(*versions: ModelVersion, by: User) -> Graph:
    """Return the lineage of versions that `by` may see. Versions of systems that are hidden from `by` are withheld
    but for their digest, and what lies beyond them is not shown."""
    sight = _sight(lineage.upstream(*versions), names=_visible(by, starts=versions))
    return lineage.lineage_graph(*versions, stop_at=sight.hidden).mapped(sight.shown)


def upstream(version: ModelVersion, *, by: User) -> tuple[Node, ...]:
    """Return everything that a version came from, itself included, withheld as in `lineage_graph`."""
    sight = _sight(lineage.upstream(version), names=_visible(by, starts=[version]))
    return tuple(map(sight.shown, lineage.upstream(version, stop_at=sight.hidden)))


def downstream(version: ModelVersion, *, by: User) -> tuple[Node, ...]:
    """Return everything that came of a version, itself included, withheld as in `lineage_graph`."""
    sight = _sight(lineage.downstream(version), names=_visible(by, starts=[version]))
    return tuple(map(sight.shown, lineage.downstream(version, stop_at=sight.hidden)))


def lineage_snapshot(version: ModelVersion, *, system: AISystem) -> dict[str, Any]:
    """Return the lineage of a version as it goes on record for `system`, whose readers may see no other: of versions
    that serve another system, or none, only the digest."""
    names = set(system.registered_models.values_list("server_key", "name"))
    sight = _sight(lineage.upstream(version), names={*names, (version.server.key, version.name)})
    return lineage.snapshot(version, withheld=sight.hidden)


def objectives(version: ModelVersion, *, system: AISystem) -> list[dict[str, Any]]:
    """Return what the runs that a version came from say that they aimed at, as far as readers of `system` may see them.

    Raises Invalid that names the run whose tag cannot be read.
    """
    names = set(system.registered_models.values_list("server_key", "name"))
    sight = _sight(lineage.upstream(version), names={*names, (version.server.key, version.name)})
    stated = lineage.tagged_runs(version, tag=objective.TAG, stop_at=sight.hidden)
    return [objective.document(objective.read(text, run=run), run=run) for run, text in stated]


def is_registered(*, digest: str) -> bool:
    """Say whether somebody registered a model version with these bytes, for any system."""
    return Checkpoint.objects.filter(digest=digest).exists()


@dataclass(frozen=True, slots=True)
class _Sight:
    """Ids of the versions that somebody may not see, and of those that are copied from what they may not see."""

    hidden: frozenset[int]
    copies: frozenset[int]

    def shown(self, node: Node) -> Node:
        if node.kind != "version":
            return node
        if node.key in self.hidden:
            return node.withheld()
        return node.without(SOURCE) if node.key in self.copies else node


def _visible(by: User, *, starts: Iterable[ModelVersion]) -> set[Name]:
    """Return the registered models that `by` may see; they found `starts` in a system that they may see."""
    visible = RegisteredModelLink.objects.filter(system__in=AISystem.objects.all().visible_to(by))
    return {*visible.values_list("server_key", "name"), *((start.server.key, start.name) for start in starts)}


def _sight(nodes: Iterable[Node], *, names: set[Name]) -> _Sight:
    """Return what nobody may see of `nodes` who may see only the registered models `names`."""
    keys = [node.key for node in nodes if node.kind == "version"]
    rows = list(ModelVersion.objects.filter(pk__in=keys).select_related("registered_model__server"))
    return _Sight(
        hidden=frozenset(row.pk for row in rows if (row.server.key, row.name) not in names),
        copies=frozenset(row.pk for row in rows if (row.server.key, _origin(row) or row.name) not in names),
    )


def _origin(version: ModelVersion) -> str:
    """Return the name of the registered model that a version says it is a copy of, if it says so."""
    if not version.source.startswith("models:/") or logged_model_id(version.source):
        return ""
    match = MODEL_URI.match(version.source)
    return match["name"] if match else version.source
