"""A look at MLflow that found an alias somewhere."""

from __future__ import annotations

from governance.monitoring import services as monitoring
from lineage.models import ModelVersion, SyncReport
from tests.factories import mirror
from tests.factories.world import World


def seen_live(world: World, version: ModelVersion, *, alias: str = "live-phone") -> None:
    """Let a synchronisation have found `alias` at `version`, and Edgewise have judged that."""
    mirror.point_alias(alias, version, at=world.tick())
    report = SyncReport.objects.create(
        server=mirror.server(), started_at=world.now, finished_at=world.now, counts={"aliases": 1}, digest="0" * 64
    )
    monitoring.judge_synchronisation(system_key="outreach", report=report, by=world.people.machine, at=world.tick())
