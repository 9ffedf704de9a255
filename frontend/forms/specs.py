"""Writing a value specification."""

from __future__ import annotations

from django import forms

from frontend.forms.service import ServiceForm
from governance.errors import DomainError, Problem

_EDITOR = {"class": "form-control font-monospace editor", "rows": 32, "spellcheck": "false", "wrap": "off"}


class DraftForm(ServiceForm):
    """The draft's text, and the digest of the draft that one read: empty when there was none."""

    seen = ("replaces",)
    replaces = forms.CharField(required=False, widget=forms.HiddenInput)
    text = forms.CharField(label="Specification (YAML or JSON)", strip=False, widget=forms.Textarea(attrs=_EDITOR))
    problems: tuple[Problem, ...] = ()

    def clean_text(self) -> str:
        """Return the text as it was typed: browsers send the end of every line as two characters."""
        text: str = self.cleaned_data["text"]
        return text.replace("\r\n", "\n")

    def _show(self, refusal: DomainError) -> None:
        self.problems = refusal.problems
        self.add_error(None, refusal.message if not refusal.problems else "The draft was not saved.")


class PutForwardForm(ServiceForm):
    """Which deliberation is about this draft."""

    deliberation_id = forms.IntegerField(widget=forms.HiddenInput)


class RatifyForm(ServiceForm):
    """The digest of the draft that one read."""

    digest = forms.CharField(widget=forms.HiddenInput)
