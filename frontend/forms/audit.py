"""Finding entries of the log."""

from __future__ import annotations

from django import forms

_INPUT = {"class": "form-control form-control-sm"}
_MOMENT = _INPUT | {"type": "datetime-local"}


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
