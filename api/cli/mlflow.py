"""`edgewise mlflow`: have a tracking server hint at changes, or no more."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer

from api.cli.session import DEFAULT_URL, REFUSED, AsJson, Token, Url, application, asking, tell, telling
from governance.errors import Conflict, NotFound

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


@app.command()
def disconnect(
    server: Annotated[str, typer.Argument(metavar="URL|KEY", help="Address of the MLflow server, or its key here.")],
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Remove a tracking server's webhook and take no hints any more; the mirror and its history stay.

    Doing it again changes nothing. The exit code is 1 or 3 where the webhook could not be removed from MLflow.
    """
    with asking(url, token, as_json=as_json) as client, telling(as_json=as_json):
        key = _key_of(server, client.rows("servers")) if "://" in server else server
        found = client.post(f"servers/{quote(key, safe='')}/hook/end")
        tell(found, _ended(found), as_json=as_json)


def _key_of(address: str, servers: list[dict[str, Any]]) -> str:
    keys = [row["key"] for row in servers if row["url"].rstrip("/") == address.rstrip("/")]
    if not keys:
        raise NotFound(f"No tracking server is connected at {address}.")
    if len(keys) > 1:
        raise Conflict(f"Several tracking servers are connected at {address}: {', '.join(keys)}. Name one by its key.")
    return str(keys[0])


def _ended(found: dict[str, Any]) -> str:
    hints = "No hints are taken any more." if found["was_connected"] else "No hints were taken."
    there = f"MLflow no longer calls {', '.join(found['removed'])}." if found["removed"] else "MLflow had no webhook."
    notes = "\n".join(f"- {note}" for note in found["notes"])
    return f"{found['server']}: {hints} {there}\n{notes}"


def _text(found: dict[str, Any]) -> str:
    done = "set up" if found["is_new"] else "renewed"
    arrived = "MLflow's test call arrived." if found["arrived"] else "MLflow's test call did NOT arrive."
    notes = "\n".join(f"- {note}" for note in found["notes"])
    return f"Webhook of {found['server']} {done}: MLflow calls {found['callback']}. {arrived}\n{notes}"
