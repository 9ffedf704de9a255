"""`edgewise log head` and `edgewise sync`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.session import DEFAULT_URL, AsJson, System, Token, Url, application, asking, tell

app, sync = application(), application()
Keys = Annotated[
    Path | None,
    typer.Option("--keys", exists=True, dir_okay=False, help="Check its signature with this file of public keys."),
]


@app.callback()
def log() -> None:
    """The audit log."""


@app.command()
def head(keys: Keys = None, url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False) -> None:
    """Show the newest signed tree head, a C2SP checkpoint. Keep it: it shows later that nothing was rewritten."""
    with asking(url, token, as_json=as_json) as client:
        found = client.get("log/tree-head")
        if keys:
            _check(str(found["note"]), keys.read_bytes())
        tell(found, str(found["note"]).rstrip(), as_json=as_json)


@sync.command()
def synchronise(system: System, url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False) -> None:
    """Ask for a synchronisation with MLflow soon."""
    with asking(url, token, as_json=as_json) as client:
        client.post(f"systems/{system}/synchronisations")
        tell({"ok": True, "system": system}, f"{system} will be synchronised with MLflow.", as_json=as_json)


def _check(note: str, keys: bytes) -> None:
    from governance.audit import tree_head
    from governance.exports import keyfile

    tree_head.verify(note.encode(), keys=keyfile.read(keys).log)
