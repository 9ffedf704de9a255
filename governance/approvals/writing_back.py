"""Telling MLflow how an approval stands, by a tag and an alias that say so. Repeating it changes nothing."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from django.db.models import F

from governance.accounts.models import User
from governance.approvals import issuing
from governance.approvals.models import Approval, WriteBack
from governance.approvals.states import ApprovalState, WriteBackState
from governance.errors import NotAllowedNow
from lineage.errors import RegistryError
from lineage.models import ModelVersion
from lineage.registry import Registry

TAG = "edgewise.approval"


def deliver(*, write_back_id: int, by: User, at: datetime) -> None:
    """Write tag and alias, then record that it was done; on failure the row stays pending, with the error.

    What is written is how things stand now, in whichever order write-backs come: an old one that was held up does not
    undo what a newer approval has MLflow say.
    """
    row = WriteBack.objects.select_related("approval__model_version__registered_model__server").get(pk=write_back_id)
    if row.state != WriteBackState.PENDING:
        return
    try:
        _tell(row.approval.model_version, row.approval.context_key)
    except RegistryError as error:
        WriteBack.objects.filter(pk=row.pk).update(attempts=F("attempts") + 1, last_error=error.message)
        return
    with suppress(NotAllowedNow):  # Another worker, to whom the sweep gave the same row, was quicker.
        issuing.registry_told(write_back_id=row.pk, by=by, at=at)


def alias_of(context_key: str) -> str:
    """Return the alias that marks the approved version of a context; `__` for a slash, since keys hold hyphens."""
    return "approved-" + context_key.replace("/", "__")


def tag_of(context_key: str) -> str:
    """Return the name of the tag that says how the version stands in a context."""
    return f"{TAG}.{context_key.replace('/', '.')}"


def _tell(version: ModelVersion, context_key: str) -> None:
    """Write, and look whether it still stands: an approval may end while MLflow is being told that it holds."""
    with Registry.of(version.server) as registry:
        told = None
        while (stands := _standing(version, context_key)) != told:
            _write(registry, version, context_key, *stands)
            told = stands


def _standing(version: ModelVersion, context_key: str) -> tuple[str, str]:
    """Return what the version's tag has to say, and the number of the version that the alias has to mark, if any."""
    of_model = Approval.objects.filter(
        model_version__registered_model=version.registered_model_id, context_key=context_key
    ).order_by("-pk")
    own = of_model.filter(model_version=version)[0]
    marked = of_model.filter(state=ApprovalState.ACTIVE).select_related("model_version").first()
    word = f"{own} {own.state} sha256:{own.artifact_digest} until {own.valid_until:%Y-%m-%d}"
    return word, marked.model_version.version if marked else ""


def _write(registry: Registry, version: ModelVersion, context_key: str, word: str, marked: str) -> None:
    alias = alias_of(context_key)
    registry.set_version_tag(name=version.name, version=version.version, key=tag_of(context_key), value=word)
    if marked:
        registry.set_alias(name=version.name, alias=alias, version=marked)
    else:
        registry.delete_alias(name=version.name, alias=alias)
