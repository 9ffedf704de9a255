"""What the commands share: their options, the way they ask a site, and how they tell what it said."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.numbers import ApprovalNumber, CandidateNumber, Number
from governance.errors import DomainError

if TYPE_CHECKING:
    from api.client import Client

REFUSED, UNREACHABLE = 1, 3
UNAUTHORISED = 401
Also = Callable[[str, str], None]
"""What else hears of a refusal: its code and its sentence."""
DEFAULT_URL = "http://127.0.0.1:8000"
NOBODY_ASKS = (
    "No token was given, so the site does not know who asks. Set EDGEWISE_TOKEN to one. How an administrator, or "
    "somebody who signed in, issues it: docs/how-to/install.md, “A token for a pipeline”."
)

Url = Annotated[str, typer.Option("--url", envvar="EDGEWISE_URL", help="Address of the site.")]
Token = Annotated[
    str, typer.Option("--token", envvar="EDGEWISE_TOKEN", help="Token that acts; best kept in the environment.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]
Model = Annotated[str, typer.Argument(metavar="models:/NAME/VERSION", help="A version of a registered model.")]
System = Annotated[str, typer.Option("--system", metavar="KEY", help="The AI system.")]
Context = Annotated[str, typer.Option("--context", metavar="KEY", help="The deployment context, such as us/phone.")]


def _read(kind: type[Number]) -> Callable[[str], int]:
    def number(text: str) -> int:
        try:
            return kind.read(text)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error

    return number


Candidate = Annotated[int, typer.Argument(metavar="ID", parser=_read(CandidateNumber), help="Its number: 1 or C-1.")]
Approval = Annotated[int, typer.Argument(metavar="ID", parser=_read(ApprovalNumber), help="Its number: 1 or A-1.")]


def application() -> typer.Typer:
    """Return an empty application with the settings that every command has."""
    return typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=False)


@contextmanager
def asking(url: str, token: str, *, as_json: bool, also: Also | None = None) -> Iterator[Client]:
    """Give a client of the site; tell a refusal, to `also` too, and end with code 1, or with 3 when nobody answered."""
    from api import client as api

    with telling(as_json=as_json, also=also):
        try:
            with api.Client(url, token.strip()) as client:
                yield client
        except api.Unreachable as error:
            _fail(str(error), code="unreachable", as_json=as_json, also=also)
            raise typer.Exit(UNREACHABLE) from error
        except api.Refused as error:
            places = [(place.where, place.what, place.remedy) for place in error.places]
            message = NOBODY_ASKS if error.status == UNAUTHORISED and not token.strip() else error.message
            _fail(message, code=error.code, problems=places, as_json=as_json, also=also)
            raise typer.Exit(REFUSED) from error


@contextmanager
def telling(*, as_json: bool, also: Also | None = None) -> Iterator[None]:
    """Tell what this machine itself refused, such as a folder that cannot be hashed, and end with code 1."""
    try:
        yield
    except (DomainError, OSError) as error:
        message = error.message if isinstance(error, DomainError) else str(error)
        problems = error.problems if isinstance(error, DomainError) else ()
        _fail(
            message,
            code=error.code if isinstance(error, DomainError) else "file",
            problems=[(p.where, p.what, p.remedy) for p in problems],
            as_json=as_json,
            also=also,
        )
        raise typer.Exit(REFUSED) from error


def tell(answer: Any, text: str, *, as_json: bool) -> None:
    """Print the answer: as JSON for a program, or `text` for a person."""
    typer.echo(json.dumps(answer, indent=2, ensure_ascii=False) if as_json else text)


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, none: str = "There is none.") -> str:
    """Return `rows` as a table of text, long cells folded; `none` where there are none."""
    from rich.console import Console
    from rich.table import Table

    drawn = Table(*(column.replace("_", " ") for column in columns), box=None, pad_edge=False)
    for row in rows:
        drawn.add_row(*("" if row.get(column) is None else str(row[column]) for column in columns))
    console = Console(width=max(Console().width, 120), no_color=True, markup=False)
    with console.capture() as captured:
        console.print(drawn)
    return captured.get().rstrip() if rows else none


def write_file(path: Path, data: bytes) -> None:
    """Write `data` to `path`, whole or not at all. Raises OSError that names `path`."""
    draft = ""
    try:
        with tempfile.NamedTemporaryFile(dir=path.absolute().parent, delete=False) as file:
            draft = file.name
            file.write(data)
        os.chmod(draft, 0o644)
        os.replace(draft, path)
    except OSError as error:
        if draft:
            Path(draft).unlink(missing_ok=True)
        raise OSError(f"{path} cannot be written: {error.strerror}.") from error


def _fail(
    message: str,
    *,
    code: str,
    problems: Sequence[tuple[str, str, str]] = (),
    as_json: bool,
    also: Also | None = None,
) -> None:
    if also:
        also(code, message)
    if as_json:
        listed = [{"where": where, "what": what, "remedy": remedy} for where, what, remedy in problems]
        typer.echo(json.dumps({"ok": False, "code": code, "message": message, "problems": listed}, ensure_ascii=False))
        return
    typer.echo(f"edgewise: {message}", err=True)
    for where, what, remedy in problems:
        if what not in message:
            typer.echo(f"  {where}: {what} {remedy}".rstrip(), err=True)
