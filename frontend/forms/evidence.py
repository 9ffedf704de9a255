"""Bringing evidence in from a file."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.files.uploadedfile import UploadedFile

from frontend.forms.service import ServiceForm
from governance.evidence.files import Upload
from governance.evidence.formats import FORMATS
from governance.evidence.formats.mapping import LONGEST_NAME
from governance.evidence.formats.table import MOST_AT_ONCE
from governance.evidence.records import LEVELS

_CONTROL = {"class": "form-control"}
LEVEL_WORDS = {
    "model": "model: the weights alone, by metrics",
    "response": "response: what the model answers",
    "interaction": "interaction: whole conversations",
    "deployment": "deployment: what happened in use",
}
KINDS = ", ".join(form.title for form in FORMATS.values())


class EvidenceForm(ServiceForm):
    """A file, and what its sender says of it. Which version it is about is chosen from those that are registered."""

    is_kept: ClassVar[bool] = False

    model = forms.ChoiceField(label="Version", widget=forms.Select(attrs={"class": "form-select"}))
    file = forms.FileField(
        label=f"File, case by case ({KINDS})",
        max_length=LONGEST_NAME,
        widget=forms.ClearableFileInput(attrs=_CONTROL),
    )
    results = forms.FileField(
        label="For samples of lm_eval: the results_DATE.json beside them",
        required=False,
        widget=forms.ClearableFileInput(attrs=_CONTROL),
    )
    level = forms.ChoiceField(
        label="What kind of evidence it is",
        choices=[(level, LEVEL_WORDS[level]) for level in LEVELS],
        initial="response",
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    mapping = forms.CharField(
        label="Which column says what (YAML; empty where columns are case_id, metric, value, context)",
        required=False,
        widget=forms.Textarea(attrs={"class": "form-control source", "rows": 6, "spellcheck": "false"}),
    )
    evaluated_at = forms.DateTimeField(
        label="When the evaluation began, UTC (a log says itself)",
        required=False,
        widget=forms.DateTimeInput(attrs={**_CONTROL, "type": "datetime-local"}),
    )

    def __init__(self, *args: Any, models: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["model"].choices = [(uri, uri) for uri in models]  # type: ignore[attr-defined]

    def clean_file(self) -> UploadedFile[bytes]:
        """Refuse a file that would not be read anyway, before it is."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > MOST_AT_ONCE:
            what = f"It has {file.size} bytes; the most here is {MOST_AT_ONCE}."
            raise forms.ValidationError(
                f"{what} Send it by `edgewise evidence --file`, which goes on where it is cut off."
            )
        return file

    def upload(self) -> Upload:
        """Return the file with what was said of it."""
        given = self.cleaned_data
        return Upload(
            name=given["file"].name,
            file=given["file"],
            level=given["level"],
            evaluator="",
            mapping=given["mapping"],
            results=given["results"].read() if given["results"] else b"",
            evaluated_at=given["evaluated_at"],
        )
