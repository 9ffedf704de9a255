"""Reading value specifications, as far as the reader may see them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from governance import choices
from governance.accounts.models import User
from governance.errors import NotFound
from governance.specs.belonging import Home
from governance.specs.document import Specification
from governance.specs.models import MetricSheet, SpecificationVersion, ValueSpecification
from governance.systems.models import AISystem
from governance.systems.selectors import current_groups, populations


def in_force(*, system: AISystem, at: datetime | None = None) -> SpecificationVersion | None:
    """Return the newest ratified version (as of `at`), or None when nothing has been ratified."""
    rows = SpecificationVersion.objects.filter(specification__system=system)
    if at is not None:
        rows = rows.filter(ratified_at__lte=at)
    return rows.select_related("specification", "deliberation__outcome").order_by("-pk").first()


def require_in_force(*, system: AISystem) -> SpecificationVersion:
    """Return the version in force; raise NotFound when nothing has been ratified."""
    version = in_force(system=system)
    if version is None:
        raise NotFound(f"{system.name} has no ratified specification yet.", code="no-specification")
    return version


def working_draft(*, system: AISystem) -> ValueSpecification | None:
    """Return the specification line with its working draft, if one was begun."""
    return ValueSpecification.objects.select_related("deliberation", "drafter").filter(system=system).first()


def require_draft(*, system: AISystem) -> ValueSpecification:
    """Return the specification line with its working draft; raise NotFound when none was begun."""
    line = working_draft(system=system)
    if line is None:
        raise NotFound(f"{system.name} has no draft yet.")
    return line


def versions(*, system: AISystem, by: User) -> QuerySet[SpecificationVersion]:
    """Return the ratified versions that `by` may see, newest first."""
    rows = SpecificationVersion.objects.visible_to(by).filter(specification__system=system)
    return rows.select_related("drafter", "ratified_by", "deliberation__outcome").order_by("-pk")


def version(*, system: AISystem, number: str, by: User) -> SpecificationVersion:
    """Return one ratified version by its number; raise NotFound."""
    # No database takes a null character, and no version holds one.
    found = versions(system=system, by=by).filter(version=number).first() if number.isprintable() else None
    if found is None:
        known = choices.remedy(number, versions(system=system, by=by).values_list("version", flat=True))
        raise NotFound(f"{system.name} has no ratified specification {number[:64]}. {known}")
    return found


def approved_sheets(*, system: AISystem, metrics: Iterable[str]) -> dict[str, MetricSheet]:
    """Return the sheet approved last for each of `metrics` that has one, unless it was withdrawn since: only they can
    gate."""
    approved = MetricSheet.objects.filter(system=system, metric__in=set(metrics), approval__isnull=False)
    newest = approved.newest().select_related("approval__withdrawal")
    return {sheet.metric: sheet for sheet in newest if not sheet.is_withdrawn}


SHOWN = ("written_by", "approval__approved_by", "approval__withdrawal__withdrawn_by")
"""What is read with a sheet: who wrote, approved and withdrew it."""


def sheets(*, system: AISystem, by: User) -> QuerySet[MetricSheet]:
    """Return the newest sheet of each metric that `by` may see, by metric."""
    newest = MetricSheet.objects.visible_to(by).filter(system=system).newest()
    return newest.select_related(*SHOWN)


def writings(*, system: AISystem, metric: str, by: User) -> list[MetricSheet]:
    """Return everything that was ever written on a metric's sheet, newest first; raise NotFound where nothing was."""
    # No database takes a null character, and no metric holds one.
    rows = MetricSheet.objects.visible_to(by).filter(system=system, metric=metric) if metric.isprintable() else ()
    found = list(rows.select_related(*SHOWN).order_by("-pk")) if rows else []
    if not found:
        raise no_sheet(metric, among=MetricSheet.objects.visible_to(by).filter(system=system))
    return found


def no_sheet(metric: str, *, among: QuerySet[MetricSheet]) -> NotFound:
    """Return the refusal of a metric that has no sheet, naming those that do."""
    known = choices.remedy(metric, among.values_list("metric", flat=True).distinct(), lead="There are sheets of")
    return NotFound(f"The metric “{metric[:64]}” has no sheet. {known}", code="no-sheet")


def populations_meant(document: Specification, *, system: AISystem) -> dict[str, dict[str, Any]]:
    """Return whose cases are those of each group that `document` names, as the system's groups are declared today."""
    return populations(system=system, keys=document.groups())


def home(*, system: AISystem) -> Home:
    """Return what a draft for `system` may name."""
    return Home(
        key=system.key,
        groups=frozenset(group.key for group in current_groups(system=system)),
        contexts=frozenset(system.contexts.values_list("key", flat=True)),
    )
