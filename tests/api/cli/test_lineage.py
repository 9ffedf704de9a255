"""`edgewise lineage`: the walks as tables, and as JSON."""

from __future__ import annotations

import json

from tests.api.cli.site import Site
from tests.factories import mirror

MODEL = "models:/outreach-model/1"


def test_the_lineage_is_traced_from_the_command_line(running: Site) -> None:
    mirror.trained_on(running.world.mirror("1"), name="visits", digest="abc")
    impact = running.edgewise("lineage", "impact", "visits", "--json")
    assert impact.code == 0, impact.err
    assert [row["model"] for row in json.loads(impact.out)["versions"]] == [MODEL]
    up = running.edgewise("lineage", "upstream", MODEL)
    assert all(word in up.out for word in ("visits", "train-1", "m-1"))
    assert "visits → train-1" in running.edgewise("lineage", "paths", "visits", MODEL).out
    assert "missing" in running.edgewise("lineage", "links", MODEL, "--system", "outreach").out
    assert "None." in running.edgewise("lineage", "impact", MODEL).out
    assert MODEL in running.edgewise("lineage", "downstream", "visits").out
    assert "m-1" in running.edgewise("lineage", "common", MODEL, MODEL).out
    nothing = running.edgewise("lineage", "upstream", "nobody")
    assert (nothing.code, "nothing called" in nothing.err) == (1, True)


def test_the_history_is_told_in_a_terminal_that_nobody_writes_to(running: Site) -> None:
    world = running.world
    version = world.mirror("1")
    mirror.said(version, tags={"team": "out\x1b[2Jreach\u202e", "long": "x" * 3000}, at=(then := world.tick()))
    mirror.said(version, tags={}, at=world.tick())
    told = running.edgewise("lineage", "history", MODEL, "--system", "outreach")
    assert told.code == 0, told.err
    assert "removed" in told.out
    assert "out<U+001B>[2Jreach<U+202E>" in told.out
    assert "\x1b" not in told.out
    assert "(3000 characters)" in " ".join(told.out.split())
    rows = json.loads(running.edgewise("lineage", "history", MODEL, "--system", "outreach", "--json").out)
    assert [row["did"] for row in rows] == ["removed", "removed", "set", "set", "first seen"]
    known = running.edgewise("lineage", "state", MODEL, "--system", "outreach", "--as-of", then.isoformat())
    assert "tag team: out<U+001B>[2Jreach<U+202E>" in known.out
    unknown = running.edgewise("lineage", "history", "models:/nobodys/1", "--system", "outreach")
    assert unknown.code == 1
