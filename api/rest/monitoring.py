"""What is live where, what went live without an approval, and looking again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from rest_framework import serializers

from api.operation import Endpoint, Given, operation
from api.pagination import Pages
from api.rest.fields import DocumentField, OneOf, RowsField, key_field
from api.rest.specifications import AsOf
from governance.accounts.models import User
from governance.monitoring import hooking, selectors, servers, services, tasks
from governance.monitoring.states import ClaimState, IncidentState, MarkState, PromotionState
from governance.systems import selectors as systems
from governance.systems.policies import check_permission
from lineage.models import TrackingServer
from lineage.transport import without_password


class DeploymentRow(serializers.Serializer):
    """A version seen live in a context."""

    context = serializers.CharField(source="context_key")
    model = serializers.CharField(source="model_version.uri")
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True)


class PromotionRow(serializers.Serializer):
    """A live alias was found on a version with no active approval for that context."""

    id = serializers.IntegerField()
    system = serializers.CharField(source="system.key")
    context = serializers.CharField(source="context_key")
    alias = serializers.CharField()
    model = serializers.CharField(source="model_version.uri")
    before = serializers.CharField(source="before.uri", allow_null=True, default=None)
    unmet = RowsField()
    state = serializers.CharField()
    found_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    resolved_because = serializers.CharField()
    leaf = serializers.IntegerField(source="leaf_id")


class MarkRow(serializers.Serializer):
    """An alias or tag by which MLflow said of an approval what Edgewise did not have it say."""

    id = serializers.IntegerField()
    system = serializers.CharField(source="system.key")
    context = serializers.CharField(source="context_key")
    kind = serializers.CharField()
    key = serializers.CharField()
    model = serializers.CharField(source="model_version.uri")
    before = serializers.CharField()
    after = serializers.CharField()
    state = serializers.CharField()
    found_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    resolved_because = serializers.CharField()
    leaf = serializers.IntegerField(source="leaf_id")


class ClaimRow(serializers.Serializer):
    """MLflow shows a version as released, by its `stage` or as a `copy`, and no approval of its files stands."""

    id = serializers.IntegerField()
    system = serializers.CharField(source="system.key")
    kind = serializers.CharField()
    model = serializers.CharField(source="model_version.uri")
    before = serializers.CharField()
    after = serializers.CharField()
    state = serializers.CharField()
    found_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    resolved_because = serializers.CharField()
    leaf = serializers.IntegerField(source="leaf_id")


class IncidentRow(serializers.Serializer):
    """The same name and version has other files: their names, as `changed`, `added` and `removed`."""

    id = serializers.IntegerField()
    system = serializers.CharField(source="system.key")
    model = serializers.CharField(source="model_version.uri")
    server = serializers.CharField(source="model_version.server.key")
    before = serializers.CharField(source="before.digest")
    after = serializers.CharField(source="after.digest")
    files = DocumentField()
    state = serializers.CharField()
    found_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    resolved_because = serializers.CharField()
    leaf = serializers.IntegerField(source="leaf_id")


class ServerRow(serializers.Serializer):
    """An MLflow tracking server."""

    key = serializers.CharField()
    url = serializers.SerializerMethodField(help_text="Without a password.")
    state = serializers.CharField()
    last_error = serializers.CharField()
    last_synchronised_at = serializers.DateTimeField(allow_null=True)

    def get_url(self, server: TrackingServer) -> str:
        """Return its address without a name or password that an older installation put there."""
        return without_password(server.url)


class NewServer(Given):
    """A tracking server to connect, or one that moved."""

    key = serializers.SlugField(max_length=60)
    url = serializers.URLField(max_length=500)


class NewHook(Given):
    """Where MLflow calls."""

    callback = serializers.URLField(max_length=500, required=False, help_text="This site's own address unless said.")


class ConnectionRow(serializers.Serializer):
    """What came of connecting a webhook: whether MLflow's test call arrived, and what MLflow lacks."""

    server = serializers.CharField()
    callback = serializers.CharField()
    is_new = serializers.BooleanField()
    arrived = serializers.BooleanField()
    notes = serializers.ListField(child=serializers.CharField())


class DisconnectionRow(serializers.Serializer):
    """What came of disconnecting a webhook: whether hints were taken before, the addresses that MLflow calls no more,
    and what stays."""

    server = serializers.CharField()
    was_connected = serializers.BooleanField()
    removed = serializers.ListField(child=serializers.CharField())
    notes = serializers.ListField(child=serializers.CharField())


class Wanted(Given):
    """Which promotions."""

    system = key_field(required=False)
    state = OneOf(PromotionState.choices, required=False)


class WantedMarks(Given):
    """Which marks."""

    system = key_field(required=False)
    state = OneOf(MarkState.choices, required=False)


class WantedClaims(Given):
    """Which claims."""

    system = key_field(required=False)
    state = OneOf(ClaimState.choices, required=False)


class WantedIncidents(Given):
    """Which incidents."""

    system = key_field(required=False)
    state = OneOf(IncidentState.choices, required=False)


class Live(Endpoint):
    """What is live."""

    @operation(
        "monitoring_live",
        summary="What is live in each context, now or as of a time",
        asks=AsOf,
        gives=DeploymentRow(many=True),
    )
    def get(self, given: dict[str, Any], system: str) -> list[Any]:
        return selectors.live(system=systems.system(key=system, by=self.by), at=given.get("as_of"))


class Promotions(Endpoint):
    """What went live without an approval."""

    pagination_class = Pages

    @operation(
        "monitoring_promotion_list",
        summary="Out-of-band promotions that one may see",
        asks=Wanted,
        gives=PromotionRow(many=True),
        paged=True,
    )
    def get(self, given: dict[str, Any]) -> Any:
        return _found(selectors.promotions, given, by=self.by)


class Marks(Endpoint):
    """What MLflow said of approvals that Edgewise did not have it say."""

    pagination_class = Pages

    @operation(
        "monitoring_mark_list",
        summary="Aliases and tags that were moved out of band, as far as one may see them",
        asks=WantedMarks,
        gives=MarkRow(many=True),
        paged=True,
    )
    def get(self, given: dict[str, Any]) -> Any:
        return _found(selectors.marks, given, by=self.by)


class Claims(Endpoint):
    """What MLflow shows as released without an approval, by stage or as a copy."""

    pagination_class = Pages

    @operation(
        "monitoring_claim_list",
        summary="Stages and copies without an approval, as far as one may see them",
        asks=WantedClaims,
        gives=ClaimRow(many=True),
        paged=True,
    )
    def get(self, given: dict[str, Any]) -> Any:
        return _found(selectors.claims, given, by=self.by)


class Incidents(Endpoint):
    """Which versions have other files than before."""

    pagination_class = Pages

    @operation(
        "monitoring_incident_list",
        summary="Integrity incidents that one may see",
        asks=WantedIncidents,
        gives=IncidentRow(many=True),
        paged=True,
    )
    def get(self, given: dict[str, Any]) -> Any:
        return _found(selectors.incidents, given, by=self.by)


class Synchronisations(Endpoint):
    """Looking at MLflow again."""

    @operation("monitoring_synchronise", summary="Ask for a synchronisation with MLflow soon", status=202)
    def post(self, given: dict[str, Any], system: str) -> None:
        found = systems.system(key=system, by=self.by)
        check_permission(permission="checkpoint.register", system=found, **self.acting)
        transaction.on_commit(tasks.synchronise.delay, robust=True)


class Servers(Endpoint):
    """Tracking servers."""

    @operation("monitoring_server_list", summary="Tracking servers, for administrators", gives=ServerRow(many=True))
    def get(self, given: dict[str, Any]) -> list[TrackingServer]:
        return servers.every(by=self.by)

    @operation(verb="monitoring.server.connect", takes=NewServer, gives=ServerRow, status=201)
    def post(self, given: dict[str, Any]) -> TrackingServer:
        return services.connect_server(**given, **self.acting)


class ServerHook(Endpoint):
    """The webhook of a tracking server."""

    # MLflow's test call comes by another connection, which has to see the new secret.
    @operation(verb="monitoring.hook.connect", takes=NewHook, gives=ConnectionRow, together=False)
    def post(self, given: dict[str, Any], server: str) -> hooking.Connection:
        return hooking.connect(server_key=server, **given, **self.acting)


class HookEnding(Endpoint):
    """The end of a webhook."""

    @operation(verb="monitoring.hook.disconnect", gives=DisconnectionRow, together=False)
    def post(self, given: dict[str, Any], server: str) -> hooking.Disconnection:
        return hooking.disconnect(server_key=server, **self.acting)


def _found(read: Callable[..., Any], given: dict[str, Any], *, by: User) -> Any:
    key = given.get("system")
    rows = read(by=by, system=systems.system(key=key, by=by) if key else None)
    return rows.filter(state=given["state"]) if "state" in given else rows
