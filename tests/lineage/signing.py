"""Somebody who signs models with OpenSSF's own model_signing, in a process of its own: it takes a second to import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from lineage.signatures import TrustedKey

CURVES = {"p256": ec.SECP256R1(), "p384": ec.SECP384R1(), "p521": ec.SECP521R1()}


def new_key(folder: Path, *, name: str = "release", curve: str = "p256") -> TrustedKey:
    """Make a key pair in `folder` and return its public half."""
    folder.mkdir(exist_ok=True)
    key = ec.generate_private_key(CURVES[curve])
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / f"{name}.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / f"{name}.pem").write_bytes(public)
    return TrustedKey(name=name, pem=public)


def sign(model: Path, *, key: Path, more: tuple[str, ...] = ()) -> bytes:
    """Sign the folder `model` into its `model.sig`, as `model_signing sign key` does, and return the signature."""
    place = model / "model.sig"
    _run("sign", "key", str(model), "--private_key", str(key), "--signature", str(place), *more)
    return place.read_bytes()


def verifies(model: Path, *, key: Path) -> bool:
    """Whether model_signing itself accepts the signature beside the model."""
    asked = ("verify", "key", str(model), "--public_key", str(key), "--signature", str(model / "model.sig"))
    return _run(*asked, check=False) == 0


def _run(*arguments: str, check: bool = True) -> int:
    command = [sys.executable, "-W", "ignore", "-m", "model_signing", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done.returncode
