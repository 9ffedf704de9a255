"""What rests on a dataset, a run or a commit: versions, candidates, approvals and deployments, as far as one may see.

A version rests on what it came from. A release also rests on the evidence that it was judged by, and so on the run that
evaluated and on its datasets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from governance.accounts.models import User
from governance.approvals.models import Approval, CandidateRevision, ReleaseCandidate
from governance.evidence import tracing
from governance.evidence.models import EvaluationRun
from governance.evidence.tracing import Traced
from governance.monitoring.models import Deployment
from governance.systems import selectors as systems
from lineage.models import ModelVersion

CAME, JUDGED = "came-of-it", "was-judged-by-it"
NAMED = "model_version__registered_model__server"


@dataclass(frozen=True, kw_only=True, slots=True)
class Impact:
    """Everything that rests on what was named. `judged` are the ids of the versions whose evidence rests on it."""

    traced: Traced
    versions: Sequence[ModelVersion]
    candidates: Sequence[ReleaseCandidate]
    approvals: Sequence[Approval]
    deployments: Sequence[Deployment]
    judged: frozenset[int]

    def because(self, version_id: int) -> list[str]:
        """Return why a version, or a release of it, is here: CAME, JUDGED, or both."""
        came = version_id in {version.pk for version in self.versions}
        return [CAME] * came + [JUDGED] * (version_id in self.judged)


def impact(word: str, *, by: User, as_of: datetime | None = None) -> Impact:
    """Return what rests on the things named `word`; with `as_of` what Edgewise knew then to be there. Raises NotFound
    and Invalid as `tracing.downstream`."""
    traced = tracing.downstream(word, by=by, as_of=as_of)
    came = [node.key for node in traced.graph.nodes if node.kind == "version" and not node.is_withheld]
    runs = [node.reference for node in traced.graph.nodes if node.kind == "run"]
    mine = systems.systems(by=by)
    evidence = EvaluationRun.objects.filter(system__in=mine, run_id__in=runs)
    if as_of is not None:
        evidence = evidence.filter(read_at__lte=as_of)
    pairs = {(row.model_version_id, row.digest) for row in evidence}
    candidates = _candidates(came, pairs, by=by, as_of=as_of)
    approvals = Approval.objects.visible_to(by).filter(decision__revision__candidate__in=candidates)
    live = Q(model_version__in=came) | Q(model_version__in=[row.model_version_id for row in approvals])
    deployments = Deployment.objects.filter(live, system__in=mine)
    if as_of is not None:
        approvals = approvals.filter(valid_from__lte=as_of)
        deployments = deployments.filter(since__lte=as_of)
    versions = ModelVersion.objects.filter(pk__in=came).select_related("registered_model__server")
    return Impact(
        traced=traced,
        versions=list(versions.order_by("registered_model__name", "pk")),
        candidates=candidates,
        approvals=list(approvals.select_related("system", "ending", NAMED).order_by("-pk")),
        deployments=list(deployments.select_related("system", NAMED).order_by("-since", "-pk")),
        judged=frozenset(version for version, _ in pairs),
    )


def _candidates(
    came: Sequence[int], pairs: set[tuple[int, str]], *, by: User, as_of: datetime | None
) -> list[ReleaseCandidate]:
    """Return the candidates of the versions `came`, and those whose newest report used an evaluation of `pairs`
    (version, digest)."""
    judged = [version for version, _ in pairs]
    rows = ReleaseCandidate.objects.visible_to(by).filter(Q(model_version__in=came) | Q(model_version__in=judged))
    if as_of is not None:
        rows = rows.filter(opened_at__lte=as_of)
    found = list(rows.select_related("system", NAMED).order_by("-pk"))
    used = {
        revision.candidate_id
        for revision in _newest(found, as_of=as_of)
        if any((revision.report.model_version_id, digest) in pairs for _, digest in revision.report.evidence)
    }
    return [row for row in found if row.model_version_id in came or row.pk in used]


def _newest(candidates: Sequence[ReleaseCandidate], *, as_of: datetime | None) -> QuerySet[CandidateRevision]:
    rows = CandidateRevision.objects.filter(candidate__in=candidates).select_related("report")
    if as_of is not None:
        rows = rows.filter(made_at__lte=as_of)
    place = Window(RowNumber(), partition_by=F("candidate"), order_by=F("number").desc())
    return rows.defer("document", "lineage", "report__document").annotate(place=place).filter(place=1)
