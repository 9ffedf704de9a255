"""`edgewise register`, `evidence` and `gate`: from a model version to what its evidence supports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli import reasons, sending
from api.cli.session import (
    DEFAULT_URL,
    AsJson,
    Context,
    Model,
    System,
    Token,
    Url,
    application,
    asking,
    table,
    tell,
    telling,
)


def _file(text: str) -> Any:
    return typer.Option(exists=True, dir_okay=False, readable=True, help=text)


register, evidence, gate = application(), application(), application()


@register.command()
def register_version(
    model: Model, system: System, url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False
) -> None:
    """Register a model version: the site reads it from MLflow and hashes its files. Repeating changes nothing."""
    with asking(url, token, as_json=as_json) as client:
        found = client.register(model, system=system)
        tell(found, f"{found['model']} is registered with the bytes {found['digest']}.", as_json=as_json)


@evidence.command()
def read_evidence(
    model: Model,
    system: System,
    file: Annotated[
        Path | None, _file("JSON lines, CSV, Parquet, or a log of Inspect or lm_eval, case by case.")
    ] = None,
    mapping: Annotated[Path | None, _file("Which column of the file says what (YAML or JSON).")] = None,
    results: Annotated[Path | None, _file("The results_DATE.json that lm_eval wrote beside its samples.")] = None,
    level: Annotated[str, typer.Option("--level", help="model, response, interaction or deployment.")] = "response",
    form: Annotated[str, typer.Option("--format", help="Else told by the file's name.")] = "",
    evaluated_at: Annotated[str, typer.Option("--evaluated-at", help="When the evaluation began (RFC 3339).")] = "",
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Read every evaluation run that says it is evidence about the version, or a --file, and recompute its figures."""
    with asking(url, token, as_json=as_json) as client, telling(as_json=as_json):
        if file is None:
            found = client.evidence(model, system=system)
        else:
            text = mapping.read_text(encoding="utf-8") if mapping else ""
            said = {"model": model, "level": level, "format": form, "mapping": text, "evaluated_at": evaluated_at}
            found = [sending.send(client, system=system, file=file, results=results, said=said)]
        tell(found, _evaluations(found), as_json=as_json)


def _evaluations(found: Sequence[Mapping[str, Any]]) -> str:
    lines = [f"{_origin(row)}: {row['cases']} cases, digest {row['digest'][:12]}" for row in found]
    lines += [f"  Note: {remark}" for row in found for remark in row["remarks"]]
    shown = [observation for row in found for observation in row["observations"]]
    return "\n".join([*lines, table(shown, ("context", "dimension", "metric", "group", "estimate", "n"))])


def _origin(row: Mapping[str, Any]) -> str:
    file = row["file"]
    left_out = f" ({file['left_out']} values left out)" if file["left_out"] else ""
    return (f"file {file['name']}" if file["is_kept"] else f"run {row['run']}") + left_out


@gate.command()
def judge(
    model: Model,
    system: System,
    context: Context,
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Judge the evidence on a version for a context. Exit code 0 says that it was judged, not that it passed."""
    with asking(url, token, as_json=as_json) as client:
        found = client.gate(model, system=system, context=context)
        tell(found, _judged(found), as_json=as_json)


def _judged(found: Mapping[str, Any]) -> str:
    from governance.gates import shortfalls

    named = {row["digest"]: row["models"] for row in found.get("versions", [])}
    lines = [f"{found['model']} for {found['context']}: {found['verdict']}"]
    for fell in shortfalls.of(found["document"]):
        lines += reasons.told(fell.sentence, would_change=fell.would_change, versions=fell.versions(named))
    return "\n".join(lines)
