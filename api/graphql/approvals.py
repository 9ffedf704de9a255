"""From an approval down to everything that it rests on."""

from __future__ import annotations

import graphene

from api.graphql.accounts import Person
from api.graphql.gates import GateReport
from api.graphql.lineage import ModelVersion
from api.graphql.log import Logged
from api.graphql.shapes import Moment, every, link, links, said, sealed, words
from api.graphql.specs import Specification
from governance.approvals import endings
from governance.approvals.models import Approval as Issued


class SignOff(Logged, graphene.ObjectType):
    """One person's word on one revision: final for that revision."""

    person = link(Person, "user")
    role = graphene.String(required=True)
    group = graphene.String(required=True, source="group_key", description="Empty for roles that speak for no group.")
    stance = graphene.String(required=True)
    reason = sealed()
    shown_digest = graphene.String(required=True, description="The digest of exactly what was shown and signed.")
    signed_at = Moment(required=True)


class Requirement(graphene.ObjectType):
    """One thing that must hold; for a quorum, `have` of `need` are given."""

    key = graphene.String(required=True)
    met = graphene.Boolean(required=True)
    sentence = graphene.String(required=True)
    have = graphene.Int()
    need = graphene.Int()


class Quota(graphene.ObjectType):
    """How many sign-offs of one role the policy asks for."""

    role = graphene.String(required=True)
    count = graphene.Int(required=True)
    group = graphene.String()


class Policy(graphene.ObjectType):
    """The approval policy as it was pinned when the revision was made."""

    sign_offs = graphene.Field(every(Quota))
    veto_groups = graphene.Field(every(graphene.String))
    separation = graphene.Field(every(graphene.String))
    validity_days = graphene.Int(required=True)
    cooling_off_hours = graphene.Int(required=True)


class Candidate(graphene.ObjectType):
    """A model version put forward for one context."""

    id = graphene.ID(required=True)
    context = graphene.String(required=True, source="context_key")
    state = graphene.String(required=True)
    opened_by = link(Person, "opened_by")
    opened_at = Moment(required=True)


class Revision(Logged, graphene.ObjectType):
    """Exactly what was signed."""

    number = graphene.Int(required=True)
    digest = graphene.String(required=True, description="The SHA-256 of the canonical document that was signed.")
    artifact_digest = graphene.String(required=True)
    made_at = Moment(required=True)
    candidate = link(Candidate, "candidate")
    policy = said(Policy, "policy")
    sign_offs = links(SignOff, "sign_offs")
    report = link(GateReport, "report")
    specification = link(Specification, "specification")


class Decision(Logged, graphene.ObjectType):
    """How a revision was decided, with every requirement as it stood then."""

    outcome = graphene.String(required=True)
    reason = sealed()
    digest = graphene.String(required=True)
    decided_by = link(Person, "decided_by")
    decided_at = Moment(required=True)
    requirements = said(every(Requirement), "requirements")
    revision = link(Revision, "revision")


class Ending(Logged, graphene.ObjectType):
    """Why, when and by whom an approval was ended."""

    state = graphene.String(required=True)
    reason = sealed()
    by = link(Person, "ended_by")
    at = Moment(required=True, source="ended_at")


class Approval(Logged, graphene.ObjectType):
    """These bytes, in this context, from `validFrom` until `validUntil`."""

    id = graphene.ID(required=True)
    system = graphene.String(required=True)
    context = graphene.String(required=True, source="context_key")
    artifact_digest = graphene.String(required=True)
    state = graphene.String(required=True)
    ended_because = graphene.String(required=True, description="Why it does not hold now; empty while it does.")
    valid_from = Moment(required=True)
    valid_until = Moment(required=True)
    statement_digest = graphene.String(required=True)
    key_id = graphene.String(required=True)
    ending = link(Ending, "ending", required=False)
    model_version = link(ModelVersion, "model_version")
    decision = link(Decision, "decision")

    @staticmethod
    def resolve_system(approval: Issued, info: graphene.ResolveInfo) -> str:
        """Return the system's key."""
        return str(info.context.rows.one(approval, "system").key)

    @staticmethod
    def resolve_ended_because(approval: Issued, info: graphene.ResolveInfo) -> str:
        """Return the sentence that a pipeline would be told."""
        ending = info.context.rows.one(approval, "ending")
        if ending is not None:
            words(ending, "reason", info=info)
        return endings.ended_because(approval, at=info.context.at)
