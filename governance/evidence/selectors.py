"""Reading checkpoints and evidence, and the lineage as far as the reader may see it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.core.files import File
from django.db.models import Max, QuerySet

from governance.accounts.models import User
from governance.audit.sealed import read_together
from governance.errors import no_such
from governance.evidence import objective, policies, sight, store
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
from governance.systems.models import AISystem
from lineage import selectors as lineage
from lineage import tags
from lineage.graph import Graph
from lineage.models import ModelVersion


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
    """Return the evaluations with these runs and digests as signers are shown them: whence, how many values were left
    out when each was read, and which cases of an earlier evaluation it lacks, if any."""
    rows = {row.digest: row for row in EvaluationRun.objects.filter(model_version=version)}
    return [
        {"run": run, "digest": digest, "left_out": rows[digest].file["left_out"]}
        | ({"missing": rows[digest].lacks} if rows[digest].missing else {})
        for run, digest in pairs
    ]


def last_read(*, versions: Collection[ModelVersion]) -> dict[int, datetime]:
    """Return when evidence about each of `versions` was read last, by the version's id; those without any are not
    there."""
    rows = EvaluationRun.objects.filter(model_version__in=versions).order_by()
    return dict(rows.values_list("model_version_id").annotate(last=Max("read_at")))


def evaluated_as(*, system: AISystem, digests: Collection[str]) -> dict[str, list[str]]:
    """Return the versions of a system (that the reader may see) that were evaluated with each of these bytes, by their
    digest: `models:/NAME/VERSION`, sorted."""
    rows = EvaluationRun.objects.filter(system=system, model_digest__in=set(digests))
    pairs = {
        (row.model_digest, row.model_version.uri) for row in rows.select_related("model_version__registered_model")
    }
    found: dict[str, list[str]] = {}
    for digest, uri in sorted(pairs):
        found.setdefault(digest, []).append(uri)
    return found


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


def lineage_graph(*versions: ModelVersion, by: User, as_of: datetime | None = None) -> Graph:
    """Return the lineage of versions that `by` may see, as known at `as_of` if that is given. Versions of systems that
    are hidden from `by` are withheld but for their digest, and what lies beyond them is not shown."""
    seen = sight.of(lineage.above(*versions), names=sight.visible(by, starts=versions))
    return lineage.lineage_graph(*versions, stop_at=seen.hidden, as_of=as_of).mapped(seen.shown)


def lineage_snapshot(version: ModelVersion, *, system: AISystem) -> dict[str, Any]:
    """Return the lineage of a version as it goes on record for `system`, whose readers may see no other: of versions
    that serve another system, or none, only the digest."""
    names = set(system.registered_models.values_list("server_key", "name"))
    seen = sight.of(lineage.above(version), names={*names, (version.server.key, version.name)})
    return lineage.snapshot(version, withheld=seen.hidden)


def objectives(version: ModelVersion, *, system: AISystem) -> list[dict[str, Any]]:
    """Return what the runs that a version came from say that they aimed at, as far as readers of `system` may see them.

    Raises Invalid that names the run whose tag cannot be read.
    """
    names = set(system.registered_models.values_list("server_key", "name"))
    seen = sight.of(lineage.above(version), names={*names, (version.server.key, version.name)})
    stated = lineage.tagged_runs(version, tag=tags.OBJECTIVE, stop_at=seen.hidden)
    return [objective.document(objective.read(text, run=run), run=run) for run, text in stated]


def is_registered(*, digest: str) -> bool:
    """Say whether somebody registered a model version with these bytes, for any system."""
    return Checkpoint.objects.filter(digest=digest).exists()
