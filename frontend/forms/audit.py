"""Finding entries of the log."""

from __future__ import annotations

from django import forms

from frontend.forms.service import ServiceForm

_INPUT = {"class": "form-control form-control-sm"}
_MOMENT = _INPUT | {"type": "datetime-local"}


class VerifyForm(ServiceForm):
    """From which place of the tree on everything is verified."""

    since = forms.IntegerField(
        label="From place", required=False, min_value=0, widget=forms.NumberInput(attrs=_INPUT | {"placeholder": "0"})
    )

    def clean_since(self) -> int:
        """Return the place; the beginning when none is given."""
        return self.cleaned_data["since"] or 0


class SearchForm(forms.Form):
    """What the entries must match; an empty field matches all."""

    event_type = forms.CharField(
        label="Kind",
        required=False,
        widget=forms.TextInput(attrs=_INPUT | {"placeholder": "approvals.", "list": "kinds"}),
    )
    subject = forms.CharField(
        label="Subject", required=False, widget=forms.TextInput(attrs=_INPUT | {"placeholder": "candidate:1"})
    )
    actor = forms.CharField(
        label="Actor", required=False, widget=forms.TextInput(attrs=_INPUT | {"placeholder": "opaque id"})
    )
    since = forms.DateTimeField(label="From (UTC)", required=False, widget=forms.DateTimeInput(attrs=_MOMENT))
    until = forms.DateTimeField(label="Before (UTC)", required=False, widget=forms.DateTimeInput(attrs=_MOMENT))
    before = forms.IntegerField(required=False, widget=forms.HiddenInput)
