"""`edgewise bundle` and `edgewise verify`: the proof of an approval, and checking it without the site."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.session import (
    DEFAULT_URL,
    REFUSED,
    Approval,
    AsJson,
    Token,
    Url,
    application,
    asking,
    tell,
    telling,
    write_file,
)

if TYPE_CHECKING:
    from api.client import Client

bundle, verify = application(), application()
ASK_AGAIN_SECONDS = 0.5

Output = Annotated[Path, typer.Option("--output", "-o", help="Where to write the bundle.")]
KeysOut = Annotated[Path | None, typer.Option("--keys", help="Where to write the public keys, too.")]
Wait = Annotated[float, typer.Option("--wait", min=0, help="Seconds to wait until the log has signed everything.")]
Existing = {"exists": True, "dir_okay": False, "readable": True}


@bundle.command()
def download(
    approval: Approval,
    output: Output,
    keys: KeysOut = None,
    wait: Wait = 15.0,
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Download everything that proves an approval, for somebody without an account."""
    with asking(url, token, as_json=as_json) as client:
        data = _download(client, approval, until=time.monotonic() + wait)
        write_file(output, data)
        if keys:
            write_file(keys, client.download("log/keys", "text/plain"))
    answer = {"bundle": str(output), "bytes": len(data), "keys": str(keys) if keys else None}
    also = f", public keys to {keys}" if keys else ""
    tell(answer, f"The bundle of approval {approval} was written to {output}{also}.", as_json=as_json)


@verify.command()
def verify_bundle(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", **Existing)],
    keys: Annotated[Path, typer.Option("--keys", help="File of public keys.", **Existing)],
    as_json: AsJson = False,
) -> None:
    """Verify a bundle with nothing but public keys: no site, no database. Exit code 1 says what is wrong, or why the
    approval that it proves does not stand any more."""
    from governance.exports import archive, keyfile
    from governance.exports import verify as verification

    with telling(as_json=as_json):
        report = verification.verify(_read(bundle, archive.MAX_BYTES), keys=_read(keys, keyfile.MAX_BYTES))
    now = datetime.now(UTC)
    tell(report.document(at=now), _text(report, at=now), as_json=as_json)
    if report.fallen(at=now):
        raise typer.Exit(REFUSED)


def _download(client: Client, approval: int, *, until: float) -> bytes:
    from api.client import Refused

    while True:
        try:
            return client.download(f"approvals/{approval}/bundle", "application/zip")
        except Refused as refusal:
            if refusal.code != "not-integrated" or time.monotonic() >= until:
                raise
        time.sleep(ASK_AGAIN_SECONDS)


def _read(path: Path, limit: int) -> bytes:
    """Return the file's bytes, at most one more than `limit`, so that what is too large is refused as such."""
    with path.open("rb") as file:
        return file.read(limit + 1)


def _text(report: Any, *, at: datetime) -> str:
    from governance.exports.verify import RECOMPUTED, VOUCHED

    lines = [f"{'ok   ' if step.ok else 'WRONG'}  {step.name}: {step.sentence}" for step in report.steps]
    if not report.ok:
        return "\n".join([*lines, "", f"This bundle does not verify. {report.wrong}"])
    said = report.approval
    lines += [f"withheld  {what}: {digest}" for what, digest in report.withheld]
    recomputed = ", ".join(step.name for step in report.steps if step.basis == RECOMPUTED)
    lines += ["", f"Recomputed here: {recomputed}.", "Only the operator's signature vouches for:"]
    lines += [f"  - {sentence}" for sentence in VOUCHED]
    verified = f"Verified: {said['model']} ({said['digest']}) was approved for {said['context']} under specification"
    lines += ["", f"{verified} {said['specification']}, until {said['valid_until']}."]
    fallen = report.fallen(at=at)
    return "\n".join([*lines, f"The proofs hold, the approval does not. {fallen}"] if fallen else lines)
