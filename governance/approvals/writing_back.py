"""Telling MLflow how an approval stands, by a tag and an alias that say so. Repeating it changes nothing."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F

from governance.accounts.models import User
from governance.approvals import issuing
from governance.approvals.models import Approval, WriteBack
from governance.approvals.states import ApprovalState, WriteBackState
from lineage.errors import RegistryError
from lineage.registry import Registry

TAG = "edgewise.approval"


def deliver(*, write_back_id: int, by: User, at: datetime) -> None:
    """Write tag and alias, then record that it was done; on failure the row stays pending, with the error."""
    row = WriteBack.objects.select_related("approval__model_version__registered_model__server").get(pk=write_back_id)
    if row.state != WriteBackState.PENDING:
        return
    try:
        _tell(row.approval)
    except RegistryError as error:
        WriteBack.objects.filter(pk=row.pk).update(attempts=F("attempts") + 1, last_error=error.message)
        return
    issuing.registry_told(write_back_id=row.pk, by=by, at=at)


def alias_of(context_key: str) -> str:
    """Return the alias that marks the approved version of a context: `approved-` and the key with hyphens."""
    return "approved-" + context_key.replace("/", "-")


def tag_of(context_key: str) -> str:
    """Return the name of the tag that says how the version stands in a context."""
    return f"{TAG}.{context_key.replace('/', '.')}"


def _tell(approval: Approval) -> None:
    version, context_key = approval.model_version, approval.context_key
    alias = alias_of(context_key)
    with Registry.of(version.server) as registry:
        word = f"{approval} {approval.state} sha256:{approval.artifact_digest} until {approval.valid_until:%Y-%m-%d}"
        registry.set_version_tag(name=version.name, version=version.version, key=tag_of(context_key), value=word)
        current = registry.registered_model(name=version.name).aliases.get(alias)
        if approval.state == ApprovalState.ACTIVE:
            registry.set_alias(name=version.name, alias=alias, version=version.version)
        elif current == version.version:
            registry.delete_alias(name=version.name, alias=alias)
