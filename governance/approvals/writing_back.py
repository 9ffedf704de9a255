"""Telling MLflow how an approval stands, by a tag and an alias that say so, and seeing whether MLflow still says it.

Telling it again changes nothing.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q

from governance.accounts.models import User
from governance.approvals import issuing
from governance.approvals.models import Approval, WriteBack
from governance.approvals.states import ApprovalState, WriteBackState
from governance.errors import NotAllowedNow
from lineage import tags
from lineage.errors import RegistryError, RegistryMissing
from lineage.locks import alone
from lineage.models import ModelVersion, RegisteredModel
from lineage.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """MLflow says what Edgewise did not have it say. `kind` is alias or tag, `key` its name, `version` the one that is
    marked by it (or should be); `before` is what should stand, `after` what does, each empty where there is nothing.
    `is_claim`: it speaks of a version that was never approved in the context."""

    kind: str
    key: str
    version: ModelVersion
    before: str
    after: str
    is_claim: bool


def deliver(*, write_back_id: int, by: User, at: datetime) -> None:
    """Write tag and alias, then record that it was done; on failure the row stays pending, with the error.

    What is written is how things stand now, in whichever order write-backs come: an old one that was held up does not
    undo what a newer approval has MLflow say. One worker at a time speaks to MLflow about a model in a context, so that
    none that dies on the way leaves an old word where others are done; a row that is kept out by another stays pending.
    """
    row = WriteBack.objects.select_related("model_version__registered_model__server").get(pk=write_back_id)
    model = row.model_version.registered_model
    with alone(f"write-back:{model.pk}:{row.context_key}") as is_free:
        if not is_free or not _deliver(row, by=by, at=at):
            return
    # Whoever was kept out meanwhile is called again.
    waiting = WriteBack.objects.filter(model_version__registered_model=model, context_key=row.context_key)
    for pk in waiting.filter(state=WriteBackState.PENDING).order_by("pk").values_list("pk", flat=True):
        issuing.dispatch(pk)


def _deliver(row: WriteBack, *, by: User, at: datetime) -> bool:
    """Write and record what was not recorded by now; return whether MLflow could be told."""
    row.refresh_from_db(fields=["state"])
    if row.state == WriteBackState.PENDING:
        try:
            _tell(row.model_version, row.context_key)
        except RegistryError as error:
            WriteBack.objects.filter(pk=row.pk).update(attempts=F("attempts") + 1, last_error=error.message)
            return False
        with suppress(NotAllowedNow):  # A worker that knows nothing of the lock was quicker.
            issuing.registry_told(write_back_id=row.pk, by=by, at=at)
    return True


def alias_of(context_key: str) -> str:
    """Return the alias that marks the approved version of a context; `__` for a slash, since keys hold hyphens."""
    return tags.ALIAS + context_key.replace("/", "__")


def tag_of(context_key: str) -> str:
    """Return the name of the tag that says how the version stands in a context."""
    return f"{tags.APPROVAL}.{context_key.replace('/', '.')}"


def differences(*, model: RegisteredModel, context_key: str) -> list[Difference]:
    """Return where the mirror of `model` shows another tag or alias for a context than Edgewise has MLflow say; while
    that is not settled (`is_settled`), also where it only shows what MLflow said before it was told."""
    words, marked = _words(model, context_key), _marked(model, context_key)
    return [*_of_tags(model, tag_of(context_key), words), *_of_alias(model, alias_of(context_key), words, marked)]


def is_settled(*, model: RegisteredModel, context_key: str) -> bool:
    """Whether MLflow has been told everything about `model` in a context, before the model was last read."""
    rows = WriteBack.objects.filter(model_version__registered_model=model, context_key=context_key)
    late = Q(state=WriteBackState.PENDING) | Q(done_at__gte=model.read_at)
    return model.read_at is not None and not rows.filter(late).exists()


def _of_tags(model: RegisteredModel, key: str, words: dict[int, str]) -> list[Difference]:
    speaking = Q(tags__has_key=key) | Q(pk__in=list(words))
    rows = model.versions.filter(speaking, vanished_at=None).select_related("registered_model__server").order_by("pk")
    said = [(row, words.get(row.pk, ""), row.tags.get(key, "")) for row in rows]
    return [
        Difference(kind="tag", key=key, version=row, before=should, after=does, is_claim=row.pk not in words)
        for row, should, does in said
        if should != does
    ]


def _of_alias(
    model: RegisteredModel, name: str, words: dict[int, str], marked: ModelVersion | None
) -> list[Difference]:
    alias = model.aliases.filter(name=name).select_related("version__registered_model__server").first()
    points = alias.version if alias else None
    version = points or marked
    if points == marked or version is None:
        return []
    before, after = (each.uri if each else "" for each in (marked, points))
    is_claim = version.pk not in words
    return [Difference(kind="alias", key=name, version=version, before=before, after=after, is_claim=is_claim)]


def _tell(version: ModelVersion, context_key: str) -> None:
    """Write, and look whether it still stands: an approval may end while MLflow is being told that it holds."""
    if version.registered_model.vanished_at is not None:
        return  # Its name may be another model's by now.
    with Registry.of(version.server) as registry:
        told = None
        while (stands := _standing(version, context_key)) != told:
            _write(registry, version, context_key, *stands)
            told = stands


def _standing(version: ModelVersion, context_key: str) -> tuple[str, str]:
    """Return what the version's tag has to say (nothing where it was never approved), and the number of the version
    that the alias has to mark, if any."""
    marked = _marked(version.registered_model, context_key)
    return _words(version.registered_model, context_key).get(version.pk, ""), marked.version if marked else ""


def _words(model: RegisteredModel, context_key: str) -> dict[int, str]:
    """Return what the tag of each version has to say that was ever approved in the context, by the version's id."""
    rows = Approval.objects.filter(model_version__registered_model=model, context_key=context_key)
    newest = rows.order_by("model_version_id", "-pk").distinct("model_version_id")
    return {row.model_version_id: _word(row) for row in newest}


def _word(approval: Approval) -> str:
    until = f"{approval.valid_until:%Y-%m-%d}"
    return f"{approval} {approval.state} sha256:{approval.artifact_digest} until {until}"


def _marked(model: RegisteredModel, context_key: str) -> ModelVersion | None:
    """Return the version that the alias has to mark: that of the newest approval that stands. With a version that is
    gone from MLflow its aliases went too."""
    rows = Approval.objects.filter(model_version__registered_model=model, context_key=context_key)
    standing = rows.filter(state=ApprovalState.ACTIVE, model_version__vanished_at=None)
    newest = standing.select_related("model_version__registered_model__server").order_by("-pk").first()
    return newest.model_version if newest else None


def _write(registry: Registry, version: ModelVersion, context_key: str, word: str, marked: str) -> None:
    if version.vanished_at is None:
        _tag(registry, version, tag_of(context_key), word)
    if marked:
        registry.set_alias(name=version.name, alias=alias_of(context_key), version=marked)
        return
    with suppress(RegistryMissing):
        registry.delete_alias(name=version.name, alias=alias_of(context_key))


def _tag(registry: Registry, version: ModelVersion, key: str, word: str) -> None:
    with suppress(RegistryMissing):  # A version that is gone says nothing any more.
        if word:
            registry.set_version_tag(name=version.name, version=version.version, key=key, value=word)
        else:
            registry.delete_version_tag(name=version.name, version=version.version, key=key)
