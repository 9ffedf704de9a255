"""What is live, and whether it may be."""

from __future__ import annotations

import graphene

from api.graphql.approvals import Approval, Requirement
from api.graphql.lineage import ModelVersion
from api.graphql.shapes import Moment, every, link
from governance.approvals import selectors as approvals
from governance.approvals.models import Approval as Issued
from governance.approvals.selectors import Answer, Unmet
from governance.monitoring.models import Deployment


class Live(graphene.ObjectType):
    """A version that was seen live in a context."""

    context = graphene.String(required=True, source="context_key")
    since = Moment(required=True)
    model_version = link(ModelVersion, "model_version")
    approval = graphene.Field(Approval, description="What allows it; null when nothing does.")
    unmet = graphene.Field(every(Requirement), description="What is missing; nothing when it is approved.")

    @staticmethod
    def resolve_approval(deployment: Deployment, info: graphene.ResolveInfo) -> Issued | None:
        """Return the approval that holds."""
        answer = _answer(deployment, info)
        return answer.approval if answer.allowed else None

    @staticmethod
    def resolve_unmet(deployment: Deployment, info: graphene.ResolveInfo) -> tuple[Unmet, ...]:
        """Return each requirement that does not hold."""
        return _answer(deployment, info).unmet


def _answer(deployment: Deployment, info: graphene.ResolveInfo) -> Answer:
    def ask(rows: list[Deployment]) -> dict[int, Answer]:
        return {
            row.pk: approvals.check(
                version=row.model_version,
                context_key=row.context_key,
                digest=row.model_version.digest,
                system=row.system,
                at=info.context.at,
            )
            for row in rows
        }

    answer: Answer = info.context.rows.each(deployment, "answer", ask)
    return answer
