"""Writing, approving and withdrawing the provenance sheet of a metric."""

from __future__ import annotations

from django import forms

from frontend.forms.service import ServiceForm
from governance.specs import sheet

_AREA = {"class": "form-control", "rows": 2}


def _asked(name: str) -> forms.CharField:
    return forms.CharField(
        label=sheet.QUESTIONS[name], max_length=sheet.LONGEST, widget=forms.Textarea(attrs=_AREA), required=False
    )


class SheetForm(ServiceForm):
    """A metric and the questions about it, each a field of its own."""

    metric = forms.CharField(label="Metric", max_length=64, widget=forms.TextInput(attrs={"class": "form-control"}))
    definition = _asked("definition")
    stance = _asked("stance")
    whose_value = _asked("whose_value")
    incompatible_with = _asked("incompatible_with")
    validity = _asked("validity")
    owner = _asked("owner")
    what = _asked("what")
    how = _asked("how")
    who = _asked("who")
    when = _asked("when")
    validated = _asked("validated")

    @property
    def answers(self) -> dict[str, str]:
        """What was answered, by the question's key."""
        return {name: self.cleaned_data[name] for name in sheet.QUESTIONS}


class ApproveSheetForm(ServiceForm):
    """The sheet that one read."""

    metric = forms.CharField(widget=forms.HiddenInput)
    digest = forms.CharField(widget=forms.HiddenInput)


class WithdrawSheetForm(ServiceForm):
    """The approved sheet that one read, and why it is withdrawn."""

    metric = forms.CharField(widget=forms.HiddenInput)
    digest = forms.CharField(widget=forms.HiddenInput)
    because = forms.CharField(
        label="Why should nobody rely on the metric any more?",
        max_length=2000,
        widget=forms.Textarea(attrs=_AREA),
    )
