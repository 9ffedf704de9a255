"""From a word to the things that it names: a dataset, run, logged model or version, or the runs of a commit."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.db.models import Q, QuerySet

from governance.errors import Invalid
from lineage.models import Dataset, LoggedModel, ModelVersion, Run, TrackingServer
from lineage.registry import MODEL_URI
from lineage.walking import Key

Rows = QuerySet[Dataset] | QuerySet[Run] | QuerySet[LoggedModel] | QuerySet[ModelVersion]
Found = tuple[str, Rows]
PROMPT_URI = re.compile(r"^prompts:/(?P<name>[^/@:]+)/(?P<version>[1-9][0-9]*)$")
COMMIT = re.compile(r"[0-9a-f]{7,64}", re.IGNORECASE)
DIGEST = re.compile(r"[0-9a-f]{64}", re.IGNORECASE)
MOST = 10_000
"""How many things one word may name: more are no question that anybody asks."""


def named(word: str) -> set[Key]:
    """Return every thing that `word` names, of any server, vanished ones included.

    `models:/NAME/VERSION` is a version, `models:/m-ID` a logged model, `prompts:/NAME/VERSION` a prompt's. Otherwise
    the word is a dataset's name, digest or fingerprint, a run's id, a logged model's id, a prompt's name, a version's
    SHA-256, or seven or more hexadecimal digits of a commit; before it may stand which: `dataset:`, `run:`,
    `logged-model:`, `prompt:`, `version:`, `commit:`. Raises Invalid for an empty word, and where it names too much.
    """
    kind, _, rest = word.strip().partition(":")
    asked = {kind: KINDS[kind]} if kind in KINDS and rest else KINDS
    text = rest.strip() if asked is not KINDS else word.strip()
    if not text:
        raise Invalid("Name a dataset, a run, a logged model, a prompt, a version or a commit.", code="nothing-named")
    found = {(of, key) for of, rows in (find(text) for find in asked.values()) for key in _keys(rows)}
    if len(found) > MOST:
        raise Invalid(f"“{text}” names more than {MOST} things. Name one of them.", code="too-much-named")
    return found


def _keys(rows: Rows) -> list[int]:
    return list(rows.values_list("pk", flat=True)[: MOST + 1])


def _servers() -> list[int]:
    """Return the servers, since the identities that the database indexes begin with theirs."""
    return list(TrackingServer.objects.values_list("pk", flat=True))


def _datasets(text: str) -> Found:
    rows = Dataset.objects.filter(server__in=_servers())
    return "dataset", rows.filter(Q(name=text) | Q(digest=text) | Q(fingerprint=text))


def _runs(text: str) -> Found:
    return "run", Run.objects.filter(server__in=_servers(), run_id=text)


def _logged_models(text: str) -> Found:
    return "logged-model", LoggedModel.objects.filter(server__in=_servers(), model_id=text.removeprefix("models:/"))


def _versions(text: str) -> Found:
    rows = ModelVersion.objects.filter(is_prompt=False)
    match = MODEL_URI.match(text)
    if match and match["version"]:
        return "version", rows.filter(registered_model__name=match["name"], version=match["version"])
    return "version", rows.filter(digests__digest=text.lower()) if DIGEST.fullmatch(text) else rows.none()


def _prompts(text: str) -> Found:
    rows = ModelVersion.objects.filter(is_prompt=True)
    match = PROMPT_URI.match(text)
    named = {"registered_model__name": match["name"], "version": match["version"]} if match else None
    return "prompt", rows.filter(**named) if named else rows.filter(registered_model__name=text)


def _of_commit(text: str) -> Found:
    runs = Run.objects.all()
    return "run", runs.filter(git_commit__startswith=text.lower()) if COMMIT.fullmatch(text) else runs.none()


KINDS: dict[str, Callable[[str], Found]] = {
    "dataset": _datasets,
    "run": _runs,
    "logged-model": _logged_models,
    "version": _versions,
    "prompt": _prompts,
    "commit": _of_commit,
}
