"""`edgewise export`: lineage, evidence and releases in the formats that others read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.session import DEFAULT_URL, AsJson, Token, Url, application, asking, tell, write_file

app = application()


Output = Annotated[Path | None, typer.Option("--output", "-o", help="Where to write it; else to standard output.")]


@app.command()
def export(
    kind: Annotated[str, typer.Argument(metavar="FORMAT", help="prov, openlineage or cyclonedx.")],
    model: Annotated[str, typer.Argument(metavar="[models:/NAME/VERSION]", help="One version of the system.")] = "",
    system: Annotated[str, typer.Option("--system", metavar="KEY", help="The AI system.")] = "",
    candidate: Annotated[int, typer.Option("--candidate", metavar="ID", help="A release candidate instead.")] = 0,
    output: Output = None,
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Export a system, one version of it, or a release candidate: as W3C PROV-JSON, OpenLineage events, or a CycloneDX
    ML-BOM. The same records give the same bytes."""
    from governance.exports.formats import FORMATS

    if kind not in FORMATS:
        raise typer.BadParameter(f"there is no format {kind}; there are {', '.join(FORMATS)}.", param_hint="FORMAT")
    if bool(system) == bool(candidate) or (candidate and model):
        raise typer.BadParameter("name a system, with or without a version, or else a candidate.", param_hint="export")
    place = f"candidates/{candidate}" if candidate else f"systems/{system}"
    with asking(url, token, as_json=as_json) as client:
        data = client.download(f"{place}/exports/{kind}", FORMATS[kind].media_type, model=model)
        if output is None:
            typer.echo(data.decode())
            return
        write_file(output, data)
    answer: dict[str, Any] = {"format": kind, "file": str(output), "bytes": len(data)}
    tell(answer, f"{len(data)} bytes of {kind} were written to {output}.", as_json=as_json)
