"""`edgewise export`: the very bytes of the site, into a file or to standard output."""

from __future__ import annotations

import json
from pathlib import Path

from governance.exports import selectors
from governance.exports.formats import FORMATS
from tests.api.cli.site import Site, edgewise

MODEL = "models:/outreach-model/1"


def test_a_version_is_written_to_a_file_and_a_system_to_standard_output(running: Site, tmp_path: Path) -> None:
    running.world.register()
    file = tmp_path / "model.cdx.json"
    ran = running.edgewise("export", "cyclonedx", MODEL, "--system", "outreach", "--output", str(file), "--json")
    said = {"format": "cyclonedx", "file": str(file), "bytes": file.stat().st_size}
    assert (ran.code, json.loads(ran.out)) == (0, said)
    told = selectors.of_version(system_key="outreach", uri=MODEL, by=running.world.people.engineer)
    assert file.read_bytes() == FORMATS["cyclonedx"].write(told)
    shown = running.edgewise("export", "prov", "--system", "outreach")
    assert (shown.code, "here:edgewise" in json.loads(shown.out)["agent"]) == (0, True)


def test_a_candidate_is_exported_by_its_number(running: Site) -> None:
    candidate = running.world.open_candidate()
    ran = running.edgewise("export", "openlineage", "--candidate", str(candidate.pk))
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)[-1]["eventTime"]


def test_what_is_asked_wrongly_or_not_there_is_told(running: Site) -> None:
    unknown = edgewise("export", "spdx", "--system", "outreach")
    assert (unknown.code, "there is no format spdx" in unknown.err) == (2, True)
    assert edgewise("export", "prov").code == 2
    assert edgewise("export", "prov", MODEL, "--candidate", "1").code == 2
    missing = running.edgewise("export", "prov", "--candidate", "999")
    assert (missing.code, "There is no such release candidate here." in missing.err) == (1, True)
