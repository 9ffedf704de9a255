"""`edgewise lineage`: what a dataset, run, model or commit came from, what came of it, and what rests on it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.cli.session import DEFAULT_URL, AsJson, Model, System, Token, Url, application, asking, table, tell

app = application()
THING = "A dataset's name or digest, a run, logged model or commit, or models:/NAME/VERSION."
Thing = Annotated[str, typer.Argument(metavar="THING", help=THING)]
Other = Annotated[str, typer.Argument(metavar="OTHER", help="Another one.")]
AsOf = Annotated[str, typer.Option("--as-of", metavar="TIME", help="As known at this time: 2026-03-03T12:00:00Z.")]
OfModel = Annotated[
    str, typer.Argument(metavar="models:/NAME[/VERSION]", help="A registered model, a prompt, or a version of one.")
]
CUT = 120
"""How many characters of a value are shown to a person."""
NODES, RELEASES = ("kind", "label", "vanished"), ("id", "system", "model", "context", "state")


@app.command()
def upstream(
    thing: Thing, as_of: AsOf = "", url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False
) -> None:
    """Show everything that a thing came from."""
    found = _asked("upstream", url, token, as_json, of=thing, as_of=as_of)
    tell(found, _nodes(found), as_json=as_json)


@app.command()
def downstream(
    thing: Thing, as_of: AsOf = "", url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False
) -> None:
    """Show everything that came of a thing."""
    found = _asked("downstream", url, token, as_json, of=thing, as_of=as_of)
    tell(found, _nodes(found), as_json=as_json)


@app.command()
def impact(thing: Thing, as_of: AsOf = "", url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False) -> None:
    """Show every version, candidate, approval and deployment that rests on a thing."""
    found = _asked("impact", url, token, as_json, of=thing, as_of=as_of)
    parts = [("Versions", table(found["versions"], ("model", "server"), none="None."))]
    parts += [
        (name.capitalize(), table(found[name], RELEASES, none="None."))
        for name in ("candidates", "approvals", "deployments")
    ]
    tell(found, "\n\n".join(f"{name}\n{rows}" for name, rows in parts) + _withheld(found), as_json=as_json)


@app.command()
def paths(
    thing: Thing, other: Other, as_of: AsOf = "", url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False
) -> None:
    """Show the shortest ways from one thing to another, and all that lies on any way (--json)."""
    found = _asked("paths", url, token, as_json, of=thing, to=other, as_of=as_of)
    labels = {node["id"]: node["label"] for node in found["nodes"]}
    ways = [" → ".join(labels[one] for one in way) for way in found["ways"]]
    tell(found, "\n".join(ways) or "There is no way.", as_json=as_json)


@app.command()
def common(
    thing: Thing, other: Other, as_of: AsOf = "", url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False
) -> None:
    """Show everything that two things both came from."""
    found = _asked("common-ancestors", url, token, as_json, of=thing, to=other, as_of=as_of)
    tell(found, _nodes(found), as_json=as_json)


@app.command()
def links(
    model: Model,
    system: System,
    as_of: AsOf = "",
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Show which links of a version's lineage are observed, only asserted, or missing."""
    with asking(url, token, as_json=as_json) as client:
        found = client.get(f"systems/{system}/lineage/links", **_given(model=model, as_of=as_of))
    tell(found, table(found["links"], ("link", "state", "says"), none="None."), as_json=as_json)


@app.command()
def history(
    model: OfModel,
    system: System,
    what: Annotated[str, typer.Option("--what", metavar="KIND", help="Only these: alias, tag, stage, …")] = "",
    as_of: AsOf = "",
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Show what became of a registered model or a version, newest first, as MLflow itself forgets it."""
    with asking(url, token, as_json=as_json) as client:
        found = client.rows(f"systems/{system}/history", **_given(model=model, what=what, as_of=as_of))
    tell(found, "\n\n".join(map(_change, found)) or "Nothing was seen to change.", as_json=as_json)


@app.command()
def state(
    model: OfModel, system: System, as_of: AsOf = "", url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False
) -> None:
    """Show what was known of a registered model or a version at a time: tags, aliases, stage, description."""
    with asking(url, token, as_json=as_json) as client:
        found = client.rows(f"systems/{system}/state", **_given(model=model, as_of=as_of))
    tell(found, "\n\n".join(map(_state, found)) or "It was not known then.", as_json=as_json)


def _asked(what: str, url: str, token: str, as_json: bool, **given: str) -> Any:
    with asking(url, token, as_json=as_json) as client:
        return client.get(f"lineage/{what}", **_given(**given))


def _given(**given: str) -> dict[str, str]:
    return {name: value for name, value in given.items() if value}


def _nodes(found: dict[str, Any]) -> str:
    return table(found["nodes"], NODES, none="Nothing.") + _withheld(found)


def _withheld(found: dict[str, Any]) -> str:
    counts = ", ".join(f"{count} of kind {kind}" for kind, count in sorted(found["withheld"].items()))
    return f"\n\nNot shown, since you may see no version that they lead to: {counts}." if counts else ""


def _change(row: dict[str, Any]) -> str:
    from governance.unseen import spelled

    lines = [f"{row['seen_at']}  {row['model']}  " + " ".join(filter(None, (row["what"], row["key"], row["did"])))]
    if row["what"] != "existence":
        lines += [f"    from {_value(row['before'])}", f"    to   {_value(row['after'])}"]
    lines += [f"    MLflow says {row['said_at']}"] if row["said_at"] else []
    lines += [f"    synchronisation {row['report']}"] if row["report"] else []
    return "\n".join(spelled(line.replace("\n", " ⏎ ")) for line in lines)


def _value(value: dict[str, Any] | None) -> str:
    if value is None:
        return "nothing"
    if value["withheld"]:
        return "(of a model that you may not see)"
    cut = value["length"] > CUT
    return str(value["text"])[:CUT] + (f"… ({value['length']} characters)" if cut else "")


def _state(row: dict[str, Any]) -> str:
    from governance.unseen import spelled

    says = {"there": "yes" if row["exists"] else "no"}
    says |= {name: row[name] for name in ("stage", "status", "source", "description") if row[name]}
    says |= {f"alias {alias}": f"version {number}" for alias, number in row["aliases"].items()}
    says |= {f"tag {key}": value[:CUT] + ("…" if len(value) > CUT else "") for key, value in row["tags"].items()}
    return "\n".join(spelled(f"{name}: {value}".replace("\n", " ⏎ ")) for name, value in says.items())
