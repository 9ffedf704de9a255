"""How the tracking servers fare."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from api.operation import Endpoint, operation
from governance.monitoring import servers


class SynchronisationRow(serializers.Serializer):
    """One synchronisation of a tracking server."""

    id = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.CharField()
    percent = serializers.IntegerField()
    error = serializers.CharField()


class UnreadableRow(serializers.Serializer):
    """A version whose files could not be hashed when last tried."""

    model = serializers.CharField(source="uri")
    tried_at = serializers.DateTimeField(source="hashing_failed_at", allow_null=True)
    reason = serializers.CharField(source="hashing_problem")


class ServerStateRow(serializers.Serializer):
    """A tracking server as far as one may see what it serves; `lag_seconds` is the age of the last whole reading."""

    key = serializers.CharField()
    url = serializers.CharField()
    is_answering = serializers.BooleanField(source="health.is_answering")
    last_synchronised_at = serializers.DateTimeField(source="health.last_synchronised_at", allow_null=True)
    failing_since = serializers.DateTimeField(source="health.failing_since", allow_null=True)
    lag_seconds = serializers.IntegerField(allow_null=True)
    error = serializers.CharField(source="health.error")
    hidden = serializers.ListField(child=serializers.CharField())
    unreadable = UnreadableRow(many=True)
    synchronisations = SynchronisationRow(many=True, source="reports")
    last_hint_at = serializers.DateTimeField(source="hint.received_at", allow_null=True, default=None)
    hint_refused_at = serializers.DateTimeField(source="hook.refused_at", allow_null=True, default=None)
    hint_refused_because = serializers.CharField(source="hook.refused_because", default="")


class Server(Endpoint):
    """One tracking server."""

    @operation("monitoring_server", summary="How a tracking server fares", gives=ServerStateRow)
    def get(self, given: dict[str, Any], server: str) -> servers.ServerState:
        return servers.server(key=server, by=self.by, at=timezone.now())
