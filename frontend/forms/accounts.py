"""Passwords."""

from __future__ import annotations

from typing import Any

from django import forms

from frontend.forms.service import ServiceForm

LONGEST = 500


def _password(label: str, *, autocomplete: str) -> forms.CharField:
    attributes = {"class": "form-control", "autocomplete": autocomplete}
    widget = forms.PasswordInput(attrs=attributes)
    return forms.CharField(label=label, max_length=LONGEST, strip=False, widget=widget)


class PasswordForm(ServiceForm):
    """Another password of one's own; `again` keeps a slip from locking its writer out. What is typed is never kept."""

    is_kept = False

    current = _password("Present password", autocomplete="current-password")
    new = _password("New password, at least twelve characters", autocomplete="new-password")
    again = _password("New password again", autocomplete="new-password")

    def clean(self) -> dict[str, Any]:
        """Return what the service takes, once the new password was written twice alike."""
        said = super().clean() or {}
        again = said.pop("again", None)
        if "new" in said and again is not None and again != said["new"]:
            self.add_error("again", "This is not the new password above.")
        return said
