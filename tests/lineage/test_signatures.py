"""What OpenSSF's own model_signing signs is verified here, over the digests that Edgewise has; and nothing else is."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from lineage.digests import hash_folder
from lineage.signatures import Checked, TrustedKey, check
from tests.lineage import signing


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model whose files are in another order by folders than by letters."""
    files = {"MLmodel": b"flavors: {}\n", "code/main.py": b"print()", "code.txt": b"x", "code-b/more.py": b"pass"}
    for name, content in files.items():
        place = tmp_path / "model" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return tmp_path / "model"


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def release(keys: Path) -> TrustedKey:
    return signing.new_key(keys)


def checked(model: Path, *keys: TrustedKey) -> Checked:
    manifest = hash_folder(model)
    return check(signature=manifest.signature, manifest=manifest, keys=keys)


def subject(model: Path) -> str:
    bundle = json.loads((model / "model.sig").read_bytes())
    return str(json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))["subject"][0]["digest"]["sha256"])


@pytest.mark.parametrize("curve", signing.CURVES)
def test_what_model_signing_signed_is_valid_and_has_the_digest_of_its_subject(
    model: Path, keys: Path, curve: str
) -> None:
    before = hash_folder(model)
    key = signing.new_key(keys, curve=curve)
    other = signing.new_key(keys, name="other", curve=curve)
    signing.sign(model, key=keys / "release.key")
    found = checked(model, other, key)
    assert (found.state, found.key, found.covers) == ("valid", "release", 4)
    assert hash_folder(model) == before
    assert subject(model) == before.digest
    assert signing.verifies(model, key=keys / "release.pem")


@pytest.mark.parametrize(
    ("path", "content", "differs"),
    [
        ("code/main.py", b"evil", {"changed": ("code/main.py",)}),
        ("code/extra.py", b"evil", {"added": ("code/extra.py",)}),
        ("code.txt", None, {"removed": ("code.txt",)}),
    ],
)
def test_what_was_changed_since_is_named_and_refused_by_model_signing_too(
    model: Path, keys: Path, release: TrustedKey, path: str, content: bytes | None, differs: dict[str, Any]
) -> None:
    signing.sign(model, key=keys / "release.key")
    (model / path).unlink() if content is None else (model / path).write_bytes(content)
    found = checked(model, release)
    assert found.state == "mismatch"
    assert {kind: getattr(found, kind) for kind in ("changed", "added", "removed") if getattr(found, kind)} == differs
    assert not signing.verifies(model, key=keys / "release.pem")


def test_a_key_that_is_not_trusted_makes_no_valid_signature(model: Path, keys: Path, release: TrustedKey) -> None:
    stranger = signing.new_key(keys, name="stranger")
    signing.sign(model, key=keys / "stranger.key")
    found = checked(model, release)
    assert (found.state, found.key, found.fingerprint) == ("key-unknown", "", stranger.fingerprint)
    assert checked(model).because == "No key is trusted here yet."


def test_a_statement_altered_after_signing_is_nobodys(model: Path, keys: Path, release: TrustedKey) -> None:
    bundle = json.loads(signing.sign(model, key=keys / "release.key"))
    (model / "code.txt").write_bytes(b"evil")
    payload = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    honest = {file.path: file.sha256 for file in hash_folder(model).files}
    for each in payload["predicate"]["resources"]:
        each["digest"] = honest[each["name"]]
    payload["subject"][0]["digest"]["sha256"] = hash_folder(model).digest
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(json.dumps(payload).encode()).decode()
    (model / "model.sig").write_text(json.dumps(bundle))
    assert checked(model, release).state == "key-unknown"


def test_what_its_maker_left_out_is_named(model: Path, keys: Path, release: TrustedKey) -> None:
    (model / ".gitignore").write_text("*.pyc")
    signing.sign(model, key=keys / "release.key", more=("--ignore-paths", str(model / "code")))
    found = checked(model, release)
    assert (found.state, found.covers, found.left_out) == ("partial", 3, (".gitignore", "code/main.py"))


@pytest.mark.parametrize(
    "path", ["subject", "predicateType", "predicate"], ids=["no subject", "another predicate", "no predicate"]
)
def test_a_statement_of_another_form_is_present_and_not_checked(
    model: Path, keys: Path, release: TrustedKey, path: str
) -> None:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    bundle = json.loads(signing.sign(model, key=keys / "release.key"))
    envelope = bundle["dsseEnvelope"]
    payload = json.dumps(json.loads(base64.b64decode(envelope["payload"])) | {path: "https://else"}).encode()
    key = serialization.load_pem_private_key((keys / "release.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    signed = key.sign(b"DSSEv1 28 application/vnd.in-toto+json %d " % len(payload) + payload, ec.ECDSA(hashes.SHA256()))
    envelope["payload"] = base64.b64encode(payload).decode()
    envelope["signatures"][0]["sig"] = base64.b64encode(signed).decode()
    (model / "model.sig").write_text(json.dumps(bundle))
    found = checked(model, release)
    assert found.state == "not-checked"
    assert found.because


@pytest.mark.parametrize(
    "changed",
    [
        {"verificationMaterial": {"certificate": {"rawBytes": ""}}},
        {"verificationMaterial": []},
        {"dsseEnvelope": None},
        {"dsseEnvelope": {"payload": "%", "payloadType": "", "signatures": []}},
    ],
)
def test_a_bundle_of_another_kind_is_present_and_not_checked(
    model: Path, keys: Path, release: TrustedKey, changed: dict[str, Any]
) -> None:
    bundle = json.loads(signing.sign(model, key=keys / "release.key"))
    (model / "model.sig").write_text(json.dumps(bundle | changed))
    assert checked(model, release).state == "not-checked"


@pytest.mark.parametrize(
    "content", [b"", b"\x80\x04 a pickle", b"[]", b'{"weights": 1}', b"[" * 100_000], ids=lambda content: content[:9]
)
def test_what_only_has_the_name_of_a_signature_counts_as_a_file(model: Path, content: bytes) -> None:
    before = hash_folder(model)
    (model / "model.sig").write_bytes(content)
    after = hash_folder(model)
    assert after.signature == b""
    assert after.digest != before.digest
    assert "model.sig" in {file.path for file in after.files}


def test_a_signature_deeper_in_the_model_counts_as_a_file(model: Path, keys: Path, release: TrustedKey) -> None:
    signature = signing.sign(model, key=keys / "release.key")
    (model / "code" / "model.sig").write_bytes(signature)
    assert checked(model, release).added == ("code/model.sig",)
