"""`edgewise spec`: what a value specification's author learns before anybody else reads it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.session import DEFAULT_URL, REFUSED, AsJson, application, table, tell, telling, write_file

if TYPE_CHECKING:
    from governance.errors import Problem
    from governance.specs.changes import Change
    from governance.specs.clauses import Specification

app = application()
STDIN = Path("-")


def _file(name: str) -> Path:
    file = Path(name)
    if file != STDIN and not file.is_file():
        raise typer.BadParameter(f"There is no file {name}.")
    return file


File = Annotated[Path, typer.Argument(metavar="FILE", parser=_file, help="YAML or JSON; - reads it from stdin.")]
SCHEMA_PATH = "/schemas/specification/v1"


@app.callback()
def spec() -> None:
    """Value specifications, offline."""


@app.command()
def lint(file: File, as_json: AsJson = False) -> None:
    """List everything that would be refused, each with its line, column and remedy. Ends with 1 when there is any; a
    warning tells what may stand and is seldom meant."""
    from governance.specs import reading

    with telling(as_json=as_json):
        found = reading.lint(_text(file), today=datetime.now(UTC).date())
    lines = [_line(file, problem) for problem in found.problems]
    lines += [_line(file, problem, "warning: ") for problem in found.warnings]
    tell({"ok": not found.problems} | asdict(found), "\n".join(lines) or f"{file}: nothing is wrong.", as_json=as_json)
    if found.problems:
        raise typer.Exit(REFUSED)


@app.command()
def diff(old: File, new: File, as_json: AsJson = False) -> None:
    """Say what each change asks more or less of, and which version number it needs. Ends with 1 when NEW has a lower
    one, since nobody could ratify it."""
    from governance.specs import diff as differences
    from governance.specs import reading

    with telling(as_json=as_json):
        before, after = reading.read(_text(old)), reading.read(_text(new))
        changes = differences.compare(before, after)
    needed = differences.required_bump(changes)
    refusal = _too_low(before.version, after.version, changes) if needed else ""
    answer = {"ok": not refusal, "changes": [asdict(change) for change in changes], "required_bump": needed}
    lines = [f"{change.kind:<10} {change.sentence}" for change in changes]
    lines.append(refusal or (f"A {needed} version, and it is one." if needed else "Nothing changed."))
    tell(answer | {"message": refusal}, "\n".join(lines), as_json=as_json)
    if refusal:
        raise typer.Exit(REFUSED)


@app.command()
def show(
    file: File,
    context: Annotated[str, typer.Option("--context", metavar="KEY", help="As it holds in this context.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show every criterion; with --context, as it holds there, and which overlay each number comes from."""
    from governance.specs import contexts, document, reading

    with telling(as_json=as_json):
        specification = reading.read(_text(file))
        rows = _criteria(specification, context)
    head = f"{specification.title} {specification.version}, digest {document.digest(specification)}"
    columns = ("tier", "dimension", "metric", "asked", "min_n", "level", "groups", "contexts" if not context else "why")
    unasked = contexts.uncovered(specification, context) if context else ()
    answer = {
        "digest": document.digest(specification),
        "document": document.canonical(specification),
        "criteria": rows,
        "uncovered": list(unasked),
    }
    never = [f"{key} is of tier 0, and nothing asks about it in {context}: nothing can pass there." for key in unasked]
    tell(answer, "\n".join([head, "", table(rows, columns), *never]), as_json=as_json)


@app.command()
def init(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The system's key, such as outreach.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")] = Path("specification.yaml"),
    url: Annotated[str, typer.Option("--url", envvar="EDGEWISE_URL", help="Where editors find the schema.")] = (
        DEFAULT_URL
    ),
    as_json: AsJson = False,
) -> None:
    """Write a first specification to begin with; never over a file that is there."""
    from governance.errors import Conflict
    from governance.specs.starter import starter

    with telling(as_json=as_json):
        text = starter(key=key, schema=url.rstrip("/") + SCHEMA_PATH, today=datetime.now(UTC).date())
        if output.exists():
            raise Conflict(f"{output} is there already. Name another file with -o.", code="file-exists")
        write_file(output, text.encode())
    tell(
        {"ok": True, "file": str(output)},
        f"{output} is written. Edit it, then: edgewise spec lint {output}",
        as_json=as_json,
    )


@app.command()
def schema(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; else it is printed.")] = None,
    as_json: AsJson = False,
) -> None:
    """Give the JSON Schema that sites publish, for editors that reach none: name the file in the first line."""
    from governance.specs.shape import published

    text = published()
    if output is None:
        typer.echo(text.rstrip())
        return
    with telling(as_json=as_json):
        write_file(output, text.encode())
    first = f"# yaml-language-server: $schema={output}"
    said = f"{output} is written. Begin a specification beside it with: {first}"
    tell({"ok": True, "file": str(output)}, said, as_json=as_json)


def _line(file: Path, problem: Problem, kind: str = "") -> str:
    place = f"{file}:{problem.line or 1}:{problem.column or 1}"
    return f"{place}: {kind}{problem.where}: {problem.what} {problem.remedy}".rstrip()


def _too_low(old: str, new: str, changes: Sequence[Change]) -> str:
    from governance.errors import Invalid
    from governance.specs import diff as differences

    try:
        differences.check_bump(old, new, changes)
    except Invalid as refusal:
        return refusal.message
    return ""


def _criteria(specification: Specification, context: str) -> list[dict[str, Any]]:
    from governance.specs.effective import effective

    if context:
        found = effective(specification, context).criteria
        return [_row(c.dimension, c.tier, c) | {"why": "; ".join(c.trace) or "the base"} for c in found]
    return [
        _row(dimension.key, dimension.tier, criterion) | {"contexts": ", ".join(criterion.contexts)}
        for dimension in sorted(specification.dimensions, key=lambda dimension: dimension.tier)
        for criterion in dimension.criteria
    ]


def _row(dimension: str, tier: int, criterion: Any) -> dict[str, Any]:
    return {
        "tier": tier,
        "dimension": dimension,
        "metric": criterion.metric,
        "asked": f"{criterion.comparator} {criterion.threshold} at alpha {criterion.alpha}",
        "min_n": criterion.min_n,
        "level": criterion.level,
        "groups": ", ".join(criterion.groups),
    }


def _text(file: Path) -> str:
    from governance.errors import Invalid

    try:
        return (sys.stdin.buffer.read() if file == STDIN else file.read_bytes()).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(f"{file} is not text in UTF-8.", code="not-text") from error
