"""Keeping edge cases, and reading those that are held out."""

from __future__ import annotations

from django import forms

from frontend.forms.service import ServiceForm


class EdgeCasesForm(ServiceForm):
    """A set in YAML or JSON."""

    text = forms.CharField(
        label="Edge cases (YAML or JSON)",
        strip=False,
        widget=forms.Textarea(
            attrs={"class": "form-control font-monospace editor", "rows": 18, "spellcheck": "false", "wrap": "off"}
        ),
    )


class OpenEdgeCasesForm(ServiceForm):
    """Which held-out set one is about to read, and what for."""

    key = forms.CharField(widget=forms.HiddenInput)
    version = forms.IntegerField(widget=forms.HiddenInput)
    because = forms.CharField(
        label="What do you read it for?",
        max_length=2000,
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )
