"""`edgewise check`: may these bytes go live there? Whatever cannot be established is a no."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli import pipelines
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
    with asking(url, token, as_json=as_json) as client:
        digest, manifest = hashed(path)
        answer = client.get("check", model=model, context=context, digest=digest, manifest=manifest)
        unmet = refusals(answer, context=context, digest=digest)
        if junit:
            write_file(junit, pipelines.junit(model=model, context=context, unmet=unmet))
        if sarif:
            write_file(sarif, pipelines.sarif(model=model, context=context, unmet=unmet))
        tell(answer | {"allowed": not unmet}, _text(model, context, answer, unmet), as_json=as_json)
    if unmet:
        raise typer.Exit(REFUSED)


def hashed(folder: Path | None) -> tuple[str, str]:
    """Return digest and manifest digest of the model in `folder`, empty without one. Raises Invalid or HostilePath."""
    from lineage.digests import hash_folder

    if folder is None:
        return "", ""
    found = hash_folder(folder)
    return found.digest, found.fingerprint


def refusals(answer: dict[str, Any], *, context: str, digest: str) -> list[tuple[str, str]]:
    """Return (key, sentence) of everything unmet; empty only for a yes to exactly this question."""
    listed = answer.get("unmet")
    rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    unmet = [(str(row.get("key", "")), str(row.get("sentence", ""))) for row in rows]
    if answer.get("allowed") is not True:
        return unmet or [("answer", "The site did not say yes.")]
    if answer.get("context") != context or (digest and answer.get("digest") != digest) or not answer.get("approval"):
        return [("answer", "The site answered another question than was asked.")]
    return unmet


def _text(model: str, context: str, answer: dict[str, Any], unmet: list[tuple[str, str]]) -> str:
    if not unmet:
        return f"Allowed: {model} in {context}, by approval {answer['approval']} until {answer['valid_until']}."
    lines = [f"  {key}: {sentence}" for key, sentence in unmet]
    return "\n".join([f"Refused: {model} in {context}. Not met:", *lines])
