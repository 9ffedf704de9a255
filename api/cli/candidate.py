"""`edgewise candidate`: put a version forward, sign it, decide it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.cli.session import (
    DEFAULT_URL,
    AsJson,
    Candidate,
    Context,
    Model,
    System,
    Token,
    Url,
    application,
    asking,
    tell,
)

app = application()
Shown = Annotated[str, typer.Option("--digest", help="Digest of the revision, as `candidate show` printed it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why.")]


@app.command("open")
def open_candidate(
    model: Model, system: System, context: Context, url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False
) -> None:
    """Put a judged version forward for a context."""
    with asking(url, token, as_json=as_json) as client:
        found = client.open_candidate(model, system=system, context=context)
        tell(found, _text(found), as_json=as_json)


@app.command()
def show(candidate: Candidate, url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False) -> None:
    """Show what is to be signed, how every requirement stands, and who signed."""
    with asking(url, token, as_json=as_json) as client:
        found = client.get(f"candidates/{candidate}")
        tell(found, _text(found), as_json=as_json)


@app.command()
def refresh(candidate: Candidate, url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False) -> None:
    """Bring an open candidate up to date, as a revision that nobody has signed yet."""
    _perform(f"candidates/{candidate}/refresh", {}, url=url, token=token, as_json=as_json)


@app.command()
def withdraw(
    candidate: Candidate, reason: Reason, url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False
) -> None:
    """Withdraw an open candidate."""
    _perform(f"candidates/{candidate}/withdraw", {"reason": reason}, url=url, token=token, as_json=as_json)


@app.command()
def sign(
    candidate: Candidate,
    digest: Shown,
    role: Annotated[str, typer.Option("--role", help="board_member or representative.")],
    group: Annotated[str, typer.Option("--group", help="The group that a representative speaks for.")] = "",
    stance: Annotated[str, typer.Option("--stance", help="approve, object or abstain.")] = "approve",
    reason: Reason = "",
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Sign the revision that one was shown. A sign-off is final; objecting and abstaining need a reason."""
    body = {"shown_digest": digest, "role": role, "group": group, "stance": stance, "reason": reason}
    with asking(url, token, as_json=as_json) as client:
        found = client.post(f"candidates/{candidate}/sign-offs", body)
        tell(found, f"Signed as {found['role']}: {found['stance']} (log leaf {found['leaf']}).", as_json=as_json)


@app.command()
def decide(
    candidate: Candidate,
    digest: Shown,
    outcome: Annotated[str, typer.Option("--outcome", help="approved or rejected.")],
    reason: Reason,
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Decide the revision that one was shown; approving needs the whole policy met."""
    body = {"shown_digest": digest, "outcome": outcome, "reason": reason}
    with asking(url, token, as_json=as_json) as client:
        found = client.post(f"candidates/{candidate}/decision", body)
        issued = f" Approval {found['approval']} was issued." if found["approval"] else ""
        tell(found, f"Decided: {found['outcome']}.{issued}", as_json=as_json)


def _perform(path: str, body: dict[str, str], *, url: str, token: str, as_json: bool) -> None:
    with asking(url, token, as_json=as_json) as client:
        found = client.post(path, body)
        tell(found, _text(found), as_json=as_json)


def _text(found: dict[str, Any]) -> str:
    revision = found["revision"]
    lines = [
        f"Candidate {found['id']}: {found['model']} for {found['context']}, {found['state']}",
        f"Revision {revision['number']}, digest {revision['digest']}",
        f"Gate: {revision['report']['verdict']}, under specification {revision['specification']}",
    ]
    lines += [f"  {'met  ' if r['met'] else 'unmet'}  {r['key']}: {r['sentence']}" for r in found["requirements"]]
    lines += [_signed(row) for row in found["sign_offs"]]
    return "\n".join(lines)


def _signed(row: dict[str, Any]) -> str:
    of = f" of {row['group']}" if row["group"] else ""
    because = f": {row['reason']}" if row["reason"] else ""
    return f"  {row['stance']} by {row['user']['name']}, {row['role']}{of}{because}"
