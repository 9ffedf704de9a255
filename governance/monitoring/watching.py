"""Synchronise the mirror, then judge what it shows: the one path for the task, the command and the API."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from django.conf import settings

from governance.accounts.models import User
from governance.errors import DomainError
from governance.monitoring import selectors, services
from governance.monitoring.models import OutOfBandPromotion
from governance.systems.models import AISystem, RegisteredModelLink
from lineage import hooks, sync
from lineage.errors import RegistryError, RegistryUnavailable, SynchronisationRunning
from lineage.models import SyncReport, TrackingServer
from lineage.selectors import prompts

Progress = Callable[[int, str], None]


def watch(*, by: User, at: datetime, progress: Progress | None = None) -> list[OutOfBandPromotion]:
    """Synchronise each tracking server and judge every system it serves; return what is out of band now.

    What is live or approved is hashed again once Edgewise's last look is older than EDGEWISE_DIGEST_MAX_AGE_MINUTES.
    A server that cannot be read says so on its own row and keeps no other from being read. What the mirror shows of
    it is judged all the same: one model may have failed where the others were read, and approvals end meanwhile.
    """
    for server in TrackingServer.objects.order_by("key"):
        left, hinted = _newest_report(server), hooks.waiting(server)
        with suppress(RegistryError, SynchronisationRunning):
            sync.synchronise(server=server, at=at, models=_watched(server), progress=progress)
            hooks.take(hinted, at=at)
        _hash_again(server, at=at)
        # The one before may be of a watch that was ended between reading and judging.
        for report in dict.fromkeys((left, _newest_report(server))):
            if report is not None:
                _judge(server, report, by=by, at=at)
    return list(selectors.standing_promotions(by=by).order_by("pk"))


def hear(*, server: TrackingServer, by: User, at: datetime) -> None:
    """Read the models again that hints of `server` name, as far as a system uses them, and the prompts; judge what
    changed.

    Hints that came while another synchronisation is at work, or while the server cannot be read, stay waiting: the next
    one, by a hint or by the clock, takes them.
    """
    hinted = hooks.waiting(server)
    named = sorted({hint.model for hint in hinted}.intersection(_watched(server)))
    if named:
        try:
            facts = sync.synchronise(server=server, at=at, models=named, is_whole=False)
        except (RegistryError, SynchronisationRunning):
            return
        _judge(server, facts.report, by=by, at=at)
    hooks.take(hinted, at=at)


def _watched(server: TrackingServer) -> list[str]:
    """Return the names of the models that serve a system, and of the prompts that something known used."""
    names = RegisteredModelLink.objects.filter(server_key=server.key).order_by("name").values_list("name", flat=True)
    return [*names, *prompts(server=server)]


def _hash_again(server: TrackingServer, *, at: datetime) -> None:
    """Hash the files of what is live or approved again where the last look is too old; others have changed them since
    without a trace in MLflow. What cannot be read now is tried again next time, and a check of it says no meanwhile."""
    for version in selectors.unchecked(server=server, before=at - settings.DIGEST_MAX_AGE):
        try:
            sync.rehash(version=version, at=at)
        except RegistryUnavailable:
            return
        except DomainError:
            continue


def _newest_report(server: TrackingServer) -> SyncReport | None:
    """Return the last report that came to an end, well or not."""
    ended = (SyncReport.Outcome.SUCCEEDED, SyncReport.Outcome.FAILED)
    return server.reports.filter(outcome__in=ended).order_by("-pk").first()


def _judge(server: TrackingServer, report: SyncReport, *, by: User, at: datetime) -> None:
    for system in AISystem.objects.filter(registered_models__server_key=server.key).distinct().order_by("key"):
        services.judge_synchronisation(system_key=system.key, report=report, by=by, at=at)
