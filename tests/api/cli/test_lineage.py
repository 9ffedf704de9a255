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
