"""`edgewise spec lint`: what a value specification's author learns before anybody else reads it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from api.cli.session import REFUSED, AsJson, application, tell, telling

app = application()
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="YAML or JSON.")]


@app.callback()
def spec() -> None:
    """Value specifications, offline."""


@app.command()
def lint(file: File, as_json: AsJson = False) -> None:
    """List everything that would be refused, each with its line, column and remedy."""
    from governance.specs import reading

    with telling(as_json=as_json):
        problems = reading.lint(_text(file))
    listed = [asdict(problem) for problem in problems]
    lines = [f"{file}:{p.line or 1}:{p.column or 1}: {p.where}: {p.what} {p.remedy}".rstrip() for p in problems]
    fine = f"{file}: nothing is wrong."
    tell({"ok": not problems, "problems": listed}, "\n".join(lines) or fine, as_json=as_json)
    if problems:
        raise typer.Exit(REFUSED)


def _text(file: Path) -> str:
    from governance.errors import Invalid

    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(f"{file} is not text in UTF-8.", code="not-text") from error
