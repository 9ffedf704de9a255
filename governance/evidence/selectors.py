"""Reading checkpoints and evidence."""

from __future__ import annotations

from django.db.models import QuerySet

from governance.accounts.models import User
from governance.evidence.models import Checkpoint, EvaluationRun, Observation
from governance.specs.models import SpecificationVersion
from governance.systems.models import AISystem
from lineage import selectors as lineage
from lineage.models import ModelVersion


def checkpoint_of(version: ModelVersion) -> Checkpoint | None:
    """Return the registration of a model version, if somebody registered it."""
    return Checkpoint.objects.select_related("registered_by").filter(model_version=version).first()


def checkpoints(*, system: AISystem) -> QuerySet[Checkpoint]:
    """Return what has been registered for a system (that the reader may see), newest first."""
    rows = Checkpoint.objects.filter(system=system).select_related("registered_by", "model_version__registered_model")
    return rows.order_by("-pk")


def evaluations(version: ModelVersion) -> QuerySet[EvaluationRun]:
    """Return every evaluation of a version, newest first."""
    return EvaluationRun.objects.filter(model_version=version).select_related("read_by").order_by("-pk")


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


def in_use(*, version: ModelVersion, specification: SpecificationVersion, context_key: str) -> list[list[str]]:
    """Return run id and digest of each evaluation that `observations` takes something from, sorted."""
    rows = observations(version=version, specification=specification, context_key=context_key)
    return [list(pair) for pair in sorted({(row.evaluation.run_id, row.evaluation.digest) for row in rows})]


def seen(*, version: ModelVersion, specification: SpecificationVersion) -> int:
    """Return how many evaluations of a version were read under `specification`, used or not: who tries often passes
    once by luck."""
    return EvaluationRun.objects.filter(model_version=version, specification=specification).count()


def evaluations_by_digest(*, digests: set[str], version: ModelVersion) -> list[EvaluationRun]:
    """Return the evaluations of a version with these digests, by run."""
    rows = EvaluationRun.objects.filter(model_version=version, digest__in=digests)
    return list(rows.order_by("run_id", "-pk").distinct("run_id"))


def _by_address(address: str, because: str) -> dict[str, str]:
    user = User.objects.filter(email__iexact=address).first() if "@" in address else None
    return {user.actor: because} if user else {}
