"""AI systems, contexts, registered models, stakeholder groups, and grants of roles."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.operation import Endpoint, Given, operation
from api.pagination import PagesByKey
from api.rest.fields import DocumentField, Moment, OneOf, Person, context_field, key_field, text_field
from governance.systems import selectors, services
from governance.systems.models import AISystem, DeploymentContext, RegisteredModelLink, RoleGrant, StakeholderGroup
from governance.systems.roles import ROLES


class SystemRow(serializers.Serializer):
    """An AI system."""

    key = serializers.CharField()
    name = serializers.CharField()
    purpose = serializers.CharField()
    owner = Person()
    created_at = serializers.DateTimeField()


class ContextRow(serializers.Serializer):
    """Where a model would serve, and the MLflow alias that makes a version live there."""

    key = serializers.CharField()
    name = serializers.CharField()
    stakes = serializers.CharField()
    live_alias = serializers.CharField()
    added_at = serializers.DateTimeField()


class ModelRow(serializers.Serializer):
    """A registered model that serves the system."""

    server = serializers.CharField(source="server_key")
    name = serializers.CharField()
    connected_at = serializers.DateTimeField()


class GroupRow(serializers.Serializer):
    """The newest version of a stakeholder group."""

    key = serializers.CharField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    mandate = serializers.CharField()
    affected_because = serializers.CharField()
    floor = serializers.CharField()
    selector = DocumentField()
    declared_at = serializers.DateTimeField()


class GrantRow(serializers.Serializer):
    """A role that somebody holds."""

    id = serializers.IntegerField()
    user = Person()
    role = serializers.CharField()
    group = serializers.CharField(source="group_key")
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class SystemDetail(SystemRow):
    """An AI system with everything that describes it, and the reader's own roles."""

    contexts = ContextRow(many=True)
    models = ModelRow(many=True)
    groups = GroupRow(many=True)
    roles = serializers.ListField(child=serializers.CharField())


class NewSystem(Given):
    """A system to bring under governance."""

    key = key_field()
    name = serializers.CharField(max_length=200)
    purpose = text_field()
    owner = serializers.CharField(max_length=254, help_text="An account's id or address.")


class NewContext(Given):
    """A deployment context."""

    key = context_field()
    name = serializers.CharField(max_length=200)
    stakes = text_field()
    live_alias = serializers.CharField(max_length=100)


class NewModel(Given):
    """A registered model of a tracking server."""

    server = serializers.CharField(max_length=60)
    name = serializers.CharField(max_length=255)


GroupSelector = type(
    "GroupSelector",
    (Given,),
    {
        "__doc__": "Which evidence rows belong to the group: {}, {column, equals} or {column, in}.",
        "column": serializers.CharField(max_length=200, required=False),
        "equals": serializers.CharField(max_length=200, required=False),
        "in": serializers.ListField(
            child=serializers.CharField(max_length=200), required=False, allow_empty=False, max_length=500
        ),
    },
)


class NewGroup(Given):
    """A stakeholder group, or its next version when the key exists."""

    key = key_field()
    name = serializers.CharField(max_length=200)
    mandate = text_field()
    affected_because = text_field()
    floor = text_field()
    selector = GroupSelector()


class NewGrant(Given):
    """A role from `starts_at` (now, when left out) to `ends_at`; participants and representatives for one group."""

    user = serializers.CharField(max_length=254, help_text="An account's id or address.")
    role = OneOf(sorted(ROLES))
    group = key_field(default="", allow_blank=True)
    starts_at = Moment(required=False)
    ends_at = Moment()


class Systems(Endpoint):
    """All systems that one may see."""

    pagination_class = PagesByKey

    @operation("systems_system_list", summary="The systems that one may see", gives=SystemRow(many=True), paged=True)
    def get(self, given: dict[str, Any]) -> Any:
        return selectors.systems(by=self.by).select_related("owner")

    @operation(verb="systems.system.create", takes=NewSystem, gives=SystemRow, status=201)
    def post(self, given: dict[str, Any]) -> AISystem:
        owner = selectors.person(reference=given.pop("owner"), by=self.by)
        return services.create_system(owner=owner, **given, **self.acting)


class System(Endpoint):
    """One system."""

    @operation("systems_system_read", summary="A system with everything that describes it", gives=SystemDetail)
    def get(self, given: dict[str, Any], system: str) -> dict[str, Any]:
        found = selectors.system(key=system, by=self.by)
        return {
            **{name: getattr(found, name) for name in ("key", "name", "purpose", "owner", "created_at")},
            "contexts": found.contexts.order_by("key"),
            "models": found.registered_models.order_by("pk"),
            "groups": selectors.current_groups(system=found),
            "roles": selectors.roles_of(by=self.by, system=found, at=self.at),
        }


class Contexts(Endpoint):
    """The deployment contexts of a system."""

    @operation("systems_context_list", summary="The system's deployment contexts", gives=ContextRow(many=True))
    def get(self, given: dict[str, Any], system: str) -> Any:
        return selectors.system(key=system, by=self.by).contexts.order_by("key")

    @operation(verb="systems.context.add", takes=NewContext, gives=ContextRow, status=201)
    def post(self, given: dict[str, Any], system: str) -> DeploymentContext:
        return services.add_context(system_key=system, **given, **self.acting)


class Models(Endpoint):
    """The registered models that serve a system."""

    @operation("systems_model_list", summary="The registered models that serve the system", gives=ModelRow(many=True))
    def get(self, given: dict[str, Any], system: str) -> Any:
        return selectors.system(key=system, by=self.by).registered_models.order_by("pk")

    @operation(verb="systems.model.connect", takes=NewModel, gives=ModelRow, status=201)
    def post(self, given: dict[str, Any], system: str) -> RegisteredModelLink:
        server, name = given["server"], given["name"]
        return services.connect_model(system_key=system, server_key=server, name=name, **self.acting)


class Groups(Endpoint):
    """The stakeholder groups of a system."""

    @operation("systems_group_list", summary="The system's stakeholder groups", gives=GroupRow(many=True))
    def get(self, given: dict[str, Any], system: str) -> list[StakeholderGroup]:
        return selectors.current_groups(system=selectors.system(key=system, by=self.by))

    @operation(verb="systems.group.declare", takes=NewGroup, gives=GroupRow, status=201)
    def post(self, given: dict[str, Any], system: str) -> StakeholderGroup:
        return services.declare_group(system_key=system, **given, **self.acting)


class Grants(Endpoint):
    """Who holds which role on a system."""

    @operation("systems_role_list", summary="The roles that run now, with their holders", gives=GrantRow(many=True))
    def get(self, given: dict[str, Any], system: str) -> Any:
        return selectors.grants(system=selectors.system(key=system, by=self.by), at=self.at)

    @operation(verb="systems.role.grant", takes=NewGrant, gives=GrantRow, status=201)
    def post(self, given: dict[str, Any], system: str) -> RoleGrant:
        user = selectors.person(reference=given["user"], by=self.by)
        return services.grant_role(
            system_key=system,
            user=user,
            role=given["role"],
            group_key=given["group"],
            starts_at=given.get("starts_at", self.at),
            ends_at=given["ends_at"],
            **self.acting,
        )


class GrantEnding(Endpoint):
    """The early end of a grant."""

    @operation(verb="systems.role.end", gives=GrantRow)
    def post(self, given: dict[str, Any], grant: int) -> RoleGrant:
        return services.end_grant(grant_id=grant, **self.acting)
