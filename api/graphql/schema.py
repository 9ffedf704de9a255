"""The GraphQL face: read only, for questions that follow edges. Everything begins at a row that one may see."""

from __future__ import annotations

import graphene

from api.graphql.approvals import Approval
from api.graphql.limits import LARGEST_PAGE
from api.graphql.lineage import ModelVersion
from api.graphql.monitoring import Live
from api.graphql.shapes import Digest, Reference, every
from governance.approvals import selectors as approvals
from governance.approvals.models import Approval as Issued
from governance.errors import Invalid, NotFound, Problem
from governance.evidence import registration
from governance.monitoring import selectors as monitoring
from governance.monitoring.models import Deployment
from governance.systems import selectors as systems
from lineage.models import ModelVersion as Version

LONGEST_ID = 19
"""Digits of the largest id that the database gives."""


class Query(graphene.ObjectType):
    """What can be asked. What is missing and what one may not see are told apart by nobody: both are not-found."""

    approval = graphene.Field(Approval, id=graphene.ID(required=True))
    approvals = graphene.Field(
        every(Approval),
        description="Approvals that one may see, newest first; `before` is the last id of the page before.",
        system=Reference(),
        context=Reference(),
        digest=Digest(description="Of the model's files."),
        before=graphene.ID(),
        first=graphene.Int(default_value=10, description=f"1 to {LARGEST_PAGE}."),
    )
    live = graphene.Field(
        Live,
        description="What is live in a context, which is named by its key or by its live alias.",
        system=Reference(required=True),
        context=Reference(),
        alias=Reference(),
        model=Reference(description="The registered model's name, where several are live in the context."),
    )
    model_version = graphene.Field(
        ModelVersion,
        system=Reference(required=True),
        model=Reference(required=True, description="models:/NAME/VERSION."),
    )

    @staticmethod
    def resolve_approval(root: None, info: graphene.ResolveInfo, id: str) -> Issued:  # noqa: A002
        """Return one approval. Raises NotFound."""
        return approvals.approval(approval_id=_number(id), by=info.context.by)

    @staticmethod
    def resolve_approvals(
        root: None,
        info: graphene.ResolveInfo,
        first: int,
        system: str = "",
        context: str = "",
        digest: str = "",
        before: str = "",
    ) -> list[Issued]:
        """Return a page of approvals. Raises NotFound for the system, Invalid for the page's size."""
        if first is None or not 1 <= first <= LARGEST_PAGE:
            raise _invalid("first", f"is not between 1 and {LARGEST_PAGE}.", "Ask for fewer, and again with before.")
        by = info.context.by
        rows = approvals.approvals(by=by, system=systems.system(key=system, by=by) if system else None)
        wanted = {"context_key": context, "artifact_digest": digest, "pk__lt": _number(before) if before else None}
        found = rows.filter(**{name: value for name, value in wanted.items() if value})
        page: list[Issued] = info.context.rows.add(found[:first])
        return page

    @staticmethod
    def resolve_live(
        root: None, info: graphene.ResolveInfo, system: str, context: str = "", alias: str = "", model: str = ""
    ) -> Deployment:
        """Return what is live. Raises NotFound, Invalid unless exactly one of context and alias is given, and Conflict
        where several models are live and none is named."""
        if bool(context) == bool(alias):
            raise _invalid("context", "and alias are both given, or neither is.", "Give one of them.")
        found = systems.system(key=system, by=info.context.by)
        named = (
            systems.context(system=found, key=context)
            if context
            else systems.context_by_alias(system=found, alias=alias)
        )
        if named is None:
            raise NotFound(f"No context of {found.name} is made live by the alias “{alias}”.")
        return monitoring.live_in(system=found, context_key=named.key, model=model)

    @staticmethod
    def resolve_model_version(root: None, info: graphene.ResolveInfo, system: str, model: str) -> Version:
        """Return a mirrored version of a model that serves the system. Raises NotFound and Invalid."""
        return registration.mirrored(system=systems.system(key=system, by=info.context.by), uri=model)


schema = graphene.Schema(query=Query)


def _number(text: str) -> int:
    if not (text.isdecimal() and len(text) <= LONGEST_ID):
        raise NotFound("Nothing here has that id.")
    return int(text)


def _invalid(where: str, what: str, remedy: str) -> Invalid:
    problem = Problem(where, what, remedy)
    return Invalid(str(problem), problems=(problem,))
