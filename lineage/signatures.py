"""Whether an OpenSSF model signature was made by a trusted key, and over which files. Pure, and never over a network.

Formats: Sigstore bundle v0.3, DSSE v1.0, in-toto Statement v1, predicate https://model_signing/signature/v1.0. The
files need not be read again: their digests are in the manifest, and the signed statement names a digest for each file.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any

from lineage.digests import Manifest

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://model_signing/signature/v1.0"
PAYLOAD = "application/vnd.in-toto+json"
VALID, PARTIAL, MISMATCH = "valid", "partial", "mismatch"
UNKNOWN, UNCHECKED = "key-unknown", "not-checked"
NAMED = 100
"""How many files of each kind a result names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedKey:
    """An elliptic-curve public key in PEM under the `name` that people know it by."""

    name: str
    pem: bytes

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hexadecimal) of the key as model_signing writes it: PEM of its SubjectPublicKeyInfo."""
        from cryptography.hazmat.primitives import serialization

        form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(serialization.load_pem_public_key(self.pem).public_bytes(*form)).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What came of checking a signature: `state`, the name and fingerprint of the `key` that made it (as far as known),
    how many files it `covers`, and the paths that differ from it: `changed`, `added` (which it does not name),
    `removed` (which it names and are not there), and `left_out` (which its maker chose not to sign); at most 100 of
    each. `signature` is the SHA-256 of the signature file, `because` says in a sentence what the state does not."""

    state: str
    signature: str
    key: str = ""
    fingerprint: str = ""
    covers: int = 0
    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    because: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return it as canonical data."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}


class Unchecked(Exception):
    """The signature is one that is not checked here; the message says why."""


def check(*, signature: bytes, manifest: Manifest, keys: Sequence[TrustedKey]) -> Checked:
    """Return what a `model.sig` says of the files of `manifest`, if one of `keys` made it."""
    sha256 = hashlib.sha256(signature).hexdigest()
    try:
        bundle = json.loads(signature)
        if "publicKey" not in bundle["verificationMaterial"]:
            raise Unchecked("It was made with a certificate, and only those made with a key are checked.")
        key = _made_by(bundle["dsseEnvelope"], keys)
        if key is None:
            hint = str(bundle["verificationMaterial"]["publicKey"].get("hint") or "")[:64]
            return Checked(state=UNKNOWN, signature=sha256, fingerprint=hint, because=_unknown(keys))
        found = _compared(_statement(bundle["dsseEnvelope"]), manifest)
        return Checked(signature=sha256, key=key.name, fingerprint=key.fingerprint, **found)
    except Unchecked as reason:
        return Checked(state=UNCHECKED, signature=sha256, because=str(reason))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Checked(state=UNCHECKED, signature=sha256, because="It is not of the form that model_signing writes.")


def _unknown(keys: Sequence[TrustedKey]) -> str:
    if not keys:
        return "No key is trusted here yet."
    return f"None of the trusted keys made it ({', '.join(key.name for key in keys)})."


def _made_by(envelope: dict[str, Any], keys: Sequence[TrustedKey]) -> TrustedKey | None:
    """Return the key that signed `envelope`. Bundles name no key, so each is tried."""
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer import SSlibKey

    (signed,) = envelope["signatures"]
    loaded = Envelope.from_dict({**envelope, "signatures": [{"keyid": "", "sig": signed["sig"]}]})
    if loaded.payload_type != PAYLOAD:
        raise Unchecked(f"It holds {str(loaded.payload_type)[:100]}, no in-toto statement.")
    for key in keys:
        public = SSlibKey.from_crypto(load_pem_public_key(key.pem))
        try:
            loaded.verify([SSlibKey("", public.keytype, public.scheme, public.keyval)], 1)
        except VerificationError:
            continue
        return key
    return None


def _statement(envelope: dict[str, Any]) -> dict[str, Any]:
    statement: dict[str, Any] = json.loads(base64.b64decode(envelope["payload"], validate=True))
    if statement["_type"] != STATEMENT or statement["predicateType"] != PREDICATE:
        raise Unchecked(f"It states {str(statement['predicateType'])[:100]}, not {PREDICATE}.")
    form = statement["predicate"]["serialization"]
    if form["method"] != "files" or form["hash_type"] != "sha256":
        raise Unchecked("It was made over parts of files or with another hash; only SHA-256 of whole files is checked.")
    return statement


def _compared(statement: dict[str, Any], manifest: Manifest) -> dict[str, Any]:
    """Return state and paths of a statement that a trusted key signed, compared with what is there."""
    resources = statement["predicate"]["resources"]
    signed = {str(each["name"]): str(each["digest"]) for each in resources if each["algorithm"] == "sha256"}
    (subject,) = statement["subject"]
    root = hashlib.sha256(b"".join(bytes.fromhex(each["digest"]) for each in resources)).hexdigest()
    if len(signed) != len(resources) or subject["digest"]["sha256"] != root:
        raise Unchecked("It contradicts itself: its subject is not what its files come to.")
    there = {file.path: file.sha256 for file in manifest.files}
    ignored = [PurePosixPath(path) for path in statement["predicate"]["serialization"].get("ignore_paths", ())]
    unsigned = sorted(there.keys() - signed.keys())
    left_out = [path for path in unsigned if any(PurePosixPath(path).is_relative_to(each) for each in ignored)]
    found = {
        "changed": sorted(path for path in there.keys() & signed.keys() if there[path] != signed[path]),
        "added": [path for path in unsigned if path not in left_out],
        "removed": sorted(signed.keys() - there.keys()),
    }
    state = MISMATCH if any(found.values()) else PARTIAL if left_out else VALID
    named = {kind: tuple(paths[:NAMED]) for kind, paths in (found | {"left_out": left_out}).items()}
    return {"state": state, "covers": len(there.keys() & signed.keys()), **named}
