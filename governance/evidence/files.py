"""Uploaded files as evidence: what comes with one, and what it says of a model version."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import IO

from django.conf import settings

from governance.errors import Conflict, Invalid, Problem
from governance.evidence import formats, memory, store
from governance.evidence.formats import harness, mapping
from governance.evidence.formats.table import Table
from governance.evidence.ingest import Course
from governance.evidence.intake import Origin, Reading, columns_asked, metrics_asked, recomputed
from governance.specs import selectors as specs
from governance.specs.models import SpecificationVersion
from governance.systems.models import AISystem
from lineage.models import ModelVersion

SHOWN = 32
"""Characters of a file's digest that tell its evaluation from others."""


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file with what its sender says of it.

    `mapping` is YAML or JSON, empty for a table whose columns have Edgewise's names; `form` a key of
    `formats.FORMATS`, empty where the file's name tells; `results` the figures that lm_eval wrote beside its samples.
    `evaluated_at` may be None where the file itself says when. `model_digest`, where given, is the digest of the model
    that was evaluated.
    """

    name: str
    file: IO[bytes]
    level: str
    evaluator: str
    mapping: str = ""
    form: str = ""
    results: bytes = b""
    evaluated_at: datetime | None = None
    model_digest: str = ""


def reading_of(upload: Upload, *, system: AISystem, version: ModelVersion, course: Course | None = None) -> Reading:
    """Recompute what a file says about `version`, for every context, under the specification in force; `course` hears
    how far it is.

    Raises Invalid naming line, row or column when the file or its mapping cannot be used or the figures that it claims
    are not borne out or it takes too much memory, Conflict for evidence about another model, NotAllowedNow without a
    specification.
    """
    _check_model(upload, version)
    specification = specs.require_in_force(system=system)
    with memory.limited(settings.READING_BYTES):
        return _read(upload, course, system=system, version=version, specification=specification)


def _read(
    upload: Upload,
    course: Course | None,
    *,
    system: AISystem,
    version: ModelVersion,
    specification: SpecificationVersion,
) -> Reading:
    form, table = formats.read(upload.file, name=upload.name, form=upload.form)
    declared = mapping.read(upload.mapping) if upload.mapping.strip() else mapping.plain(table)
    if upload.results:
        filtered_by = declared.where.get(harness.FILTER, "none")
        table = harness.with_results(table, upload.results, task=declared.task, filtered_by=filtered_by)
    asked, numbers = columns_asked(specification)
    metrics = metrics_asked(specification)
    mapped = mapping.cases(table, declared, asked=asked, numbers=numbers, metrics=metrics, course=course)
    digest = store.digest_of(upload.file)
    origin = Origin(
        run_id=f"file:{digest[:SHOWN]}",
        level=upload.level,
        evaluator=upload.evaluator,
        evaluated_at=_moment(upload, table),
        datasets=[],
        table_digest=digest,
        claimed=mapped.claims,
        file=mapping.on_record(declared, mapped, name=upload.name, form=form, is_kept=True, results=upload.results),
    )
    found = recomputed(mapped, origin, system=system, version=version, specification=specification)
    return replace(found, file=upload.file)


def _check_model(upload: Upload, version: ModelVersion) -> None:
    if upload.model_digest and upload.model_digest != version.digest:
        raise Conflict(
            f"The evidence is about the model {upload.model_digest[:12]}, and {version.uri} has the digest "
            f"{version.digest[:12]}. Name the version that was evaluated.",
            code="other-model",
        )


def check_offset(moment: str) -> None:
    """Raise Invalid for a time (ISO 8601, or empty) that does not say its offset: nobody knows which hour it means."""
    if moment and datetime.fromisoformat(moment).tzinfo is None:
        raise _no_time(f"{moment} has no offset.")


def _no_time(what: str) -> Invalid:
    problem = Problem("evaluated_at", what, "Give it (--evaluated-at), such as 2026-01-31T12:00:00Z.")
    return Invalid(f"The file cannot be used. {problem}", code="no-time", problems=(problem,))


def _moment(upload: Upload, table: Table) -> datetime:
    # What the evaluation itself wrote down goes before what its sender says.
    found = table.measured_at or upload.evaluated_at
    if found is None or found.tzinfo is None:
        raise _no_time("nothing says when the evaluation began, with its offset.")
    return found.astimezone(UTC)
