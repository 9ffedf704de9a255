"""The digest of a model's files: quick to import, no Django, so that a deployment host can compute it too.

A model's digest is the SHA-256 over the raw SHA-256 digests of its files, concatenated in the order of their paths,
folder by folder (`a/x` before `a-b/x`): the subject digest of OpenSSF Model Signing v1 (predicate
https://model_signing/signature/v1.0). It does not cover the paths themselves; `Manifest.fingerprint` does. The
signature file itself counts in neither, as model_signing has it.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from governance.errors import Invalid, Problem
from lineage.errors import HostilePath

CHUNK_BYTES = 1 << 20
MAX_PATH_BYTES = 1024
CLIENT_FILES = frozenset({"registered_model_meta"})
"""What MLflow's client writes beside a download, different for each address; no part of the model."""
SIGNATURE = "model.sig"
"""The file in which model_signing keeps a signature, beside the model's files."""
MAX_SIGNATURE_BYTES = 1 << 25
BUNDLE = "application/vnd.dev.sigstore.bundle"
BUNDLE_MEMBERS = {"mediaType", "verificationMaterial", "dsseEnvelope"}


@dataclass(frozen=True, slots=True)
class FileDigest:
    """One file: `path` relative to the model with forward slashes, `size` in bytes, hexadecimal `sha256`."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """A model's files in path order. `signature` is what lies beside them as `model.sig`, empty without one, and
    `made_from` what the MLmodel file names as that, where it was looked at; two manifests are equal without them."""

    files: tuple[FileDigest, ...]
    signature: bytes = field(default=b"", compare=False)
    made_from: str = field(default="", compare=False)

    @property
    def digest(self) -> str:
        """SHA-256 (hexadecimal) over the concatenated raw digests of the files in path order."""
        return hashlib.sha256(b"".join(bytes.fromhex(file.sha256) for file in self.files)).hexdigest()

    @property
    def total_bytes(self) -> int:
        """The size of all files together, in bytes."""
        return sum(file.size for file in self.files)

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hexadecimal) of the canonical manifest, which covers paths and sizes as well."""
        text = json.dumps(self.as_list(), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def as_list(self) -> list[dict[str, str | int]]:
        """Return [{path, size, sha256}] in path order, as it is stored and hashed."""
        return [{"path": file.path, "size": file.size, "sha256": file.sha256} for file in self.files]


def manifest_of(files: Iterable[FileDigest], *, signature: bytes = b"") -> Manifest:
    """Return the manifest of `files`, sorted; raises Invalid when there is none, HostilePath for a path twice."""
    ordered = tuple(sorted(files, key=lambda file: file.path.split("/")))
    if not ordered:
        problem = Problem(where="files", what="there is none to hash.", remedy="Name the folder that holds MLmodel.")
        raise Invalid("A model without files has no digest.", code="no-files", problems=(problem,))
    for first, second in pairwise(ordered):
        if first.path == second.path:
            raise HostilePath(first.path, "it occurs twice.")
    return Manifest(files=ordered, signature=signature)


def manifest_from(rows: Iterable[dict[str, str | int]]) -> Manifest:
    """Return the manifest whose `as_list` is `rows`."""
    return manifest_of(FileDigest(str(row["path"]), int(row["size"]), str(row["sha256"])) for row in rows)


def changed_paths(before: Manifest, after: Manifest) -> tuple[str, ...]:
    """Return the paths that were added, removed or altered, sorted."""
    return tuple(sorted({file.path for file in set(before.files) ^ set(after.files)}))


def differences(before: Manifest, after: Manifest) -> dict[str, list[str]]:
    """Return the paths that were `changed`, `added` and `removed`, each sorted."""
    old, new = ({file.path: file for file in manifest.files} for manifest in (before, after))
    return {
        "changed": sorted(path for path in old.keys() & new.keys() if old[path] != new[path]),
        "added": sorted(new.keys() - old.keys()),
        "removed": sorted(old.keys() - new.keys()),
    }


def hash_stream(path: str, chunks: Iterable[bytes]) -> FileDigest:
    """Return the digest of one file from its bytes in pieces; raises HostilePath."""
    check_path(path)
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
    return FileDigest(path=path, size=size, sha256=digest.hexdigest())


def hash_folder(folder: str | Path) -> Manifest:
    """Return the manifest of a model's folder on this machine, as MLflow's client downloads it.

    Links and special files are refused (HostilePath); an empty or missing folder raises Invalid.
    """
    root = Path(folder)
    if not root.is_dir():
        problem = Problem(where=str(root), what="is not a folder.", remedy="Name the folder that holds MLmodel.")
        raise Invalid(f"{root} is not a folder.", code="no-files", problems=(problem,))
    names = [name for name in _names(root) if name not in CLIENT_FILES]
    signature = read_signature(_chunks(root / SIGNATURE)) if SIGNATURE in names else b""
    counted = [name for name in names if name != SIGNATURE or not signature]
    return manifest_of((hash_stream(name, _chunks(root / name)) for name in counted), signature=signature)


def read_signature(chunks: Iterable[bytes]) -> bytes:
    """Return the bytes of a `model.sig` that is a Sigstore bundle with a DSSE envelope and nothing else, or nothing:
    whatever else has that name is a file of the model like any other, and counts in its digest."""
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > MAX_SIGNATURE_BYTES:
            return b""
    try:
        bundle = json.loads(data)
    except (ValueError, RecursionError):
        return b""
    is_bundle = isinstance(bundle, dict) and bundle.keys() == BUNDLE_MEMBERS
    return bytes(data) if is_bundle and str(bundle["mediaType"]).startswith(BUNDLE) else b""


def check_path(path: str) -> str:
    """Return `path` if it is one that an honest model has; raises HostilePath otherwise."""
    if not path.isprintable() or not path:
        raise HostilePath(path, "it is empty or holds unprintable characters.")
    if "\\" in path or path[1:2] == ":":
        raise HostilePath(path, "it is written for another file system.")
    if any(part in {"", ".", ".."} for part in path.split("/")):
        raise HostilePath(path, "it does not stay inside the model's folder.")
    if len(path.encode()) > MAX_PATH_BYTES:
        raise HostilePath(path, f"it is longer than {MAX_PATH_BYTES} bytes.")
    return path


def _names(root: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(root, onerror=_raise):
        for name in (*folders, *files):
            place = Path(folder, name)
            relative = place.relative_to(root).as_posix()
            mode = place.lstat().st_mode
            if stat.S_ISREG(mode):
                yield relative
            elif not stat.S_ISDIR(mode):
                raise HostilePath(relative, "it is a link or a special file.")


def _raise(error: OSError) -> None:
    raise error


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            yield chunk
