"""Two editions of a specification beside each other, and what a draft would do, as people read it."""

from __future__ import annotations

import re

import pytest

from frontend import clauses
from frontend.differences import KINDS, sentence
from frontend.pages.comparison import _merged, _place
from governance.approvals.models import Approval
from governance.deliberation import services as deliberation
from governance.specs import diff, document, services
from governance.specs.changes import Change
from governance.specs.models import SpecificationVersion, ValueSpecification
from tests.factories.world import SPECIFICATION, World
from tests.frontend.conftest import SignedIn
from tests.governance.specs.documents import specification as documented
from tests.governance.specs.test_diff import CASES
from tests.governance.specs.test_measures import MEASURE

PAGE = "/systems/outreach/specification/compare/"
DRAFT = "/systems/outreach/specification/draft/"
LOOSER = (
    SPECIFICATION.replace("version: 1.0.0", "version: 2.0.0")
    .replace("min_n: 50", "min_n: 40")
    .replace("alpha: 0.05", "alpha: 0.01")
    .replace("name: Need is seen", "name: <b>Need</b> is noticed")
)
TIGHTER = SPECIFICATION.replace("version: 1.0.0", "version: 1.1.0").replace("min_n: 50", "min_n: 200")


def _read(world: World, as_person: SignedIn, path: str, name: str = "auditor") -> str:
    response = as_person(world.people.by_name[name]).get(path)
    assert response.status_code == 200, path
    return " ".join(response.content.decode().split())


def _plain(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


CONDITION = """conditions:
  - {key: close, dimension: need-is-seen, holds_if: 'low["recall/good-health"] >= 0.6', why: Nobody stays behind.}
"""
OTHER_CONDITION = (
    CONDITION.replace("0.6", "0.5").replace("why:", "contexts: [us], why:").replace("Nobody", "Nobody of us")
)
CONDITIONS = [
    ("tensions:", f"{CONDITION}tensions:", "added", "conditions.close"),
    ("tensions:", f"{MEASURE}tensions:", "added", "measures.recall"),
]


@pytest.mark.parametrize(("old", "new", "kind", "path"), [*CASES, *CONDITIONS])
def test_every_kind_of_change_is_a_sentence_for_people(old: str, new: str, kind: str, path: str) -> None:
    for pair in ((documented(), documented((old, new))), (documented((old, new)), documented())):
        for change in diff.compare(*pair):
            said = sentence(change)
            assert change.kind in KINDS
            assert said != f"{change.sentence}."
            assert not re.search(r"[{}]|  |of nothing|_|criteria\.", said), said
            assert said[0].isupper() or said[0] == "“"
            assert said.endswith(".")


def test_a_metric_that_is_derived_in_another_way_is_said() -> None:
    other = MEASURE.replace('"yes"', '"no"').replace("why: Only", "why: Just")
    pair = (documented(("tensions:", f"{text}tensions:")) for text in (MEASURE, other))
    seen = "seen among column unclear = '{}'"
    assert [sentence(change) for change in diff.compare(*pair)] == [
        f"Recall is derived in another way: {seen.format('no')} instead of {seen.format('yes')}.",
        "The reason is put in other words.",
    ]


def test_every_field_of_a_condition_is_a_sentence_of_its_own() -> None:
    one, other = (documented(("tensions:", f"{text}tensions:")) for text in (CONDITION, OTHER_CONDITION))
    assert [sentence(change) for change in diff.compare(one, other)] == [
        'What must hold is low["recall/good-health"] >= 0.5 instead of low["recall/good-health"] >= 0.6.',
        "It is asked in us instead of every context.",
        "The reason is put in other words.",
    ]


@pytest.mark.parametrize(("old", "new", "kind", "path"), [*CASES, *CONDITIONS])
def test_no_change_is_left_out_of_the_page(old: str, new: str, kind: str, path: str) -> None:
    for one, other in ((documented(), documented((old, new))), (documented((old, new)), documented())):
        keys = {*clauses.parts(document.canonical(one), {}), *clauses.parts(document.canonical(other), {})}
        assert {_place(change.path) for change in diff.compare(one, other)} <= keys


def test_a_path_that_is_not_known_speaks_for_itself() -> None:
    change = Change(kind="loosened", path="later.parts", before="1", after="2", sentence="later.parts is loosened")
    assert sentence(change) == "later.parts is loosened."


@pytest.mark.django_db
def test_a_draft_stands_beside_the_version_in_force_with_what_it_takes(
    world: World, specification: SpecificationVersion, as_person: SignedIn
) -> None:
    world.draft(LOOSER)
    text = _read(world, as_person, PAGE)
    plain = _plain(text)
    assert "From 1.0.0 to the working draft of 2.0.0" in plain
    assert "1 of 3 changes loosens or takes something away" in plain
    for row in ("▼ loosened 1", "− removed 0", "▲ tightened 1", "+ added 0", "≈ reworded 1"):
        assert row in plain
    assert "The changes need a major version; 2.0.0 is a major one after 1.0.0." in plain
    assert "excellent health, fair health, good health, limited, poor health" in plain
    assert "Recall is judged on at least 40 cases of each group instead of 50." in plain
    assert 'data-label="Before">50</td><td data-label="After">40</td>' in text
    assert "Need is seen" in plain
    assert "<b>Need</b>" not in text
    places = [
        text.index(f">{said}<")
        for said in ("What is asked no longer, or less", "Every change, in the order of the document")
    ]
    assert places == sorted(places)
    assert '<details class="part"><summary>Who decides <span class="kind">unchanged</span>' in text


@pytest.mark.django_db
def test_who_loses_something_without_a_seat_is_named_before_anybody_ratifies(
    world: World, specification: SpecificationVersion, as_person: SignedIn
) -> None:
    deliberated = world.prepare_deliberation(digest=world.draft(LOOSER))
    services.put_forward(
        system_key="outreach", deliberation_id=deliberated.pk, by=world.people.steward, at=world.tick()
    )
    assert "No seat in the deliberation so far: excellent health, fair health." in _plain(_read(world, as_person, PAGE))
    draft = _plain(_read(world, as_person, DRAFT, "board"))
    assert "no seat in its deliberation for excellent health, fair health." in draft


@pytest.mark.django_db
def test_two_ratified_versions_say_who_ratified_them_and_from_which_deliberation(
    world: World, specification: SpecificationVersion, as_person: SignedIn
) -> None:
    later = world.ratify(TIGHTER)
    backwards = _plain(_read(world, as_person, f"{PAGE}?old=1.1.0&new=1.0.0"))
    assert "From 1.0.0 to 1.1.0" in backwards
    text = _read(world, as_person, PAGE)
    assert f'href="/deliberations/{later.deliberation_id}/"' in text
    assert f'href="/deliberations/{specification.deliberation_id}/"' in text
    assert _plain(text).count(f"by {world.people.board.name}") == 2
    assert f'href="{PAGE}"' in _read(world, as_person, "/systems/outreach/specification/")
    assert "Nothing is loosened or taken away." in text


@pytest.mark.django_db
def test_versions_that_lie_between_are_named(
    world: World, specification: SpecificationVersion, as_person: SignedIn
) -> None:
    world.ratify(TIGHTER)
    world.draft(TIGHTER.replace("version: 1.1.0", "version: 1.2.0").replace("min_n: 200", "min_n: 300"))
    assert "1.1.0 lies between" in _plain(_read(world, as_person, f"{PAGE}?old=1.0.0&new=draft"))


@pytest.mark.django_db
def test_what_cannot_be_compared_says_so(world: World, as_person: SignedIn) -> None:
    assert "Two versions, or a version and a draft, can stand" in _read(world, as_person, PAGE)
    world.ratify()
    assert "There is only version 1.0.0." in _read(world, as_person, PAGE)
    world.draft(TIGHTER)
    assert "Choose two different versions." in _read(world, as_person, f"{PAGE}?old=draft&new=draft")
    auditor = as_person(world.people.auditor)
    assert [auditor.get(f"{PAGE}?new={name}").status_code for name in ("9.9.9", "%00", "<b>")] == [404] * 3
    assert as_person(world.people.outsider).get(PAGE).status_code == 404


@pytest.mark.django_db
def test_a_draft_says_which_approvals_it_would_end_before_it_is_ratified(
    world: World, approval: Approval, as_person: SignedIn
) -> None:
    digest = world.draft(TIGHTER)
    plain = _plain(_read(world, as_person, DRAFT, "steward"))
    assert "Against 1.0.0, in force: ▲ 1 tightened" in plain
    assert "1 of 1 standing approval would lapse" in plain
    assert "Recall is judged on at least 200 cases of each group instead of 50." in plain
    assert "◔ INSUFFICIENT" in plain
    assert "is a preview and no report" in plain
    deliberated = world.prepare_deliberation(digest=digest)
    services.put_forward(
        system_key="outreach", deliberation_id=deliberated.pk, by=world.people.steward, at=world.tick()
    )
    world.open_voting(deliberated)
    world.vote(deliberated)
    deliberation.decide(deliberation_id=deliberated.pk, by=world.people.facilitator, at=world.tick())
    board = _read(world, as_person, DRAFT, "board")
    form = _plain(board.split('class="ask"', 1)[1].split("</form>")[0])
    assert f"Ratifying it ends 1 approval ( why ): {approval}: outreach-model 1 in us/outreach/phone" in form


@pytest.mark.django_db
def test_a_draft_that_can_no_longer_be_read_breaks_no_page(
    world: World, specification: SpecificationVersion, as_person: SignedIn
) -> None:
    world.draft(TIGHTER)
    ValueSpecification.objects.update(draft_text="an earlier: [language")
    assert "Nothing can be said about it." in _read(world, as_person, DRAFT, "steward")
    assert "They cannot be compared." in _read(world, as_person, PAGE)
    auditor = as_person(world.people.auditor)
    assert auditor.get(f"{DRAFT}specification.json").status_code == 404
    assert auditor.get(f"{DRAFT}specification.yaml").content == b"an earlier: [language"


@pytest.mark.django_db
def test_wording_alone_ends_nothing(world: World, approval: Approval, as_person: SignedIn) -> None:
    world.draft(SPECIFICATION.replace("version: 1.0.0", "version: 1.0.1").replace("Need is seen", "Need is noticed"))
    plain = _plain(_read(world, as_person, DRAFT, "board"))
    assert "0 of 1 standing approval would lapse" in plain
    assert "Nothing but wording changes since 1.0.0." in plain


@pytest.mark.django_db
def test_files_come_as_they_were_written_and_hash_to_the_digest(
    world: World, specification: SpecificationVersion, as_person: SignedIn
) -> None:
    auditor = as_person(world.people.auditor)
    written = auditor.get("/systems/outreach/specification/1.0.0/specification.yaml")
    assert (written.content.decode(), written["Content-Type"]) == (SPECIFICATION, "application/yaml")
    assert auditor.get(f"{DRAFT}specification.json").content == bytes(specification.document)
    assert auditor.get("/systems/outreach/specification/9.0.0/specification.json").status_code == 404


@pytest.mark.django_db
def test_a_draft_saved_in_a_browser_keeps_every_byte(world: World, as_person: SignedIn) -> None:
    typed = f"# why\n\n{SPECIFICATION}# end \n\n"
    steward = as_person(world.people.steward)
    sent = steward.post(f"{DRAFT}save/", {"replaces": "", "text": typed.replace("\n", "\r\n")})
    assert sent.status_code == 302
    assert steward.get(f"{DRAFT}specification.yaml").content.decode() == typed


def test_what_is_gone_stands_behind_what_it_stood_behind() -> None:
    assert _merged(["a", "b", "c", "d"], ["a", "x", "d"]) == ["a", "b", "c", "x", "d"]
