"""What holds a version back, with what would change it: taken from the report itself, reason by reason."""

from __future__ import annotations

from governance.gates import shortfalls
from governance.specs.models import SpecificationVersion
from tests.factories.world import FAILING, FEW, World


def test_every_reason_stands_once_and_in_its_order(world: World, specification: SpecificationVersion) -> None:
    document = world.judged({**FAILING, "limited": FEW["poor-health"]}).content()
    found = shortfalls.of(document)
    assert [fell.sentence for fell in found] == document["reasons"]
    assert all(fell.would_change for fell in found if fell.sentence.startswith("Tier"))
    assert shortfalls.of({**document, "reasons": []}) == ()


def test_a_reason_that_an_older_report_words_otherwise_is_told_as_it_stands(
    world: World, specification: SpecificationVersion
) -> None:
    document = world.judged(FAILING).content() | {"reasons": ["It was said so then."]}
    (found,) = shortfalls.of(document)
    assert (found.sentence, found.would_change, found.subjects) == ("It was said so then.", "", ())
