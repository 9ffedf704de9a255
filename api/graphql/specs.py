"""Value specifications that were ratified."""

from __future__ import annotations

import graphene

from api.graphql.accounts import Person
from api.graphql.deliberation import Deliberation
from api.graphql.log import Logged
from api.graphql.shapes import Moment, itself, link


class Ratification(Logged, graphene.ObjectType):
    """Who made a specification hold."""

    by = link(Person, "ratified_by")
    at = Moment(required=True, source="ratified_at")


class Specification(graphene.ObjectType):
    """A ratified version of a value specification; it can never change."""

    version = graphene.String(required=True)
    digest = graphene.String(required=True, description="The SHA-256 of its canonical document.")
    text = graphene.String(required=True, description="As it was written.")
    drafter = link(Person, "drafter")
    ratification = itself(Ratification)
    deliberation = link(Deliberation, "deliberation")
