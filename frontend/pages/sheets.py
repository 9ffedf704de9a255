"""What the page of a system's metrics shows: each provenance sheet, and which metrics cannot gate for want of one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from frontend.forms.service import ServiceForm
from frontend.forms.sheets import ApproveSheetForm, SheetForm, WithdrawSheetForm
from governance.accounts.models import User
from governance.approvals import consequences
from governance.audit import selectors as audit
from governance.specs import policies, selectors, sheet
from governance.specs.models import MetricSheet
from governance.systems.models import AISystem
from governance.systems.policies import can


def content(*, system: AISystem, by: User, at: datetime, metric: str = "") -> dict[str, Any]:
    """Return everything that the page shows, with the form begun from the sheet of `metric`, if there is one."""
    newest = list(selectors.sheets(system=system, by=by))
    in_force = selectors.in_force(system=system)
    asked = {c.metric for d in in_force.parsed().dimensions for c in d.criteria} if in_force else set()
    approved = selectors.approved_sheets(system=system, metrics=asked | {row.metric for row in newest})
    may_write = can(policies.check_can_write_sheet, by=by, system=system, at=at)
    resting = consequences.of_withdrawing(system=system, by=by, at=at) if may_write else {}
    begun = next((row.content() for row in newest if row.metric == metric), {"metric": metric})
    return {
        "system": system,
        "sheets": [
            _shown(row, approved.get(row.metric), by=by, at=at) | {"resting": resting.get(row.metric)} for row in newest
        ],
        "lacking": sorted(asked - approved.keys()),
        "may_write": may_write,
        "form": SheetForm(initial=begun),
        "is_begun": bool(metric),
        "marks": audit.marks([leaf for row in newest for leaf in _leaves(row)]),
    }


def withdrawals(shown: list[dict[str, Any]]) -> list[ServiceForm]:
    """Return the forms by which the sheets can be withdrawn."""
    return [one["withdraw"] for one in shown if one["withdraw"]]


def show_again(shown: list[dict[str, Any]], refused: ServiceForm | None) -> None:
    """Let a withdrawal that was refused stand where it was sent from."""
    for one in shown:
        if isinstance(refused, WithdrawSheetForm) and one["withdraw"] and refused.name == one["withdraw"].name:
            one["withdraw"] = refused


def _leaves(row: MetricSheet) -> list[int]:
    approval = [row.approval.leaf_id] if row.is_approved or row.is_withdrawn else []
    return [row.leaf_id, *approval, *([row.approval.withdrawal.leaf_id] if row.is_withdrawn else [])]


def _shown(row: MetricSheet, approved: MetricSheet | None, *, by: User, at: datetime) -> dict[str, Any]:
    answers = row.content()
    may = can(policies.check_can_approve_sheet, by=by, system=row.system, sheet=row, at=at)
    may_end = approved is not None and can(policies.check_can_withdraw_sheet, by=by, system=row.system, at=at)
    given = {"metric": row.metric, "digest": row.digest}
    stands = {"metric": row.metric, "digest": approved.digest if approved else ""}
    return {
        "row": row,
        "approved": approved,
        "answers": [(question, answers[name]) for name, question in sheet.QUESTIONS.items()],
        "approve": ApproveSheetForm(initial=given, of=row.pk) if may else None,
        "withdraw": WithdrawSheetForm(initial=stands, of=row.metric) if may_end else None,
    }
