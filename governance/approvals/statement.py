"""The portable form of an approval: an in-toto statement in a DSSE envelope. Pure, so that a verifier shares it.

Formats: in-toto Statement v1 (https://in-toto.io/Statement/v1), DSSE v1.0 (secure-systems-lab/dsse), predicate as in
docs/reference/approval-predicate.md.
"""

from __future__ import annotations

from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, Key, SSlibKey

from governance import canonical
from governance.errors import Invalid

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:edgewise:attestation:release-approval:v0.1"
PAYLOAD_TYPE = "application/vnd.in-toto+json"


def build(*, model: dict[str, Any], manifest: list[dict[str, Any]], predicate: dict[str, Any]) -> dict[str, Any]:
    """Return the statement about `model` (with `uri` and `digest`) and each file of its `manifest`."""
    subjects = [{"name": model["uri"], "digest": {"sha256": model["digest"]}}]
    subjects += [{"name": f"{model['uri']}#{f['path']}", "digest": {"sha256": f["sha256"]}} for f in manifest]
    return {
        "_type": STATEMENT_TYPE,
        "subject": subjects,
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate,
    }


def sign(statement: dict[str, Any], *, key: Ed25519PrivateKey) -> bytes:
    """Return the canonical JSON of a DSSE envelope around the statement's canonical bytes."""
    envelope = Envelope(canonical.encode(statement), PAYLOAD_TYPE, {})
    envelope.sign(CryptoSigner(key))
    return canonical.encode(envelope.to_dict())


def key_id(key: Ed25519PrivateKey) -> str:
    """Return the id under which the public half is named in envelopes and in the log."""
    return str(CryptoSigner(key).public_key.keyid)


def public_hex(key: Ed25519PrivateKey) -> str:
    """Return the 32 bytes of the public half (RFC 8032) in hexadecimal."""
    return str(CryptoSigner(key).public_key.keyval["public"])


def open_envelope(envelope: bytes, *, public_keys: dict[str, str]) -> dict[str, Any]:
    """Return the statement inside `envelope` once a key of `public_keys` (id → hexadecimal) has signed it.

    Raises Invalid when it is not such an envelope or no given key signed it.
    """
    try:
        loaded = Envelope.from_dict(orjson.loads(envelope))
        keys: list[Key] = [
            SSlibKey(keyid, "ed25519", "ed25519", {"public": value}) for keyid, value in public_keys.items()
        ]
        loaded.verify(keys, 1)
    except VerificationError as error:
        raise Invalid("No known key signed this approval's statement.", code="signature-wrong") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Invalid(f"This is not a DSSE envelope: {error}.", code="envelope-malformed") from error
    if loaded.payload_type != PAYLOAD_TYPE:
        raise Invalid(f"The envelope holds “{loaded.payload_type}”, no statement.", code="payload-type-wrong")
    statement: dict[str, Any] = orjson.loads(loaded.payload)
    return statement
