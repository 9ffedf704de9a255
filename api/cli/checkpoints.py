"""`edgewise register`, `evidence` and `gate`: from a model version to what its evidence supports."""

from __future__ import annotations

from api.cli.session import DEFAULT_URL, AsJson, Context, Model, System, Token, Url, application, asking, table, tell

register, evidence, gate = application(), application(), application()


@register.command()
def register_version(
    model: Model, system: System, url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False
) -> None:
    """Register a model version: the site reads it from MLflow and hashes its files. Repeating changes nothing."""
    with asking(url, token, as_json=as_json) as client:
        found = client.post(f"systems/{system}/checkpoints", {"model": model})
        tell(found, f"{found['model']} is registered with the bytes {found['digest']}.", as_json=as_json)


@evidence.command()
def read_evidence(
    model: Model, system: System, url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False
) -> None:
    """Read every evaluation run that says it is evidence about the version, and recompute its figures."""
    with asking(url, token, as_json=as_json) as client:
        found = client.post(f"systems/{system}/evidence", {"model": model})
        lines = [f"run {row['run']}: {row['cases']} cases, digest {row['digest'][:12]}" for row in found]
        shown = [observation for row in found for observation in row["observations"]]
        columns = ("context", "dimension", "metric", "group", "estimate", "n")
        tell(found, "\n".join([*lines, table(shown, columns)]), as_json=as_json)


@gate.command()
def judge(
    model: Model,
    system: System,
    context: Context,
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Judge the evidence on a version for a context. Exit code 0 says that it was judged, not that it passed."""
    with asking(url, token, as_json=as_json) as client:
        found = client.post(f"systems/{system}/gate-reports", {"model": model, "context": context})
        reasons = "".join(f"\n  {reason}" for reason in found["document"]["reasons"])
        tell(found, f"{found['model']} for {found['context']}: {found['verdict']}{reasons}", as_json=as_json)
