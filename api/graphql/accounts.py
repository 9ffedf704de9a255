"""People, as they are shown beside what they did."""

from __future__ import annotations

import graphene

from governance.accounts.models import User


class Person(graphene.ObjectType):
    """Somebody who acted, by the opaque id that the log knows."""

    id = graphene.ID(required=True)
    name = graphene.String(required=True, description="The name that is shown; “erased” once it was erased.")

    @staticmethod
    def resolve_name(user: User, info: graphene.ResolveInfo) -> str:
        """Return the name, or that it was erased."""
        return user.name or "erased"
