"""What became of a registered model and its versions, and how they were known at a time."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.operation import Endpoint, Given, operation
from api.pagination import PagesOfChanges
from api.rest.fields import Moment, OneOf
from governance.monitoring import history
from governance.monitoring.history import WITHHELD, History, Known
from lineage.timeline import SHOWN, WHAT


class Asked(Given):
    """A registered model or a version of it, as known at a time."""

    model = serializers.CharField(max_length=600, help_text="models:/NAME or models:/NAME/VERSION")
    as_of = Moment(required=False)


class AskedChanges(Asked):
    """And which changes."""

    what = OneOf(WHAT, required=False)


class Beginning(serializers.Serializer):
    """A value: its first characters, how many there are in all, and whether it names what one may not see."""

    text = serializers.CharField(source="start", help_text=f"At most {SHOWN} characters.")
    length = serializers.SerializerMethodField()
    withheld = serializers.SerializerMethodField()

    def get_length(self, value: Any) -> int:
        """Return how many characters it has."""
        return max(int(value.length), 0)

    def get_withheld(self, value: Any) -> bool:
        """Return whether it is withheld."""
        return bool(value == WITHHELD)


class ChangeRow(serializers.Serializer):
    """Something that was seen to be other than before: `said_at` is when MLflow says that it happened, null where it
    says nothing, `seen_at` when Edgewise saw it, in the synchronisation `report`."""

    id = serializers.CharField()
    what = serializers.CharField()
    did = serializers.CharField()
    key = serializers.CharField(source="key.start")
    server = serializers.CharField()
    model = serializers.SerializerMethodField()
    before = Beginning(allow_null=True)
    after = Beginning(allow_null=True)
    said_at = serializers.DateTimeField(allow_null=True)
    seen_at = serializers.DateTimeField()
    report = serializers.IntegerField(allow_null=True)

    def get_model(self, change: Any) -> str:
        """Return the address of the model or the version."""
        return f"{change.scheme}:/{change.name}" + (f"/{change.number}" if change.number else "")


class WholeChange(serializers.Serializer):
    """A change with its whole values."""

    what = serializers.CharField()
    key = serializers.CharField()
    before = serializers.CharField(allow_null=True)
    after = serializers.CharField(allow_null=True)
    seen_at = serializers.DateTimeField()


class StateRow(serializers.Serializer):
    """What was known of one thing of that name; a model has neither stage, status nor source, and its aliases say at
    which version each pointed."""

    created_ms = serializers.IntegerField(source="thing.created_ms")
    exists = serializers.BooleanField(source="state.exists")
    description = serializers.CharField(source="state.description")
    tags = serializers.DictField(source="state.tags", child=serializers.CharField())
    stage = serializers.CharField(source="state.stage")
    status = serializers.CharField(source="state.status")
    source = serializers.CharField(source="state.source")
    aliases = serializers.DictField(child=serializers.CharField())


class Changes(Endpoint):
    """The history of a registered model or a version."""

    pagination_class = PagesOfChanges

    @operation(
        "monitoring_history",
        summary="What became of a registered model or a version, newest first",
        asks=AskedChanges,
        gives=ChangeRow(many=True),
        paged=True,
    )
    def get(self, given: dict[str, Any], system: str) -> History:
        uri, what = given["model"], given.get("what", "")
        return history.history(system_key=system, uri=uri, what=what, as_of=given.get("as_of"), by=self.by)


class OneChange(Endpoint):
    """One change of them."""

    @operation("monitoring_change", summary="A tag, description or the like with its whole values", gives=WholeChange)
    def get(self, given: dict[str, Any], system: str, change: str) -> Any:
        return history.whole(system_key=system, change=change, by=self.by)


class States(Endpoint):
    """A registered model or a version, as known at a time."""

    @operation(
        "monitoring_state",
        summary="What was known of a registered model or a version at a time",
        asks=Asked,
        gives=StateRow(many=True),
    )
    def get(self, given: dict[str, Any], system: str) -> list[Known]:
        found = history.history(system_key=system, uri=given["model"], as_of=given.get("as_of"), by=self.by)
        return found.known(at=self.at)
