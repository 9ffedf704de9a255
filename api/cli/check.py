"""`edgewise check`: may these bytes go live there? Whatever cannot be established is a no."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli import pipelines, reasons
from api.cli.pipelines import Unmet
from api.cli.session import (
    DEFAULT_URL,
    REFUSED,
    AsJson,
    Context,
    Model,
    Token,
    Url,
    application,
    asking,
    tell,
    telling,
    write_file,
)

app = application()
Folder = Annotated[Path | None, typer.Option("--path", help="Hash this folder instead of the files in MLflow.")]
JUnit = Annotated[Path | None, typer.Option("--junit", help="Write the answer as JUnit XML, too.")]
Sarif = Annotated[Path | None, typer.Option("--sarif", help="Write the answer as SARIF 2.1.0, too.")]


@app.command()
def check(
    model: Model,
    context: Context,
    path: Folder = None,
    junit: JUnit = None,
    sarif: Sarif = None,
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Exit 0 only for an approval that holds now, for exactly these bytes and context; else list what is unmet."""
    report = _Report(model=model, context=context, junit=junit, sarif=sarif)
    with telling(as_json=as_json):
        with asking(
            url, token, as_json=as_json, also=lambda code, sentence: report.write([Unmet(code, sentence)])
        ) as client:
            digest, manifest = hashed(path)
            answer = client.get("check", model=model, context=context, digest=digest, manifest=manifest)
        unmet = refusals(answer, context=context, digest=digest)
        report.write(unmet)
        tell(answer | {"allowed": not unmet}, _text(model, context, answer, unmet), as_json=as_json)
    if unmet:
        raise typer.Exit(REFUSED)


@dataclass(frozen=True, kw_only=True)
class _Report:
    """The files for a build system; a refusal is in them whoever refused, so that no older yes is left to be read."""

    model: str
    context: str
    junit: Path | None
    sarif: Path | None

    def write(self, unmet: Sequence[Unmet]) -> None:
        if self.junit:
            write_file(self.junit, pipelines.junit(model=self.model, context=self.context, unmet=unmet))
        if self.sarif:
            write_file(self.sarif, pipelines.sarif(model=self.model, context=self.context, unmet=unmet))


def hashed(folder: Path | None) -> tuple[str, str]:
    """Return digest and manifest digest of the model in `folder`, empty without one. Raises Invalid or HostilePath."""
    from lineage.digests import hash_folder

    if folder is None:
        return "", ""
    found = hash_folder(folder)
    return found.digest, found.fingerprint


def refusals(answer: dict[str, Any], *, context: str, digest: str) -> list[Unmet]:
    """Return everything unmet; empty only for a yes to exactly this question."""
    listed = answer.get("unmet")
    rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    unmet = [_unmet(row) for row in rows]
    if answer.get("allowed") is not True:
        return unmet or [Unmet("answer", "The site did not say yes.")]
    if answer.get("context") != context or (digest and answer.get("digest") != digest) or not answer.get("approval"):
        return [Unmet("answer", "The site answered another question than was asked.")]
    return unmet


def _unmet(row: dict[str, Any]) -> Unmet:
    versions = row.get("versions")
    return Unmet(
        key=str(row.get("key", "")),
        sentence=str(row.get("sentence", "")),
        would_change=str(row.get("would_change") or ""),
        versions=tuple(map(str, versions if isinstance(versions, list) else [])),
    )


def _text(model: str, context: str, answer: dict[str, Any], unmet: list[Unmet]) -> str:
    if not unmet:
        return f"Allowed: {model} in {context}, by approval {answer['approval']} until {answer['valid_until']}."
    lines = [
        line
        for one in unmet
        for line in reasons.told(f"{one.key}: {one.sentence}", would_change=one.would_change, versions=one.versions)
    ]
    return "\n".join([f"Refused: {model} in {context}. Not met:", *lines])
