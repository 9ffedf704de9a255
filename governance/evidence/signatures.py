"""Who signed the files of a model version, as far as its system's trusted keys tell: evidence shown to signers."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.conf import settings

from governance.systems.models import AISystem
from lineage import signatures
from lineage.digests import manifest_from
from lineage.models import ModelVersion
from lineage.signatures import TrustedKey

logger = logging.getLogger(__name__)


def signature(version: ModelVersion, *, system: AISystem) -> dict[str, Any] | None:
    """Return what the signature beside the version's files comes to, in the form of `lineage.signatures.Checked`; None
    without one. Nothing is asked of MLflow or of any other server."""
    content, current = version.signature, version.current_digest
    if not content or current is None:
        return None
    keys = list(trusted_keys(system=system))
    manifest = manifest_from(current.manifest)
    return signatures.check(signature=content, manifest=manifest, keys=keys).as_dict()


def trusted_keys(*, system: AISystem) -> Iterator[TrustedKey]:
    """Yield the public keys (`NAME.pem`) in EDGEWISE_MODEL_KEY_DIR, then those in its folder named after the system. A
    file that holds no elliptic-curve key is trusted with nothing, and named in the log."""
    for folder in (settings.MODEL_KEY_DIR, settings.MODEL_KEY_DIR / system.key):
        for place in sorted(folder.glob("*.pem")):
            if key := _read(place):
                yield key


def _read(place: Path) -> TrustedKey | None:
    try:
        pem = place.read_bytes()
        if isinstance(load_pem_public_key(pem), EllipticCurvePublicKey):
            return TrustedKey(name=place.stem, pem=pem)
        logger.warning("%s holds no elliptic-curve key, so nothing that it signed counts.", place)
    except (OSError, ValueError) as error:
        logger.warning("%s cannot be read as a public key: %s", place, error)
    return None
