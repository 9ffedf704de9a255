"""The only writers of what monitoring sees and finds."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from governance import actions
from governance.accounts.models import User
from governance.accounts.policies import check_administrator
from governance.audit import services as audit
from governance.errors import Invalid, Problem, no_such
from governance.monitoring import claims, events, integrity, marks, policies, promotions
from governance.monitoring.models import OutOfBandPromotion, Synchronisation
from governance.monitoring.states import PromotionState
from governance.systems.models import AISystem
from governance.systems.services import locked_system
from lineage import hooks, sync
from lineage.models import Hook, SyncReport, TrackingServer
from lineage.transport import without_password


@actions.action(verb="monitoring.server.connect", permission=actions.ADMINISTRATOR)
def connect_server(*, key: str, url: str, by: User, at: datetime) -> TrackingServer:
    """Connect an MLflow tracking server under `key`, or move it to another address; nothing is asked of it yet."""
    check_administrator(by=by)
    _check_address("url", url)
    server = sync.connect(key=key, url=url)
    event = events.ServerConnected(subject=f"server:{key}", key=key, url=without_password(url))
    audit.record(event=event, actor=by.actor, at=at)
    return server


@actions.action(verb="monitoring.hook.connect", permission=actions.ADMINISTRATOR)
def renew_hook(*, server_key: str, callback: str, by: User, at: datetime) -> Hook:
    """Give a tracking server a new secret for its webhook, which calls `callback`; the one before holds for some
    minutes. MLflow itself is told by `hooking.connect`."""
    check_administrator(by=by)
    server = _locked_server(server_key)
    _check_address("callback", callback)
    hook = hooks.renew(server, at=at)
    event = events.HookConnected(
        subject=f"server:{server_key}", key=server_key, callback=callback, generation=hook.generation
    )
    audit.record(event=event, actor=by.actor, at=at)
    return hook


@actions.action(verb="monitoring.hook.disconnect", permission=actions.ADMINISTRATOR)
def end_hook(*, server_key: str, by: User, at: datetime) -> bool:
    """Take no hints of a tracking server any more, and return whether any were taken; doing it again records nothing.
    MLflow itself is told by `hooking.disconnect`."""
    check_administrator(by=by)
    server = _locked_server(server_key)
    was_connected = hooks.end(server)
    if was_connected:
        event = events.HookDisconnected(subject=f"server:{server_key}", key=server_key)
        audit.record(event=event, actor=by.actor, at=at)
    return was_connected


@actions.action(verb="monitoring.synchronisation.judge", permission=actions.MACHINE)
def judge_synchronisation(*, system_key: str, report: SyncReport, by: User, at: datetime) -> list[OutOfBandPromotion]:
    """Judge what the mirror shows of a system after `report`: changed files, what is live in each context, what
    else MLflow shows as released, and what it says of approvals; return the promotions that are out of band now.

    Doing it again for the same state records nothing anew.
    """
    system = locked_system(system_key)
    policies.check_can_watch(by=by)
    # Files first: an approval that they end is one that what is live does not have.
    integrity.judge(system=system, by=by, at=at)
    promotions.judge(system=system, by=by, at=at)
    claims.judge(system=system, by=by, at=at)
    marks.judge(system=system, by=by, at=at)
    if _is_news(system, report):
        event = events.SynchronisationJudged(
            subject=f"report:{report.pk}", server=report.server.key, digest=report.digest
        )
        leaf = audit.record(event=event, actor=by.actor, system=system.key, at=at)
        Synchronisation.objects.create(
            system=system, report_id=report.pk, report_digest=report.digest, judged_by=by, judged_at=at, leaf_id=leaf
        )
    return list(system.promotions.filter(state=PromotionState.OPEN).order_by("pk"))


def _locked_server(key: str) -> TrackingServer:
    server = TrackingServer.objects.select_for_update().filter(key=key).first()
    if server is None:
        raise no_such("tracking server")
    return server


def _check_address(field: str, url: str) -> None:
    if not url.startswith(("http://", "https://")):
        problem = Problem(field, f"“{url}” is no address of a web server.", "Write http://… or https://….")
        raise Invalid(str(problem), problems=(problem,))
    if "@" in urlsplit(url).netloc:
        remedy = "Put them into the environment: EDGEWISE_MLFLOW_<KEY>_USERNAME and _PASSWORD."
        problem = Problem(field, "The address holds a name or a password, and would be on record.", remedy)
        raise Invalid(str(problem), problems=(problem,))


def _is_news(system: AISystem, report: SyncReport) -> bool:
    """Whether `report` says anything, and something else than the last one of its server that was judged: a version
    that cannot be read is found by every synchronisation anew."""
    judged = system.synchronisations.filter(report_id__in=report.server.reports.values("pk"))
    if not any(report.counts.values()) or judged.filter(report_id=report.pk).exists():
        return False
    last = judged.order_by("-report_id").first()
    return last is None or last.report_digest != report.digest
