"""`edgewise approval`: what stands, and ending it."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.session import DEFAULT_URL, Approval, AsJson, Token, Url, application, asking, table, tell

app = application()
NOTHING_SEEN = (
    "This token may see no system, and so no approval either. Ask an administrator for a role that reads the system "
    "(auditor, say), and limit the token, if at all, to scopes that include system.read."
)
COLUMNS = ("id", "system", "model", "context", "specification", "state", "valid_until")


@app.command("list")
def list_approvals(
    system: Annotated[str, typer.Option("--system", help="Only of this system.")] = "",
    state: Annotated[str, typer.Option("--state", help="active, lapsed, revoked or superseded.")] = "",
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """List the approvals that one may see, newest first."""
    with asking(url, token, as_json=as_json) as client:
        rows = client.rows("approvals", system=system, state=state)
        none = "There is none." if rows or client.rows("systems", limit="1") else NOTHING_SEEN
        tell(rows, table(rows, COLUMNS, none=none), as_json=as_json)


@app.command()
def show(approval: Approval, url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False) -> None:
    """Show one approval, and how it ended."""
    with asking(url, token, as_json=as_json) as client:
        found = client.get(f"approvals/{approval}")
        lines = [f"{name}: {found[name]}" for name in (*COLUMNS, "artifact_digest", "statement_digest", "key_id")]
        if found["ending"]:
            lines.append(f"ended: {found['ending']['ended_at']}, {found['ending']['reason']}")
        tell(found, "\n".join(lines), as_json=as_json)


@app.command()
def revoke(
    approval: Approval,
    reason: Annotated[str, typer.Option("--reason", help="Why it no longer stands.")],
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Revoke an approval: from now on the answer is no."""
    with asking(url, token, as_json=as_json) as client:
        found = client.post(f"approvals/{approval}/revoke", {"reason": reason})
        tell(found, f"Approval {approval} is {found['state']} since {found['ended_at']}.", as_json=as_json)
