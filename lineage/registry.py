"""The only module that knows MLflow's REST API: typed snapshots out, four writes in. No MLflow import."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import IO, Any, Self, TypeVar
from urllib.parse import quote, urlsplit

from django.conf import settings
from pydantic import ValidationError

from governance.errors import Invalid, Problem
from lineage import flavours, tags
from lineage.credentials import Credentials
from lineage.digests import (
    CLIENT_FILES,
    SIGNATURE,
    FileDigest,
    Manifest,
    check_path,
    hash_stream,
    manifest_of,
    read_signature,
)
from lineage.errors import ArtifactsUnreadable, RegistryMissing
from lineage.models import TrackingServer
from lineage.snapshots import (
    PROMPT_TAG,
    ArtifactEntry,
    LoggedModelSnapshot,
    RegisteredModelSnapshot,
    RunSnapshot,
    Snapshot,
    TraceSnapshot,
    VersionSnapshot,
)
from lineage.transport import Transport

S = TypeVar("S", bound=Snapshot)
TRACES = "/api/3.0/mlflow/traces/search"
PROXY = "/api/2.0/mlflow-artifacts/artifacts"
EVIDENCE_FILTER = f"tags.`{tags.EVIDENCE}` LIKE '%'"
HIDDEN_FILTER = f"tags.`{PROMPT_TAG}` = 'true'"
MAX_VERSIONS, MAX_MODELS, MAX_RUNS, MAX_TRACES = "200000", "1000", 5_000, 500
MAX_FILES, MAX_DEPTH, MAX_PAGES = 100_000, 32, 10_000
MODEL_URI = re.compile(r"^models:/(?P<name>[^/@:]+)(?:/(?P<version>[1-9][0-9]*)|@(?P<alias>[A-Za-z0-9_-]+))$")
LOGGED_MODEL_URI = re.compile(r"^models:/(?P<model_id>m-[0-9a-zA-Z]+)$")
SERVE_ARTIFACTS = (
    "Start MLflow with --artifacts-destination, so that it serves the files itself, and log the model again."
)


def parse_uri(uri: str) -> tuple[str, str, str]:
    """Return (name, version, alias) of `models:/NAME/VERSION` or `models:/NAME@alias`, the other one empty."""
    match = MODEL_URI.match(uri)
    if match is None:
        problem = Problem(
            where="model",
            what=f"{uri!r} does not name a registered model's version.",
            remedy="Write models:/NAME/VERSION or models:/NAME@alias.",
        )
        raise Invalid(str(problem), code="model-uri", problems=(problem,))
    return match["name"], match["version"] or "", match["alias"] or ""


def logged_model_id(source: str) -> str:
    """Return the id in a version's source `models:/m-…`, or an empty string."""
    match = LOGGED_MODEL_URI.match(source)
    return match["model_id"] if match else ""


def _kept(chunks: Iterable[bytes], described: bytearray) -> Iterator[bytes]:
    for chunk in chunks:
        if len(described) <= flavours.LARGEST:
            described += chunk
        yield chunk


class Registry:
    """A tracking server's registry, runs and files. Use as a context manager; methods raise RegistryError."""

    def __init__(self, *, url: str, timeout: float, credentials: Credentials | None = None) -> None:
        self._http = Transport(url=url, timeout=timeout, credentials=credentials)
        self.address = self._http.server

    @classmethod
    def of(cls, server: TrackingServer) -> Self:
        """Return the registry of `server`, with the time-out and the credentials of the settings."""
        return cls(url=server.url, timeout=settings.MLFLOW_TIMEOUT_SECONDS, credentials=Credentials.of(server.key))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.__exit__()

    # --- registered models and versions

    def version(self, *, name: str, version: str) -> VersionSnapshot:
        """Return one version, read by its name."""
        return self._get("model-versions/get", "model_version", VersionSnapshot, name=name, version=version)

    def version_by_alias(self, *, name: str, alias: str) -> VersionSnapshot:
        """Return the version to which `alias` points."""
        return self._get("registered-models/alias", "model_version", VersionSnapshot, name=name, alias=alias)

    def registered_model(self, *, name: str) -> RegisteredModelSnapshot:
        """Return one registered model with its aliases, read by its name, so that it cannot hide."""
        return self._get("registered-models/get", "registered_model", RegisteredModelSnapshot, name=name)

    def registered_models(self) -> tuple[RegisteredModelSnapshot, ...]:
        """Return all registered models, prompts and what hides by a prompt's tag included."""
        found: dict[str, RegisteredModelSnapshot] = {}
        for condition in ("", HIDDEN_FILTER):
            for model in self._pages("registered-models/search", "registered_models", condition):
                found[model.name] = model
        return tuple(found[name] for name in sorted(found))

    def versions(self, *, name: str, known: Iterable[str] = ()) -> tuple[VersionSnapshot, ...]:
        """Return all versions of a model in the order of their numbers.

        One version tagged as a prompt hides all others from every search. So where a version that must exist (one in
        `known`, the newest, an alias' target) is not among those found, each number up to it is asked for by name.
        """
        model = self.registered_model(name=name)
        found = self._search_versions(name)
        expected = {*known, *model.aliases.values(), *(version.version for version in model.latest_versions)}
        hidden = any(version.is_hidden for version in found.values())
        if hidden or not expected <= found.keys():
            newest = max(map(int, (*expected, *found)), default=0)
            if newest > int(MAX_VERSIONS):
                self._http.nonsense(f"version {newest}", "registered-models/get")
            missing = {str(number) for number in range(1, newest + 1)} - found.keys()
            found |= {version.version: version for version in self.numbered(name=name, numbers=missing)}
        return tuple(found[number] for number in sorted(found, key=int))

    def numbered(self, *, name: str, numbers: Iterable[str]) -> tuple[VersionSnapshot, ...]:
        """Return those of the versions with these numbers that exist, each read by its name."""
        found = []
        for number in sorted(numbers, key=int):
            with suppress(RegistryMissing):
                found.append(self.version(name=name, version=number))
        return tuple(found)

    def _search_versions(self, name: str) -> dict[str, VersionSnapshot]:
        mark = '"' if "'" in name else "'"
        if mark in name:
            return {}
        found = {}
        for condition in ("", f" AND {HIDDEN_FILTER}"):
            params = {"filter": f"name = {mark}{name}{mark}{condition}", "max_results": MAX_VERSIONS}
            answer = self._http.call("GET", "model-versions/search", params=params)
            for row in self._list(answer, "model_versions", "model-versions/search"):
                version = self._typed(VersionSnapshot, row, "model-versions/search")
                if version.name == name:
                    found[version.version] = version
        return found

    # --- runs and logged models

    def run(self, *, run_id: str) -> RunSnapshot:
        """Return a run with its tags, parameters, latest metrics and inputs."""
        return self._get("runs/get", "run", RunSnapshot, run_id=run_id)

    def evidence_runs(self, *, experiment_id: str) -> tuple[RunSnapshot, ...]:
        """Return the runs of an experiment that say they are evidence (tag `edgewise.evidence`), each read whole."""
        return tuple(self.run(run_id=run.run_id) for run in self.list_evidence(experiment_id=experiment_id))

    def list_evidence(self, *, experiment_id: str) -> tuple[RunSnapshot, ...]:
        """Return the same runs as MLflow's search shows them: quickly, and without the models that they used."""
        return self._search_runs([experiment_id], EVIDENCE_FILTER)

    def list_children(self, *, experiment_id: str, run_id: str) -> tuple[RunSnapshot, ...]:
        """Return the runs that say they are children of another, as MLflow's search shows them."""
        return self._search_runs([experiment_id], f"tags.`mlflow.parentRunId` = '{run_id}'")

    def traces(self, *, experiment_id: str, run_id: str) -> tuple[TraceSnapshot, ...]:
        """Return the traces of a run with their assessments, in the order of their ids."""
        place = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment_id}}
        body = {"locations": [place], "filter": f"run_id = '{run_id}'", "max_results": MAX_TRACES}
        found: dict[str, TraceSnapshot] = {}
        token = ""
        for _ in range(MAX_PAGES):
            answer = self._http.call("POST", TRACES, body=body | ({"page_token": token} if token else {}))
            for row in self._list(answer, "traces", TRACES):
                trace = self._typed(TraceSnapshot, row, TRACES)
                found[trace.trace_id] = trace
            if not (token := str(answer.get("next_page_token", ""))):
                return tuple(found[name] for name in sorted(found))
        return self._http.nonsense("pages without end", TRACES)

    def logged_model(self, *, model_id: str) -> LoggedModelSnapshot:
        """Return a logged model with its metrics."""
        return self._get(f"logged-models/{quote(model_id, safe='')}", "model", LoggedModelSnapshot)

    def _search_runs(self, experiments: Sequence[str], condition: str) -> tuple[RunSnapshot, ...]:
        runs: dict[str, RunSnapshot] = {}
        token = ""
        for _ in range(MAX_PAGES):
            body = {"experiment_ids": list(experiments), "filter": condition, "max_results": MAX_RUNS}
            answer = self._http.call("POST", "runs/search", body=body | ({"page_token": token} if token else {}))
            for row in self._list(answer, "runs", "runs/search"):
                run = self._typed(RunSnapshot, row, "runs/search")
                runs[run.run_id] = run
            if not (token := str(answer.get("next_page_token", ""))):
                return tuple(runs.values())
        return self._http.nonsense("pages without end", "runs/search")

    # --- files

    def download_uri(self, *, name: str, version: str) -> str:
        """Return where the files of a version lie, copies resolved."""
        endpoint = "model-versions/get-download-uri"
        answer = self._http.call("GET", endpoint, params={"name": name, "version": version})
        if not isinstance(answer.get("artifact_uri"), str):
            self._http.nonsense("no artifact_uri", endpoint)
        return str(answer["artifact_uri"])

    def files(self, *, uri: str) -> tuple[ArtifactEntry, ...]:
        """Return the files below the artifact folder `uri`, with paths relative to it; raises ArtifactsUnreadable."""
        found: list[ArtifactEntry] = []
        folders = [""]
        while folders:
            folder = folders.pop()
            for entry in self._listing(self._place(uri), folder):
                path = check_path(f"{folder}/{entry.path}" if folder else entry.path)
                if entry.is_dir:
                    folders.append(path)
                elif path not in CLIENT_FILES:
                    found.append(entry.model_copy(update={"path": path}))
            if len(found) + len(folders) > MAX_FILES or folder.count("/") > MAX_DEPTH:
                self._http.nonsense("a folder without end", PROXY)
        return tuple(sorted(found, key=lambda entry: entry.path))

    def stream(self, *, uri: str, path: str) -> Iterator[bytes]:
        """Yield the bytes of the file `path` below the artifact folder `uri`."""
        place = f"{PROXY}/{quote(self._place(uri))}/{quote(check_path(path))}"
        return self._http.stream(place)

    def fetch(self, *, uri: str, path: str, into: IO[bytes], limit: int) -> None:
        """Write a file of at most `limit` bytes into `into`; raises Invalid for a longer one."""
        size = 0
        for chunk in self.stream(uri=uri, path=path):
            size += len(chunk)
            if size > limit:
                problem = Problem(where=path, what=f"is longer than {limit} bytes.", remedy="Send it as a file.")
                raise Invalid(str(problem), code="too-long", problems=(problem,))
            into.write(chunk)

    def hash_model(self, *, uri: str) -> Manifest:
        """Return the manifest of the files below `uri`, each streamed and hashed here."""
        entries = self.files(uri=uri)
        if not entries:
            remedy = "Log the model with its files, and register it again."
            raise ArtifactsUnreadable(f"shows no files at {uri}", server=self.address, endpoint=PROXY, remedy=remedy)
        signature = b""
        if any(entry.path == SIGNATURE for entry in entries):
            signature = read_signature(self.stream(uri=uri, path=SIGNATURE))
        counted = [entry for entry in entries if entry.path != SIGNATURE or not signature]
        described = bytearray()
        manifest = manifest_of((self._hash(uri, entry, described) for entry in counted), signature=signature)
        return replace(manifest, made_from=flavours.made_from(bytes(described)))

    def _hash(self, uri: str, entry: ArtifactEntry, described: bytearray) -> FileDigest:
        chunks = self.stream(uri=uri, path=entry.path)
        file = hash_stream(entry.path, _kept(chunks, described) if entry.path == flavours.FILE else chunks)
        if entry.file_size is not None and entry.file_size != file.size:
            self._http.nonsense(f"{entry.path} of {file.size} bytes, which it listed with {entry.file_size}", PROXY)
        return file

    def _listing(self, place: str, folder: str) -> Iterator[ArtifactEntry]:
        answer = self._http.call("GET", PROXY, params={"path": f"{place}/{folder}" if folder else place})
        for row in self._list(answer, "files", PROXY):
            yield self._typed(ArtifactEntry, row, PROXY)

    def _place(self, uri: str) -> str:
        parts = urlsplit(uri)
        if parts.scheme != "mlflow-artifacts" or parts.netloc:
            what = f"does not serve the files at {uri or 'an empty address'}"
            raise ArtifactsUnreadable(what, server=self.address, endpoint=PROXY, remedy=SERVE_ARTIFACTS)
        return check_path(parts.path.strip("/"))

    # --- writes

    def set_version_tag(self, *, name: str, version: str, key: str, value: str) -> None:
        """Set a tag on a version."""
        body = {"name": name, "version": version, "key": key, "value": value}
        self._http.call("POST", "model-versions/set-tag", body=body)

    def delete_version_tag(self, *, name: str, version: str, key: str) -> None:
        """Remove a tag from a version; nothing happens where there is none."""
        self._http.call("DELETE", "model-versions/delete-tag", body={"name": name, "version": version, "key": key})

    def set_alias(self, *, name: str, alias: str, version: str) -> None:
        """Point an alias to a version, from wherever it pointed."""
        body = {"name": name, "alias": alias, "version": version}
        self._http.call("POST", "registered-models/alias", body=body)

    def delete_alias(self, *, name: str, alias: str) -> None:
        """Remove an alias; nothing happens where there is none."""
        self._http.call("DELETE", "registered-models/alias", body={"name": name, "alias": alias})

    # --- reading answers

    def _get(self, endpoint: str, member: str, kind: type[S], **params: str) -> S:
        answer = self._http.call("GET", endpoint, params=params)
        return self._typed(kind, answer.get(member), endpoint)

    def _pages(self, endpoint: str, member: str, condition: str) -> Iterator[RegisteredModelSnapshot]:
        params = {"max_results": MAX_MODELS} | ({"filter": condition} if condition else {})
        for _ in range(MAX_PAGES):
            answer = self._http.call("GET", endpoint, params=params)
            for row in self._list(answer, member, endpoint):
                yield self._typed(RegisteredModelSnapshot, row, endpoint)
            if not answer.get("next_page_token"):
                return
            params["page_token"] = str(answer["next_page_token"])
        self._http.nonsense("pages without end", endpoint)

    def _list(self, answer: dict[str, Any], member: str, endpoint: str) -> list[Any]:
        rows = answer.get(member, [])
        return rows if isinstance(rows, list) else self._http.nonsense(f"{member} is not a list", endpoint)

    def _typed(self, kind: type[S], value: Any, endpoint: str) -> S:
        try:
            return kind.model_validate(value)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or kind.__name__
            return self._http.nonsense(f"{place}: {first['msg']}", endpoint)
        except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
            return self._http.nonsense(f"{kind.__name__}: {error!r}", endpoint)
