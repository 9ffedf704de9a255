"""What a pipeline asks: may these bytes go live there? Whatever cannot be established is a no."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from governance.accounts.models import User
from governance.approvals import selectors
from governance.approvals.selectors import Answer, Unmet
from governance.errors import Conflict, DomainError, Invalid, NotFound, Problem
from governance.evidence.registration import locate
from governance.systems import selectors as systems
from governance.systems.models import AISystem, RegisteredModelLink
from governance.systems.policies import check_permission, is_askable
from lineage import selectors as lineage
from lineage import sync
from lineage.models import ModelVersion
from lineage.registry import parse_uri


def ask(*, uri: str, context_key: str, digest: str = "", manifest: str = "", by: User, at: datetime) -> Answer:
    """Answer whether `models:/NAME/VERSION` may go live in a context at `at`.

    `digest` and `manifest` (which covers file names too) are those of a folder that the asker hashed; without both the
    files in MLflow count, hashed again when Edgewise's last look is older than EDGEWISE_DIGEST_MAX_AGE_MINUTES. Raises
    NotFound when no system here that `by` may ask about has this model or context, NotPermitted when `by` may not ask,
    Conflict when several systems have a model of this name, Invalid when only one of the two digests is given.
    """
    _check_both(digest=digest, manifest=manifest)
    system = _system(uri, by=by, at=at)
    check_permission(by=by, permission="approval.check", system=system, at=at)
    systems.context(system=system, key=context_key)
    server, name, number = locate(system=system, uri=uri)
    version = lineage.version(server=server, name=name, version=number)
    if manifest and manifest != version.fingerprint:
        renamed = Unmet("files", False, f"Names or sizes of these files are not those of {version.uri}.")
        return Answer(False, context_key, digest, None, (renamed,))
    if digest:
        return selectors.check(version=version, context_key=context_key, digest=digest, system=system, at=at)
    if unknown := _refresh(version, at=at):
        return Answer(False, context_key, version.digest, None, (unknown,))
    return selectors.check(version=version, context_key=context_key, digest=version.digest, system=system, at=at)


def _check_both(*, digest: str, manifest: str) -> None:
    """The digest alone says nothing of file names, the manifest alone nothing that an approval is found by."""
    if bool(digest) == bool(manifest):
        return
    missing, given = ("manifest", "digest") if digest else ("digest", "manifest")
    problem = Problem(missing, f"is missing beside {given}.", "Send both, or neither to ask about the files in MLflow.")
    raise Invalid(str(problem), problems=(problem,))


def _system(uri: str, *, by: User, at: datetime) -> AISystem:
    name, _, _ = parse_uri(uri)
    links = RegisteredModelLink.objects.filter(name=name).select_related("system").order_by("pk")
    found = [link.system for link in links if is_askable(by=by, system=link.system, at=at)]
    if not found:
        raise NotFound("No system here has that model.", code="model-unknown")
    if len(found) > 1:
        keys = ", ".join(system.key for system in found)
        raise Conflict(f"Several systems have a model “{name}”: {keys}. Give one of the models another name.")
    return found[0]


def _refresh(version: ModelVersion, *, at: datetime) -> Unmet | None:
    """Hash the files again when the last look is too old; return what could not be established."""
    if version.is_digest_fresh(at=at, max_age_seconds=settings.DIGEST_MAX_AGE.total_seconds()):
        return None
    try:
        sync.rehash(version=version, at=at)
    except DomainError as error:
        return Unmet("bytes", False, f"The bytes of {version.uri} could not be checked: {error.message}")
    return None
