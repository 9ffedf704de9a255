"""`edgewise mlflow`: have a tracking server hint at changes."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.cli.session import DEFAULT_URL, REFUSED, AsJson, Token, Url, application, asking, tell

app = application()


@app.callback()
def _group() -> None:
    """Tracking servers."""


@app.command()
def connect(
    server: Annotated[str, typer.Argument(metavar="URL", help="Address of the MLflow server, as Edgewise calls it.")],
    key: Annotated[str, typer.Option("--key", metavar="KEY", help="What Edgewise calls it.")] = "main",
    callback: Annotated[
        str,
        typer.Option("--callback", metavar="URL", help="What MLflow calls, where not the site's own address."),
    ] = "",
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Connect a tracking server, set its webhook up, try it, and say what the server lacks.

    Doing it again renews the secret. The exit code is 1 where MLflow's test call did not arrive.
    """
    with asking(url, token, as_json=as_json) as client:
        client.post("servers", {"key": key, "url": server})
        found = client.post(f"servers/{key}/hook", {"callback": callback} if callback else {})
        tell(found, _text(found), as_json=as_json)
    if not found["arrived"]:
        raise typer.Exit(REFUSED)


def _text(found: dict[str, Any]) -> str:
    done = "set up" if found["is_new"] else "renewed"
    arrived = "MLflow's test call arrived." if found["arrived"] else "MLflow's test call did NOT arrive."
    notes = "\n".join(f"- {note}" for note in found["notes"])
    return f"Webhook of {found['server']} {done}: MLflow calls {found['callback']}. {arrived}\n{notes}"
