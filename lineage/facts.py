"""What a synchronisation found: facts, which others judge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from governance import canonical
from lineage.models import AliasChange, ModelVersion, RegisteredModel, SyncReport


@dataclass(frozen=True, kw_only=True)
class TagChange:
    """A version's tag was seen to be another than before; None where there was none or is none."""

    version_id: int
    key: str
    before: str | None
    after: str | None

    def as_dict(self) -> dict[str, Any]:
        """Return it as it is stored among a report's findings."""
        return {"kind": "tag", "version": self.version_id, "key": self.key, "before": self.before, "after": self.after}


@dataclass(frozen=True, kw_only=True)
class StageChange:
    """A version was seen in another stage than before."""

    version_id: int
    before: str
    after: str

    def as_dict(self) -> dict[str, Any]:
        """Return it as it is stored among a report's findings."""
        return {"kind": "stage", "version": self.version_id, "before": self.before, "after": self.after}


@dataclass(frozen=True, kw_only=True)
class SyncFacts:
    """What is new since the last synchronisation that finished, in the order it was seen."""

    report: SyncReport
    new_versions: tuple[ModelVersion, ...]
    alias_moves: tuple[AliasChange, ...]
    tag_changes: tuple[TagChange, ...]
    stage_changes: tuple[StageChange, ...]
    vanished_versions: tuple[ModelVersion, ...]
    vanished_models: tuple[RegisteredModel, ...]
    hidden: tuple[str, ...]
    problems: tuple[dict[str, str], ...]

    def counts(self) -> dict[str, int]:
        """Return how many facts there are of each kind."""
        return {kind: len(members) for kind, members in self.as_dict().items()}

    def as_dict(self) -> dict[str, list[Any]]:
        """Return the facts in the form that is hashed: names and numbers as MLflow has them."""
        return {
            "newVersions": [_version(version) for version in self.new_versions],
            "aliasMoves": [
                {
                    "model": move.registered_model.name,
                    "alias": move.alias,
                    "before": move.before.version if move.before else None,
                    "after": move.after.version if move.after else None,
                }
                for move in self.alias_moves
            ],
            "tagChanges": [change.as_dict() for change in self.tag_changes],
            "stageChanges": [change.as_dict() for change in self.stage_changes],
            "vanishedVersions": [_version(version) for version in self.vanished_versions],
            "vanishedModels": [model.name for model in self.vanished_models],
            "hidden": list(self.hidden),
            "problems": list(self.problems),
        }

    def digest(self) -> str:
        """Return the SHA-256 (hexadecimal) of the canonical facts."""
        return canonical.digest(self.as_dict())


def facts_of(report: SyncReport) -> SyncFacts:
    """Return the facts of `report` and of the unfinished reports that it carries on."""
    reports = list(SyncReport.objects.filter(Q(pk=report.pk) | Q(carried_into=report)).order_by("pk"))
    versions = ModelVersion.objects.select_related("registered_model__server").order_by("pk")
    moves = AliasChange.objects.select_related("registered_model__server", "before", "after").order_by("pk")
    findings = [finding for each in reports for finding in each.findings]
    return SyncFacts(
        report=report,
        new_versions=tuple(versions.filter(found_in__in=reports)),
        alias_moves=tuple(moves.filter(report__in=reports)),
        tag_changes=tuple(_tag_change(finding) for finding in findings if finding["kind"] == "tag"),
        stage_changes=tuple(_stage_change(finding) for finding in findings if finding["kind"] == "stage"),
        vanished_versions=tuple(versions.filter(vanished_in__in=reports)),
        vanished_models=tuple(RegisteredModel.objects.filter(vanished_in__in=reports).order_by("pk")),
        hidden=tuple(finding["what"] for finding in findings if finding["kind"] == "hidden"),
        problems=tuple(problem for each in reports for problem in each.problems),
    )


def _tag_change(finding: dict[str, Any]) -> TagChange:
    return TagChange(
        version_id=finding["version"], key=finding["key"], before=finding["before"], after=finding["after"]
    )


def _stage_change(finding: dict[str, Any]) -> StageChange:
    return StageChange(version_id=finding["version"], before=finding["before"], after=finding["after"])


def _version(version: ModelVersion) -> dict[str, str | int]:
    return {"name": version.name, "version": version.version, "createdMs": version.created_ms}
