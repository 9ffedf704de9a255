"""Synchronise the mirror, then judge what it shows: the one path for the task, the command and the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from governance.accounts.models import User
from governance.monitoring import services
from governance.monitoring.models import OutOfBandPromotion
from governance.systems.models import AISystem, RegisteredModelLink
from lineage import sync
from lineage.errors import RegistryError, SynchronisationRunning
from lineage.models import SyncReport, TrackingServer

Progress = Callable[[int, str], None]


def watch(*, by: User, at: datetime, progress: Progress | None = None) -> list[OutOfBandPromotion]:
    """Synchronise each tracking server and judge every system it serves; return what is out of band now.

    A server that cannot be read says so on its own row and does not keep the others from being read.
    """
    standing: list[OutOfBandPromotion] = []
    for server in TrackingServer.objects.order_by("key"):
        try:
            report = _synchronised(server, at=at, progress=progress)
        except (RegistryError, SynchronisationRunning):
            continue
        standing += [p for key in _served(server) for p in _judged(key, report, by=by, at=at)]
    return standing


def _synchronised(server: TrackingServer, *, at: datetime, progress: Progress | None) -> SyncReport:
    names = RegisteredModelLink.objects.filter(server_key=server.key).order_by("name").values_list("name", flat=True)
    return sync.synchronise(server=server, at=at, models=list(names), progress=progress).report


def _served(server: TrackingServer) -> list[str]:
    served = AISystem.objects.filter(registered_models__server_key=server.key).distinct().order_by("key")
    return list(served.values_list("key", flat=True))


def _judged(system_key: str, report: SyncReport, *, by: User, at: datetime) -> list[OutOfBandPromotion]:
    return services.judge_synchronisation(system_key=system_key, report=report, by=by, at=at)
