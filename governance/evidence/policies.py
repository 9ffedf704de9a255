"""Who registers checkpoints and brings in evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from governance.accounts.models import User
from governance.errors import Conflict, Invalid, NotAllowedNow, NotFound, Problem
from governance.evidence.content import Content
from governance.evidence.edge_cases import HELD_OUT
from governance.evidence.formats.table import MOST_BYTES
from governance.evidence.models import Checkpoint, EdgeCaseSet, EvaluationRun, EvidenceUpload
from governance.evidence.states import UploadState
from governance.specs import selectors as specs
from governance.specs.models import SpecificationVersion
from governance.systems.models import AISystem
from governance.systems.policies import can, check_permission
from lineage import selectors as lineage
from lineage.models import ModelVersion

SPECIFICATION_CHANGED = "specification-changed"
LARGEST_PART = 16 * 1024 * 1024
CLOCK_DIFFERENCE = timedelta(minutes=5)
"""How far the clock of a tracking server may run ahead of ours."""


def check_can_register(*, by: User, system: AISystem, version: ModelVersion, at: datetime) -> None:
    """Engineers register a version whose files Edgewise could hash."""
    check_permission(by=by, permission="checkpoint.register", system=system, at=at)
    check_serves(version=version, system=system)
    check_unaltered(version=version)
    if not version.digest:
        raise NotAllowedNow(f"The files of {version.uri} have not been hashed yet.", code="digest-missing")


def check_same_bytes(*, checkpoint: Checkpoint, version: ModelVersion) -> None:
    """The same name and version with other bytes is an integrity incident, never a new registration."""
    if checkpoint.digest != version.digest:
        raise Conflict(
            f"{version.uri} was registered with the bytes {checkpoint.digest[:12]} and has {version.digest[:12]} now.",
            code="integrity-conflict",
        )


def check_unaltered(*, version: ModelVersion) -> None:
    """What was evaluated, judged and signed are the bytes that were seen first; for others, a new version is needed."""
    if version.is_altered:
        raise Conflict(
            f"The files of {version.uri} were changed after it was registered in MLflow. Register a new version.",
            code="integrity-conflict",
        )


def check_can_read_evidence(*, by: User, system: AISystem, at: datetime) -> None:
    """Engineers bring in evidence."""
    check_permission(by=by, permission="checkpoint.register", system=system, at=at)


def check_can_read_file(*, by: User, system: AISystem, at: datetime) -> None:
    """Engineers and auditors read the cases themselves, which may hold what was said to a model."""
    if not can(check_can_read_evidence, by=by, system=system, at=at):
        check_permission(by=by, permission="log.read", system=system, at=at)


def check_size(*, size: int) -> None:
    """What would not be read is not received either."""
    if not 0 < size <= MOST_BYTES:
        what = f"the file has {size} bytes; it has at least one and at most {MOST_BYTES}."
        problem = Problem("size", what, "Split the evaluation.")
        raise Invalid(str(problem), code="too-long", problems=(problem,))


def check_next_part(*, upload: EvidenceUpload, offset: int, length: int) -> None:
    """Parts come one after the other, none twice and none beyond the end."""
    if upload.state != UploadState.RECEIVING:
        raise NotAllowedNow(f"{upload.name} is here whole: it is {upload.state}.", code="whole-already")
    if offset != upload.received:
        said = f"{upload.received} bytes of {upload.name} are here. Go on from there, not from {offset}."
        raise Conflict(said, code="another-part")
    if not 0 < length <= min(upload.size - offset, LARGEST_PART):
        what = f"a part of {length} bytes at {offset} of {upload.size}."
        problem = Problem("part", what, f"Send 1 to {LARGEST_PART} bytes, up to the end.")
        raise Invalid(str(problem), code="too-long", problems=(problem,))


def check_can_write_edge_cases(*, by: User, system: AISystem, at: datetime) -> None:
    """Stewards and facilitators keep edge cases."""
    check_permission(by=by, permission="edge_cases.write", system=system, at=at)


def check_held_out(*, edge_cases: EdgeCaseSet, version: int) -> None:
    """Only what is held out, and newest, is opened; everything else is there to be read."""
    if edge_cases.version != version:
        raise Conflict(f"The newest version of {edge_cases.key} is {edge_cases.version}.", code="stale-edge-cases")
    if edge_cases.split != HELD_OUT:
        raise NotAllowedNow(f"{edge_cases.key} is for development: read it as it is.", code="not-held-out")


def check_same_table(*, version: ModelVersion, run_id: str, table_digest: str) -> None:
    """What a run found does not change: another table under the same run is an integrity incident."""
    earlier = EvaluationRun.objects.filter(model_version=version, run_id=run_id).exclude(table_digest=table_digest)
    if before := earlier.order_by("-pk").first():
        raise Conflict(
            f"The case table of run {run_id} had the digest {before.table_digest[:12]} when it was read, and has "
            f"{table_digest[:12]} now. Log what was found anew as a run of its own.",
            code="integrity-conflict",
        )


def check_read_alike(
    *, version: ModelVersion, specification: SpecificationVersion, table_digest: str, file: Mapping[str, Any]
) -> None:
    """Which rows of a table count is declared once under a specification: who may choose again, once the verdict is
    known, chooses the verdict."""
    alike = EvaluationRun.objects.filter(model_version=version, specification=specification, table_digest=table_digest)
    before = alike.order_by("pk").first()
    if before is not None and before.file["mapping"] != file["mapping"]:
        raise Conflict(
            f"This very table was read with another mapping, which left {before.file['left_out']} values out. Evaluate "
            "anew to read it otherwise.",
            code="read-otherwise",
        )


def check_chosen_alike(*, content: Content, file: Mapping[str, Any], earlier: Iterable[EvaluationRun]) -> None:
    """What holds for a table holds for its cases, in whatever file, format or order they come again: which of them
    count, in which context and for which group, is not chosen a second time."""
    for before in earlier:
        known = before.content["metrics"] if before.content else {}
        problems = tuple(
            Problem(
                f"metric {metric}",
                f"evaluation {before.run_id} read the same cases with the same values, and left "
                f"{before.file['left_out']} values out; this one leaves {file['left_out']} out, or gives them other "
                "contexts or attributes.",
                "Bring them in as they were read first, or have a version of the specification ratified that says "
                "which cases count.",
            )
            for metric, whole in content.whole.items()
            if metric in known and known[metric]["whole"] == whole and known[metric]["read"] != content.read[metric]
        )
        if problems:
            said = f"These very cases were read otherwise before. {problems[0]}"
            raise Conflict(said, code="read-otherwise", problems=problems)


def check_not_trained_on(*, version: ModelVersion, run_id: str, datasets: Sequence[Mapping[str, str]]) -> None:
    """What a model learned by heart says nothing of what it does elsewhere: data that it was trained on is no longer
    held out, and an evaluation on it is no evidence."""
    seen = lineage.trained_on(version)
    problems = tuple(
        Problem(
            f"run {run_id}, data set {used['name']}",
            f"{version.uri} was trained on it (digest {used['digest']}).",
            "Evaluate it on data that no run which it came from trained on.",
        )
        for used in datasets
        if not used["context"].lower().startswith(lineage.TRAINING) and (used["name"], used["digest"]) in seen
    )
    if problems:
        raise Invalid(f"The evaluation is contaminated. {problems[0]}", code="trained-on", problems=problems)


def check_about_no_other(*, system: AISystem, version: ModelVersion, table_digest: str) -> None:
    """Nothing in a file says which model it is about, so one file speaks for the bytes that it was first brought in
    for."""
    other = EvaluationRun.objects.filter(system=system, table_digest=table_digest).exclude(model_digest=version.digest)
    if before := other.select_related("model_version__registered_model").order_by("pk").first():
        raise Conflict(
            f"This very file is evidence about other bytes already, {before.model_digest[:12]}. Bring in what was "
            f"measured of {version.uri}.",
            code="other-model",
        )


def check_measured_by(*, evaluated_at: datetime, run_id: str, at: datetime) -> None:
    """A run says itself when it began; one that has not begun yet is no evidence."""
    if evaluated_at > at + CLOCK_DIFFERENCE:
        problem = Problem(f"run {run_id}", f"says that it began at {evaluated_at:%Y-%m-%d %H:%M} UTC.", "Run it anew.")
        raise Invalid(f"Evidence from the future is none: {problem}", code="from-the-future", problems=(problem,))


def check_specification(*, specification: SpecificationVersion, system: AISystem) -> None:
    """Evidence is read under the specification in force; one that was ratified meanwhile asks for another reading."""
    in_force = specs.in_force(system=system)
    if in_force is None or in_force.pk != specification.pk:
        said = "Another specification is in force than the evidence was read under. Read it again."
        raise Conflict(said, code=SPECIFICATION_CHANGED)


def check_serves(*, version: ModelVersion, system: AISystem) -> None:
    """A version is judged by the values of the system that its registered model serves, and by no other's."""
    if not system.registered_models.filter(server_key=version.server.key, name=version.name).exists():
        raise NotFound(f"The registered model “{version.name}” does not serve {system.name}.", code="model-unconnected")
