"""Edge cases: written once for each version, held out on record, and demoted once a model was trained on them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pytest_django import DjangoAssertNumQueries

from governance.audit.models import Leaf
from governance.errors import Conflict, Invalid, NotAllowedNow
from governance.evidence import edge_cases, selectors, services
from governance.evidence.models import EdgeCaseExposure, EdgeCaseSet
from governance.specs.models import SpecificationVersion
from tests.factories import mirror
from tests.factories.evidence import EDGE_CASES
from tests.factories.world import World
from tests.governance.refused import refused

SHORT = "  - {id: two-calls, situation: x, perspectives: [{group: a, view: b}], ruling: c}"
DEVELOPMENT = EDGE_CASES.replace("held-out", "development")


def opened(world: World, row: EdgeCaseSet, *, because: str = "To evaluate version 2.") -> EdgeCaseExposure:
    return services.open_edge_cases(
        system_key="outreach",
        key=row.key,
        version=row.version,
        because=because,
        by=world.people.engineer,
        at=world.tick(),
    )


def test_the_same_cases_are_recorded_once_and_others_are_the_next_version(world: World) -> None:
    first = world.write_edge_cases()
    leaves = Leaf.objects.count()
    assert world.write_edge_cases(EDGE_CASES + "\n# a comment") == first
    assert Leaf.objects.count() == leaves
    second = world.write_edge_cases(EDGE_CASES.replace("is told why", "is told why at once"))
    assert (first.version, second.version, second.cases) == (1, 2, 1)
    assert edge_cases.digest(edge_cases.read(EDGE_CASES)) == first.digest


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (("split: held-out", "split: secret"), "split (line 4"),
        (("    ruling: Need goes before order, and whoever waits is told why.\n", ""), "cases[0].ruling"),
        (("group: poor-health", "group: Poor Health"), "cases[0].perspectives[0].group (line 9"),
        (("title: Who waits for whom", "title: ''"), "title"),
        (("title:", "weight: 1\ntitle:"), "weight"),
        (
            (
                "  - id: two-calls",
                "  - {id: two-calls, situation: x, perspectives: [{group: a, view: b}], ruling: c}\n  - id: two-calls",
            ),
            "twice",
        ),
        (("cases:", "cases: []\nmore:"), "cases"),
    ],
)
def test_each_mistake_is_named_with_its_place(change: tuple[str, str], where: str) -> None:
    with pytest.raises(Invalid) as refusal:
        edge_cases.read(EDGE_CASES.replace(*change))
    assert where in " ".join(map(str, refusal.value.problems))
    assert refusal.value.code == "invalid-edge-cases"


def test_who_reads_what_is_held_out_and_why_is_on_record_first(world: World) -> None:
    row = world.write_edge_cases()
    found = opened(world, row)
    assert (found.how, found.by, found.because) == ("read", world.people.engineer, "To evaluate version 2.")
    assert Leaf.objects.get(pk=found.leaf_id).type == "evidence.edge_cases.exposed"
    with pytest.raises(Invalid, match="Say what the held-out cases are read for"):
        opened(world, row, because=" ")
    assert EdgeCaseExposure.objects.count() == 1


def test_what_each_was_opened_for_is_read_in_one_query(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    row = world.write_edge_cases()
    for number in range(3):
        opened(world, row, because=f"To evaluate version {number}.")
    with django_assert_num_queries(4):
        [found] = selectors.edge_case_sets(system=world.system)
        said = [used.because for used in found.exposures.all()]
    assert said == [f"To evaluate version {number}." for number in range(3)]


def test_only_the_newest_of_what_is_held_out_is_opened(world: World) -> None:
    row = world.write_edge_cases()
    world.write_edge_cases(EDGE_CASES.replace("Two people", "Three people"))
    with pytest.raises(Conflict, match="The newest version of who-waits is 2"):
        opened(world, row)
    with pytest.raises(NotAllowedNow, match="is for development"):
        opened(world, world.write_edge_cases(DEVELOPMENT))


def test_an_evaluation_that_names_the_set_is_a_use_of_it(world: World, specification: SpecificationVersion) -> None:
    row = world.write_edge_cases()
    name, digest = edge_cases.dataset_of(key=row.key, digest=row.digest)
    reading = world.read(world.register().model_version)
    used = [{"name": name, "digest": digest, "context": "eval"}]
    given = replace(reading, origin=replace(reading.origin, datasets=used))
    services.record_evidence(system_key="outreach", reading=given, by=world.people.engineer, at=world.tick())
    [exposure] = row.exposures.all()
    assert (exposure.how, exposure.model_version) == ("evaluated", reading.version)
    assert not selectors.is_readable(row)


def test_a_set_that_a_model_was_trained_on_is_held_out_no_longer(world: World) -> None:
    row = world.write_edge_cases()
    name, digest = edge_cases.dataset_of(key=row.key, digest=row.digest)
    version = world.mirror()
    mirror.trained_on(version, name=name, digest=digest)
    services.register_checkpoint(system_key="outreach", version=version, by=world.people.engineer, at=world.tick())
    [exposure] = selectors.contaminated_by(row)
    assert exposure.model_version == version
    assert selectors.is_readable(row)


@pytest.mark.parametrize("table", ["evidence_edgecaseset", "evidence_edgecaseexposure"])
def test_the_database_changes_no_edge_case_and_no_use(world: World, table: str) -> None:
    opened(world, world.write_edge_cases())
    for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        assert refused(statement)
