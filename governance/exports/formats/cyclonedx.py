"""CycloneDX 1.7 ML-BOM (ECMA-424): models with their cards, data, the runs between them, and the declarations. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from governance import canonical
from governance.exports.extract import Extract
from governance.exports.formats import declarations, model_card, names
from governance.exports.formats.properties import properties, sha256
from governance.exports.things import ASSERTED, OBSERVED, Link, Place, Thing

COMPONENT = {"dataset": "data", "logged-model": "machine-learning-model", "version": "machine-learning-model"}
EDGEWISE = {"type": "application", "bom-ref": "edgewise", "name": "Edgewise"}


def document(extract: Extract) -> dict[str, Any]:
    """Return the BOM of an extract; its serial number is derived from everything else in it."""
    subject = extract.subject
    about = _model(extract, subject) if subject else _system(extract)
    models = {version.place for version in extract.versions}
    about_itself = subject.place if subject else None
    others = [thing for thing in extract.lineage.things if not thing.is_activity and thing.place != about_itself]
    bom: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.7.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.7",
        "version": 1,
        "metadata": {
            "timestamp": extract.recorded_at,
            "tools": {"components": [EDGEWISE]},
            "component": about,
            "properties": properties(kind=extract.kind, about=extract.about, system=extract.system, site=extract.site),
        },
        "components": [(_model if thing.place in models else _plain)(extract, thing) for thing in others],
        "dependencies": _dependencies(extract, about["bom-ref"]),
        "compositions": _compositions(extract),
        "formulation": [{"bom-ref": "lineage", "workflows": _workflows(extract)}],
        **declarations.of(extract),
    }
    return bom | {"serialNumber": f"urn:uuid:{names.uuid_of(extract.site, canonical.digest(bom))}"}


def _system(extract: Extract) -> dict[str, Any]:
    return {
        "type": "application",
        "bom-ref": names.local("system", extract.system),
        "name": extract.system_name,
        "description": extract.purpose,
        "properties": properties(basis=OBSERVED),
    }


def _plain(extract: Extract, thing: Thing) -> dict[str, Any]:
    """What is told of any thing: its description is its client's word, its digest, if it has one, was computed here."""
    found: dict[str, Any] = {
        "type": COMPONENT.get(thing.kind, "data"),
        "bom-ref": names.of(thing),
        "name": thing.label,
        "properties": properties(
            basis=ASSERTED,
            kind=thing.kind,
            server=thing.server,
            reference=thing.reference,
            withheld="true" if thing.is_withheld else "",
            vanished="true" if thing.is_vanished else "",
            **({"digest-basis": OBSERVED} if thing.digest else {}),
            **{names.key(label): text for label, text in thing.details.items()},
        ),
    }
    came_of = (link for link in extract.before[thing.place] if not link.tail.is_activity)
    found["properties"] += [
        {"name": "edgewise:came-of", "value": f"{link.kind} {names.of(link.tail)} {link.basis}"} for link in came_of
    ]
    if thing.digest:
        found["hashes"] = sha256(thing.digest)
    if thing.kind == "dataset":
        found["data"] = [{"type": "dataset", "bom-ref": f"{names.of(thing)}/data", "name": thing.label}]
    return found


def _model(extract: Extract, version: Thing) -> dict[str, Any]:
    """A version that the extract is about: with its files, the code that it came from, and its card."""
    found = _plain(extract, version)
    files = extract.files.get(version.place, ())
    if files:
        found["components"] = [
            {
                "type": "file",
                "bom-ref": names.local(*version.place, "files", file.path),
                "name": file.path,
                "hashes": sha256(file.sha256),
                "properties": properties(basis=OBSERVED, size=str(file.size)),
            }
            for file in files
        ]
    runs = [link.tail for link in extract.upstream(version) if link.tail.is_activity]
    if commits := sorted({run.details["code"] for run in runs if run.details.get("code")}):
        found["pedigree"] = {
            "commits": [{"uid": commit} for commit in commits],
            "notes": "The code of the runs that it came from, as their clients assert.",
        }
    return found | {"modelCard": model_card.of(extract, version)}


def _dependencies(extract: Extract, about: str) -> list[dict[str, Any]]:
    """What each thing came from: directly, or by the run that produced it."""
    by_run: dict[Place, list[Thing]] = {}
    for link in extract.lineage.links:
        if link.head.is_activity and not link.tail.is_activity:
            by_run.setdefault(link.head.place, []).append(link.tail)
    rests_on: dict[str, set[str]] = {about: set()}
    if extract.subject is None:
        rests_on[about] = {names.of(version) for version in extract.versions}
    for link in extract.lineage.links:
        if not link.head.is_activity:
            sources = by_run.get(link.tail.place, []) if link.tail.is_activity else [link.tail]
            rests_on.setdefault(names.of(link.head), set()).update(names.of(source) for source in sources)
    # Clients can assert that a thing came of itself, which no consumer's graph has a place for.
    return [{"ref": ref, "dependsOn": sorted(found - {ref})} for ref, found in sorted(rests_on.items())]


def _compositions(extract: Extract) -> list[dict[str, Any]]:
    """Every file was hashed here; whether the lineage is complete, only its clients know."""
    hashed = [names.of(version) for version in extract.versions if extract.files.get(version.place)]
    found: list[dict[str, Any]] = [{"aggregate": "complete", "assemblies": hashed}] if hashed else []
    return [*found, {"aggregate": "unknown", "dependencies": [names.of(version) for version in extract.versions]}]


def _workflows(extract: Extract) -> list[dict[str, Any]]:
    aims = {aim["run"]: aim for aim in extract.objectives}
    return [
        _workflow(run, extract.before[run.place], extract.after[run.place], aims.get(run.reference))
        for run in extract.runs.values()
    ]


def _workflow(run: Thing, before: Iterable[Link], after: Iterable[Link], aim: Any) -> dict[str, Any]:
    """A run, its parents among what goes in. All of it is its client's word."""
    details = {names.key(label): text for label, text in run.details.items() if label not in ("started", "ended")}
    stated = canonical.encode(aim).decode() if aim else ""
    found: dict[str, Any] = {
        "bom-ref": names.of(run),
        "uid": run.reference,
        "name": run.label,
        "taskTypes": ["other"],
        "inputs": [_end(link, link.tail) for link in before],
        "outputs": [{"type": "artifact"} | _end(link, link.head) for link in after if not link.head.is_activity],
        "properties": properties(
            basis=ASSERTED, server=run.server, vanished="true" if run.is_vanished else "", objective=stated, **details
        ),
    }
    times = {"timeStart": run.details.get("started", ""), "timeEnd": run.details.get("ended", "")}
    return found | {name: time for name, time in times.items() if time}


def _end(link: Link, thing: Thing) -> dict[str, Any]:
    return {
        "resource": {"ref": names.of(thing)},
        "properties": properties(basis=link.basis, link=link.kind, label=link.label),
    }
