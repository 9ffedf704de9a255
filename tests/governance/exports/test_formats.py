"""Any extract becomes documents that the formats' own readers accept, and that say who vouches for each fact."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from prov.model import ProvDocument

from governance.exports.extract import Extract
from governance.exports.formats import FORMATS, openlineage
from governance.exports.things import ASSERTED, OBSERVED, merged
from tests.architecture.test_scores import members, smells
from tests.governance.exports import reading
from tests.governance.exports.extracts import AT, HOSTILE, chain, extract, extracts, link, thing

FREELY = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
VALIDATOR = JsonStrictValidator(SchemaVersion.V1_7)
DEEP = 10_000


def written(name: str, told: Extract) -> Any:
    return json.loads(FORMATS[name].write(told))


@FREELY
@given(extracts())
def test_prov_reads_back_every_record_and_every_word(told: Extract) -> None:
    given = written("prov", told)
    document = ProvDocument.deserialize(content=json.dumps(given), format="json")
    counted = Counter(record.get_type().localpart for record in document.get_records())
    assert sum(counted.values()) == sum(len(part) for name, part in given.items() if name != "prefix")
    labels = {about["prov:label"] for part in ("entity", "activity", "agent") for about in given[part].values()}
    assert {label for record in document.get_records() if (label := record.label)} >= labels - {""}
    assert ProvDocument.deserialize(content=document.serialize(format="json"), format="json") == document
    parts = [part for name, part in given.items() if name != "prefix"]
    related = [end for part in parts for about in part.values() for end in _ends(about)]
    known = {name for part in ("entity", "activity", "agent") for name in given[part]}
    assert set(related) <= known


@FREELY
@given(extracts())
def test_openlineage_reads_every_event_and_every_facet(told: Extract) -> None:
    events = written("openlineage", told)
    for event in events:
        reading.read(event)
    assert [event["eventTime"] for event in events] == sorted(event["eventTime"] for event in events)
    started = [event["run"]["runId"] for event in events if event.get("eventType") == "START"]
    assert len(set(started)) == len(started)


@FREELY
@given(extracts())
def test_cyclonedx_accepts_it_strictly_and_every_reference_leads_somewhere(told: Extract) -> None:
    given = FORMATS["cyclonedx"].write(told).decode()
    assert VALIDATOR.validate_str(given) is None
    named = Counter(_values(json.loads(given), "bom-ref"))
    assert [name for name, times in named.items() if times > 1] == []
    referred = [*_values(json.loads(given), "ref"), *_listed(json.loads(given))]
    assert set(referred) <= set(named)


@FREELY
@given(extracts())
def test_the_same_extract_gives_the_same_bytes_and_no_number_over_all_dimensions(told: Extract) -> None:
    for name, form in FORMATS.items():
        assert form.write(told) == form.write(replace(told))
        assert smells(iter(set(members(written(name, told))) - {_term(told)})) == []


@pytest.mark.parametrize("form", FORMATS)
def test_a_lineage_of_ten_thousand_steps_is_written_without_recursion(form: str) -> None:
    given = FORMATS[form].write(chain(DEEP))
    assert given.count(b'"edgewise:' if form != "openlineage" else b'"edgewise_thing"') > DEEP / 2


def test_names_never_step_out_of_their_place() -> None:
    things = [thing("dataset", name) for name in HOSTILE]
    told = written("prov", extract(thing("version", "m"), merged([*things, thing("version", "m")], [])))
    names = [name.removeprefix("here:dataset/main/") for name in told["entity"] if name.startswith("here:dataset")]
    assert len(names) == len(HOSTILE)
    assert all(name.isascii() and name.isprintable() and "/" not in name and name.strip(".") for name in names)


def asserted_and_observed() -> Extract:
    """A version that was registered from a logged model, which Edgewise saw, of a run, which only its client says."""
    run, logged = thing("run", "r1", details={"started": AT, "code": "deadbeef"}), thing("logged-model", "m-1")
    version = thing("version", "m/1/1", details={"digest": "a" * 64})
    links = [link(run, logged, "produced"), link(logged, version, "registered-as", basis=OBSERVED)]
    return extract(version, merged([run, logged, version], links))


def test_prov_tells_what_a_client_asserts_from_what_edgewise_observed() -> None:
    told = written("prov", asserted_and_observed())
    [made], [derived] = told["wasGeneratedBy"].values(), told["wasDerivedFrom"].values()
    assert (made["edgewise:basis"], derived["edgewise:basis"]) == (ASSERTED, OBSERVED)
    version = told["entity"]["here:version/main/m%2F1%2F1"]
    assert (version["edgewise:basis"], version["edgewise:digestBasis"]) == (ASSERTED, OBSERVED)
    assert told["entity"]["here:code/deadbeef"]["edgewise:basis"] == ASSERTED


def test_openlineage_tells_what_a_client_asserts_from_what_edgewise_observed() -> None:
    started, registered = written("openlineage", asserted_and_observed())
    assert started["outputs"][0]["outputFacets"]["edgewise_link"]["basis"] == ASSERTED
    assert registered["dataset"]["facets"]["edgewise_links"]["links"][0]["basis"] == OBSERVED
    told = registered["dataset"]["facets"]["edgewise_thing"]
    assert (told["basis"], told["observed"]) == (ASSERTED, {"sha256": "a" * 64})


def test_cyclonedx_tells_what_a_client_asserts_from_what_edgewise_observed() -> None:
    told = written("cyclonedx", asserted_and_observed())
    model = _properties(told["metadata"]["component"])
    assert (model["edgewise:basis"], model["edgewise:digest-basis"]) == (ASSERTED, OBSERVED)
    [run] = told["formulation"][0]["workflows"]
    assert _properties(run)["edgewise:basis"] == ASSERTED
    assert _properties(run["outputs"][0])["edgewise:basis"] == ASSERTED
    assert model["edgewise:came-of"] == "registered-as logged-model/main/m-1 observed"


def test_the_facets_of_edgewise_are_held_by_the_schema_that_it_publishes() -> None:
    published = json.loads(openlineage.published())
    Draft202012Validator.check_schema(published)
    event = written("openlineage", asserted_and_observed())[0]
    event["run"]["facets"]["edgewise_thing"]["basis"] = "verified"
    with pytest.raises(Exception, match="verified"):
        reading.read(event)


def _properties(part: dict[str, Any]) -> dict[str, str]:
    return {row["name"]: row["value"] for row in part["properties"]}


def _ends(about: dict[str, Any]) -> list[str]:
    return [text for name, text in about.items() if isinstance(text, str) and text.startswith("here:") and ":" in name]


def _term(told: Extract) -> str:
    return next(iter(told.objectives[0]["terms"]))


def _values(value: Any, name: str) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (member for key, member in value.items() if key == name and isinstance(member, str))
        yield from (found for member in value.values() for found in _values(member, name))
    elif isinstance(value, list):
        yield from (found for member in value for found in _values(member, name))


def _listed(document: dict[str, Any]) -> Iterator[str]:
    """Yield every reference that stands in a list or under another name than `ref`."""
    for row in document["dependencies"]:
        yield from row["dependsOn"]
    declared = document["declarations"]
    for claim in declared["claims"]:
        yield from (claim["target"], *claim["evidence"])
    for row in (row for attestation in declared["attestations"] for row in attestation["map"]):
        yield from (row["requirement"], *row.get("claims", ()), *row.get("counterClaims", ()))
