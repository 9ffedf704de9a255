"""The lineage from any of its things: what it came from, what came of it, and what rests on it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rest_framework import serializers

from api.operation import Endpoint, Given, operation
from api.rest.checkpoints import LineageEdge, LineageNode, version_of
from api.rest.fields import Moment, model_field, text_field
from governance.evidence import completeness
from governance.evidence.tracing import Traced, between, common, downstream, upstream
from governance.monitoring.impact import Impact, impact


class Thing(Given):
    """A dataset (name, digest or fingerprint), run, logged model, version or commit, as known at a time."""

    of = text_field(max_length=1000)
    as_of = Moment(required=False)


class TwoThings(Thing):
    """Two of them."""

    to = text_field(max_length=1000)


class Completeness(Given):
    """A version, as known at a time."""

    model = model_field()
    as_of = Moment(required=False)


class Walked(serializers.Serializer):
    """What was asked about, what was found, and by kind how much of it the reader may not see."""

    starts = serializers.ListField(child=serializers.CharField())
    nodes = LineageNode(many=True)
    edges = LineageEdge(many=True)
    withheld = serializers.DictField(child=serializers.IntegerField())


class Ways(Walked):
    """Everything on a way, and the shortest ways as ids of nodes."""

    ways = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))


class Shared(Walked):
    """What both came from; `nearest` are those from which nothing else leads to both."""

    nearest = serializers.ListField(child=serializers.CharField())


class Resting(serializers.Serializer):
    """A version that rests on it."""

    model = serializers.CharField()
    server = serializers.CharField()


class Release(Resting):
    """A candidate, approval or deployment that rests on it: it `came-of-it`, `was-judged-by-it`, or both."""

    id = serializers.IntegerField()
    system = serializers.CharField()
    context = serializers.CharField()
    because = serializers.ListField(child=serializers.CharField())
    state = serializers.CharField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True)


class ImpactFound(Walked):
    """What rests on what was asked about."""

    versions = Resting(many=True)
    candidates = Release(many=True)
    approvals = Release(many=True)
    deployments = Release(many=True)


class NamedLink(serializers.Serializer):
    """One link: `state` is observed, asserted, missing, vanished or withheld."""

    link = serializers.CharField()
    state = serializers.CharField()
    says = serializers.CharField()


class NamedLinks(serializers.Serializer):
    """The links of a version, each with its own state; there is no figure over them."""

    links = NamedLink(many=True)


class Upstream(Endpoint):
    """What a thing came from."""

    @operation("lineage_upstream", summary="Everything that a thing came from", asks=Thing, gives=Walked)
    def get(self, given: dict[str, Any]) -> dict[str, Any]:
        return _walked(upstream(given["of"], by=self.by, as_of=given.get("as_of")))


class Downstream(Endpoint):
    """What came of a thing."""

    @operation("lineage_downstream", summary="Everything that came of a thing", asks=Thing, gives=Walked)
    def get(self, given: dict[str, Any]) -> dict[str, Any]:
        return _walked(downstream(given["of"], by=self.by, as_of=given.get("as_of")))


class Paths(Endpoint):
    """The ways between two things."""

    @operation("lineage_paths", summary="Every way from one thing to another", asks=TwoThings, gives=Ways)
    def get(self, given: dict[str, Any]) -> dict[str, Any]:
        found = between(given["of"], given["to"], by=self.by, as_of=given.get("as_of"))
        return _walked(found) | {"ways": [list(way) for way in found.ways]}


class CommonAncestors(Endpoint):
    """What two things both came from."""

    @operation("lineage_common", summary="Everything that two things both came from", asks=TwoThings, gives=Shared)
    def get(self, given: dict[str, Any]) -> dict[str, Any]:
        found = common(given["of"], given["to"], by=self.by, as_of=given.get("as_of"))
        return _walked(found) | {"nearest": [node.id for node in found.nearest]}


class Impacts(Endpoint):
    """What rests on a thing."""

    @operation(
        "lineage_impact",
        summary="Every version, candidate, approval and deployment that rests on a thing",
        asks=Thing,
        gives=ImpactFound,
    )
    def get(self, given: dict[str, Any]) -> dict[str, Any]:
        return _rested(impact(given["of"], by=self.by, as_of=given.get("as_of")))


class Links(Endpoint):
    """The links of a version's lineage."""

    @operation(
        "lineage_completeness",
        summary="Which links of a version's lineage are observed, only asserted, or missing",
        asks=Completeness,
        gives=NamedLinks,
    )
    def get(self, given: dict[str, Any], system: str) -> dict[str, Any]:
        version = version_of(endpoint=self, system=system, uri=given["model"])
        found = completeness.links_of(version, by=self.by, as_of=given.get("as_of"))
        return {"links": [link.as_dict() for link in found]}


def _walked(traced: Traced) -> dict[str, Any]:
    starts = [node.id for node in traced.starts]
    return {"starts": starts, "withheld": dict(traced.withheld)} | traced.graph.as_dict()


def _rested(found: Impact) -> dict[str, Any]:
    return _walked(found.traced) | {
        "versions": [{"model": row.uri, "server": row.server.key} for row in found.versions],
        "candidates": [_release(found, row, row.state, row.opened_at, row.withdrawn_at) for row in found.candidates],
        "approvals": [_release(found, row, row.state, row.valid_from, row.valid_until) for row in found.approvals],
        "deployments": [
            _release(found, row, "ended" if row.until else "live", row.since, row.until) for row in found.deployments
        ],
    }


def _release(found: Impact, row: Any, state: str, since: datetime, until: datetime | None) -> dict[str, Any]:
    return {
        "id": row.pk,
        "model": row.model_version.uri,
        "server": row.model_version.server.key,
        "system": row.system.key,
        "context": row.context_key,
        "because": found.because(row.model_version_id),
        "state": state,
        "since": since,
        "until": until,
    }
