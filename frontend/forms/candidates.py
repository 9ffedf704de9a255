"""What people say about release candidates and approvals."""

from __future__ import annotations

from typing import Any

from django import forms

from frontend.forms.service import ServiceForm

STANCES = (("approve", "I approve"), ("object", "I object"), ("abstain", "I abstain"))
OUTCOMES = (("approved", "Approve the release"), ("rejected", "Reject the release"))
LONGEST = 10_000


def _reason(label: str, *, required: bool = True, rows: int = 3) -> forms.CharField:
    area = forms.Textarea(attrs={"class": "form-control", "rows": rows})
    return forms.CharField(label=label, required=required, max_length=LONGEST, widget=area)


class SignForm(ServiceForm):
    """One person's word on exactly the revision shown; `role` may carry its group: `representative:limited`."""

    seen = ("shown_digest",)
    shown_digest = forms.CharField(widget=forms.HiddenInput)
    role = forms.CharField(label="You sign as", widget=forms.Select(attrs={"class": "form-select"}))
    group = forms.CharField(required=False, widget=forms.HiddenInput)
    stance = forms.ChoiceField(label="Your word", choices=STANCES, widget=forms.RadioSelect)
    reason = _reason("Reason (needed to object or abstain)", required=False)

    def offer(self, capacities: list[tuple[str, str]]) -> SignForm:
        """Offer the capacities, pairs of value and words, in which the reader may sign."""
        self.fields["role"].widget.choices = capacities
        return self

    def clean(self) -> dict[str, Any]:
        """Split a role from the group it speaks for."""
        said = super().clean() or {}
        role, colon, group = said.get("role", "").partition(":")
        return said | {"role": role, "group": group if colon else said.get("group", "")}


class DecideForm(ServiceForm):
    """The board's decision on exactly the revision that was shown."""

    seen = ("shown_digest",)
    shown_digest = forms.CharField(widget=forms.HiddenInput)
    outcome = forms.ChoiceField(label="Decision", choices=OUTCOMES, widget=forms.RadioSelect)
    reason = _reason("Reason, for the record")

    def offer(self, *, approving: bool) -> DecideForm:
        """Offer to approve only when the policy allows it; the service judges what is sent all the same."""
        offered = OUTCOMES if approving else OUTCOMES[1:]
        self.fields["outcome"].widget.choices = offered
        return self


class WithdrawForm(ServiceForm):
    """Why a candidate is withdrawn."""

    reason = _reason("Why it is withdrawn", rows=2)


class ConflictForm(ServiceForm):
    """A conflict of interest of one's own."""

    reason = _reason("What your conflict of interest is", rows=2)


class CloseRouteForm(ServiceForm):
    """What was done about a signal, and by which deliberation, where it asks for one."""

    deliberation_id = forms.IntegerField(
        label="Decided by", required=False, min_value=1, widget=forms.Select(attrs={"class": "form-select"})
    )
    because = _reason("What was done about it", rows=2)

    def offer(self, deliberations: list[tuple[int, str]]) -> CloseRouteForm:
        """Offer the deliberations, pairs of number and words, by which the route can be closed, if any are needed."""
        field = self.fields["deliberation_id"]
        if deliberations:
            field.widget.choices = deliberations
        else:
            field.widget = forms.HiddenInput()
        return self


class OpenCandidateForm(ServiceForm):
    """Which judged version to put forward."""

    report_id = forms.IntegerField(widget=forms.HiddenInput)


class RevokeForm(ServiceForm):
    """Why an approval must not hold any longer."""

    reason = _reason("Why the approval is revoked")
