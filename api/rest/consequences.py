"""What ratifying the working draft would take, and what it would do to the approvals that stand."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rest_framework import serializers

from api.operation import Endpoint, operation
from api.rest.fields import RowsField
from governance.approvals import consequences
from governance.approvals.consequences import Consequence, Resting
from governance.specs import editions, selectors
from governance.specs.editions import Beside
from governance.systems import selectors as systems


class PreviewRow(serializers.Serializer):
    """What the gate would say of the approval's frozen evidence under the draft. A preview: once the draft is ratified,
    the gate asks for evidence that was measured afterwards. `left_out` are groups whose cases the draft chooses,
    and metrics that it derives, in another way."""

    verdict = serializers.CharField()
    reasons = serializers.ListField(child=serializers.CharField())
    left_out = serializers.ListField(child=serializers.CharField())


class AffectedRow(serializers.Serializer):
    """An approval that stands, whether ratifying the draft would end it, and why; `preview` is null where the frozen
    evidence cannot be replayed, and `unreplayable` says why."""

    approval = serializers.IntegerField()
    model = serializers.CharField()
    context = serializers.CharField()
    specification = serializers.CharField()
    valid_until = serializers.DateTimeField()
    lapses = serializers.BooleanField()
    because = serializers.CharField()
    changes = RowsField()
    preview = PreviewRow(allow_null=True)
    unreplayable = serializers.CharField()


class ConsequencesRow(serializers.Serializer):
    """The draft against the newest ratified version, null while there is none: what changes, which step of the version
    number that needs and which was made, why the number would be refused, which groups have to sit in the deliberation,
    and which of them do not."""

    digest = serializers.CharField()
    version = serializers.CharField()
    against = serializers.CharField(allow_null=True)
    changes = RowsField()
    required_bump = serializers.CharField(allow_null=True)
    made_bump = serializers.CharField(allow_null=True)
    refusal = serializers.CharField()
    seats = serializers.ListField(child=serializers.CharField())
    unseated = serializers.ListField(child=serializers.CharField())
    approvals = AffectedRow(many=True)


class Consequences(Endpoint):
    """What would follow, said before it is done."""

    @operation(
        "specs_draft_consequences",
        summary="What ratifying the draft would change, take and end; nothing is written",
        gives=ConsequencesRow,
    )
    def get(self, given: dict[str, Any], system: str) -> dict[str, Any]:
        found = systems.system(key=system, by=self.by)
        line = selectors.require_draft(system=found)
        draft, newest = editions.drafted(line), selectors.in_force(system=found)
        affected = consequences.of_ratifying(draft, system=found, **self.acting)
        return {
            "digest": line.draft_digest,
            "version": draft.document.version,
            **_against(editions.beside(newest, draft) if newest else None),
            "approvals": [_approval(one) for one in affected],
        }


def _against(found: Beside | None) -> dict[str, Any]:
    return {
        "against": found.old.version if found else None,
        "changes": [asdict(change) for change in found.changes] if found else [],
        "required_bump": (found.needed or None) if found else None,
        "made_bump": (found.made or None) if found else None,
        "refusal": found.refusal if found else "",
        "seats": found.seats if found else [],
        "unseated": found.unseated if found else [],
    }


def _approval(found: Consequence) -> dict[str, Any]:
    approval, report = found.approval, found.preview
    return {
        "approval": approval.pk,
        "model": approval.model_version.uri,
        "context": approval.context_key,
        "specification": approval.specification.version,
        "valid_until": approval.valid_until,
        "lapses": found.lapses,
        "because": found.because,
        "changes": [asdict(change) for change in found.changes],
        "preview": report
        and {"verdict": report.verdict, "reasons": report.reasons, "left_out": [*found.regrouped, *found.rederived]},
        "unreplayable": found.unreplayable,
    }


class RestingRow(serializers.Serializer):
    """What rests on the sheet of a metric: approvals stand although it is withdrawn, open candidates have to be judged
    anew. By their ids."""

    approvals = serializers.ListField(child=serializers.IntegerField())
    candidates = serializers.ListField(child=serializers.IntegerField())


class SheetConsequences(Endpoint):
    """What withdrawing a sheet would touch, said before it is done."""

    @operation(
        "specs_sheet_consequences",
        summary="What rests on the provenance sheet of a metric; nothing is written",
        gives=RestingRow,
    )
    def get(self, given: dict[str, Any], system: str, metric: str) -> dict[str, Any]:
        found = systems.system(key=system, by=self.by)
        selectors.writings(system=found, metric=metric, by=self.by)
        resting = consequences.of_withdrawing(system=found, **self.acting).get(metric, Resting())
        return {
            "approvals": [approval.pk for approval in resting.approvals],
            "candidates": [candidate.pk for candidate in resting.candidates],
        }
