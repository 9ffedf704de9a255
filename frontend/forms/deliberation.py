"""What participants and facilitators say in a deliberation."""

from __future__ import annotations

from typing import Any

from django import forms

from frontend.forms.service import ServiceForm
from governance.deliberation.models import Position
from governance.deliberation.rules import RULES

KINDS = (
    (Position.STATEMENT, "A statement, for the others to read"),
    (Position.DISSENT, "A dissent, to stand beside the outcome"),
)
_AREA = {"class": "form-control"}
_INPUT = {"class": "form-control"}


class RankingField(forms.Field):
    """A list of option keys in the order of the fields that bear this name; empty places are left out."""

    widget = forms.SelectMultiple

    def clean(self, value: Any) -> list[str]:
        """Return the keys, best first; the service judges them."""
        return [key for key in value or [] if key]


class BallotForm(ServiceForm):
    """The options, best first."""

    # A session knows whose it is, and a ballot must never hang on a name.
    is_kept = False
    ranking = RankingField()


class PositionForm(ServiceForm):
    """What a participant holds, under their own name."""

    kind = forms.ChoiceField(label="What it is", choices=KINDS, widget=forms.RadioSelect, initial=Position.STATEMENT)
    text = forms.CharField(
        label="What you hold, and why", max_length=10_000, widget=forms.Textarea(attrs=_AREA | {"rows": 4})
    )


class OpenVotingForm(ServiceForm):
    """Until when ballots are taken."""

    until = forms.DateTimeField(
        label="Voting ends (UTC)",
        widget=forms.DateTimeInput(attrs=_INPUT | {"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


class CloseForm(ServiceForm):
    """What became of what was said."""

    answer = forms.CharField(
        label="You said, we did", max_length=10_000, widget=forms.Textarea(attrs=_AREA | {"rows": 4})
    )


class OptionsField(forms.CharField):
    """Options, one a line: `key: text`."""

    def clean(self, value: Any) -> list[dict[str, str]]:
        """Return the options; a line without a colon is both key and text."""
        pairs = [line.partition(":") for line in super().clean(value).splitlines() if line.strip()]
        return [{"key": key.strip(), "text": text.strip() or key.strip()} for key, _, text in pairs]


class PrepareForm(ServiceForm):
    """A question with its options, its rule and its quorums."""

    seen = ("subject", "subject_digest")
    subject = forms.CharField(widget=forms.HiddenInput, max_length=200)
    subject_digest = forms.CharField(widget=forms.HiddenInput, max_length=64)
    question = forms.CharField(label="Question", widget=forms.TextInput(attrs=_INPUT), max_length=500)
    framing = forms.CharField(label="What to know before answering", widget=forms.Textarea(attrs=_AREA | {"rows": 4}))
    options = OptionsField(label="Options, one a line, as key: text", widget=forms.Textarea(attrs=_AREA | {"rows": 3}))
    seated_groups = forms.MultipleChoiceField(label="Groups with seats", widget=forms.CheckboxSelectMultiple)
    rule = forms.ChoiceField(
        label="Rule that decides",
        choices=[(rule, rule.replace("_", " ")) for rule in RULES],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    quorum = forms.IntegerField(label="Ballots needed", min_value=1, widget=forms.NumberInput(attrs=_INPUT))
    group_quorum = forms.IntegerField(
        label="Ballots needed in each group", min_value=1, widget=forms.NumberInput(attrs=_INPUT)
    )
    smallest_group = forms.IntegerField(
        label="Smallest group that is shown", min_value=1, widget=forms.NumberInput(attrs=_INPUT)
    )

    def seat(self, groups: list[tuple[str, str]]) -> PrepareForm:
        """Offer the groups, pairs of key and name, that may have seats."""
        self.fields["seated_groups"].choices = groups  # type: ignore[attr-defined]
        return self
