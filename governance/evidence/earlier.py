"""What an evaluation has to do with those that were read before it: whether it is about the same cases, and which of
theirs it lacks.

The newest evaluation speaks (ADR 0005), so whoever may choose its cases once a verdict is known chooses the verdict.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import IO, TYPE_CHECKING, Any

from django.conf import settings

from governance.errors import DomainError
from governance.evidence import content, store
from governance.evidence.content import Content, Counted
from governance.evidence.models import EvaluationRun
from governance.evidence.records import EVERYWHERE
from governance.specs.models import SpecificationVersion
from lineage.models import ModelVersion

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ID = 8
"""Bytes of a case id as it is kept, the highest first."""
MOST_TOLD = 5


@dataclass(frozen=True, kw_only=True)
class Missing:
    """How many of the `cases` that the evaluation with `digest` counted for a metric in a context are not counted any
    more; None where nobody can tell, since its list is gone."""

    digest: str
    run: str
    metric: str
    context: str
    cases: int
    missing: int | None


def kept(found: Content) -> dict[str, Any]:
    """Keep which cases count, and return the content as it goes on record, with the digest of that list."""
    with tempfile.TemporaryFile(dir=settings.DATA_DIR) as file:
        for one in found.counted:
            one.ids.astype(">u8").tofile(file)
        counted = [{"metric": one.metric, "context": one.context, "cases": len(one.ids)} for one in found.counted]
        metrics = {name: {"whole": found.whole[name], "read": found.read[name]} for name in found.whole}
        return {"metrics": metrics, "counted": counted, "ids": store.keep(file)}


def evaluations(*, version: ModelVersion, specification: SpecificationVersion) -> Iterator[EvaluationRun]:
    """Yield the evaluations of a version under a specification of whose content anything is known, newest first."""
    rows = EvaluationRun.objects.filter(model_version=version, specification=specification, content__isnull=False)
    yield from rows.order_by("-pk")


def missing(found: Content, *, version: ModelVersion, specification: SpecificationVersion) -> list[dict[str, Any]]:
    """Return, as documents of Missing, which cases that counted earlier do not count now, for each metric and context
    by the evaluation that lacks most; the largest first, and no more than are read."""
    worst: dict[tuple[str, str], Missing] = {}
    for row in evaluations(version=version, specification=specification):
        for lack in _missing(found.counted, row):
            known = worst.setdefault((lack.metric, lack.context), lack)
            if _weight(lack) > _weight(known):
                worst[lack.metric, lack.context] = lack
    lacks = [lack for lack in worst.values() if lack.missing != 0]
    return [asdict(lack) for lack in sorted(lacks, key=_weight, reverse=True)[:MOST_TOLD]]


def _weight(lack: Missing) -> int:
    return lack.cases if lack.missing is None else lack.missing


def _missing(counted: Sequence[Counted], row: EvaluationRun) -> Iterator[Missing]:
    """Yield what is missing of one evaluation: the cases of a context can count in the same one, or everywhere."""
    recorded = row.content or {}
    try:
        file = store.content(recorded["ids"])
    except DomainError:
        file = None
    before = 0
    for one in recorded["counted"]:
        now = [
            now.ids
            for now in counted
            if now.metric == one["metric"]
            and (now.context == one["context"] or EVERYWHERE in (now.context, one["context"]))
        ]
        if now:
            lacks = None if file is None else content.missing(_ids(file, before, one["cases"]), now)
            yield Missing(digest=row.digest, run=row.run_id, missing=lacks, **one)
        before += one["cases"]
    if file is not None:
        file.close()


def _ids(file: IO[bytes], before: int, cases: int) -> NDArray[np.uint64]:
    import numpy as np

    file.seek(ID * before)
    return np.frombuffer(file.read(ID * cases), dtype=">u8").astype(np.uint64)
