"""The page of a model's or a version's history: what an auditor with a suspicion reads, whatever others wrote there."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from frontend import moments
from frontend.pages import history as pages
from lineage.models import ModelVersion
from tests.factories import mirror
from tests.factories.world import World
from tests.frontend.conftest import SignedIn
from tests.frontend.test_out_of_band import judge

pytestmark = pytest.mark.django_db
MODEL, VERSION = "models:/outreach-model", "models:/outreach-model/1"
PAGE = "/systems/outreach/history/"


@pytest.fixture
def version(world: World) -> ModelVersion:
    """A version that was seen some days ago."""
    world.now -= timedelta(days=5)
    return world.mirror("1")


def source(world: World, as_person: SignedIn, who: str = "auditor", **asked: str) -> str:
    answer = as_person(world.people.by_name[who]).get(PAGE, {"model": VERSION} | asked)
    assert answer.status_code == 200
    return answer.content.decode()


def text(page: str) -> str:
    page = re.sub(r'<time [^>]*title="([^"]*)">[^<]*</time>', r"\1", page)
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def test_a_change_says_from_what_to_what_seen_when_and_in_which_synchronisation(
    world: World, as_person: SignedIn, version: ModelVersion
) -> None:
    mirror.said(version, tags={"team": "outreach"}, at=world.tick())
    report = mirror.said(version, tags={"team": "sales"}, stage="Archived", at=(at := world.tick()))
    page = source(world, as_person)
    shown = text(page)
    assert f"{moments.absolute(at)} synchronisation {report.pk} Tag changed team outreach sales nothing" in shown
    assert "Stage changed empty Archived" in shown
    assert shown.index("Stage changed") < shown.index("Tag set team nothing outreach") < shown.index("First seen")
    link = f"{reverse('server', args=['main'])}?report={report.pk}#report-{report.pk}"
    assert link in page
    linked = as_person(world.people.auditor).get(link).content.decode()
    assert f'id="report-{report.pk}"' in linked


def test_the_whole_model_tells_of_its_aliases_and_of_all_its_versions(
    world: World, as_person: SignedIn, version: ModelVersion
) -> None:
    model = version.registered_model
    mirror.move_alias("live-phone", version, of=model, at=world.tick())
    mirror.move_alias("live-phone", world.mirror("2"), of=model, at=world.tick())
    mirror.move_alias("live-phone", None, of=model, at=world.tick())
    shown = text(source(world, as_person, model=MODEL))
    assert "Alias removed live-phone version 2 nothing" in shown
    assert "Alias moved live-phone version 1 version 2" in shown
    assert "Alias set live-phone nothing version 1" in shown
    assert "Alias moved" not in text(source(world, as_person, model=MODEL, what="tag"))


def test_as_known_on_a_day_only_what_was_seen_by_then_is_there(
    world: World, as_person: SignedIn, version: ModelVersion
) -> None:
    mirror.said(version, tags={"team": "outreach"}, at=world.tick())
    world.now += timedelta(days=2)
    mirror.said(version, tags={}, at=world.tick())
    then = (world.now - timedelta(days=2)).date().isoformat()
    shown = text(source(world, as_person, as_of=then))
    assert f"As known on {then}" in shown
    assert "Tags team : outreach" in shown
    assert "Tag removed" not in shown
    assert "Tags none" in text(source(world, as_person))


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"as_of": "soon"}, "A day is written like"),
        ({"as_of": "2001-01-01"}, "was not seen on main by 2001-01-01"),
        ({"model": "outreach-model"}, "names no registered model"),
        ({"model": "models:/another/1"}, "does not serve Outreach assistant"),
        ({"what": "weather"}, "is no kind of change"),
        ({"after": "x"}, "is none that was given out"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_a_sentence(
    world: World, as_person: SignedIn, version: ModelVersion, asked: dict[str, str], says: str
) -> None:
    shown = text(source(world, as_person, **asked))
    assert says in shown
    assert "What changed" not in shown


def test_a_version_that_is_gone_still_has_its_history(world: World, as_person: SignedIn, version: ModelVersion) -> None:
    version.vanished_at = world.tick()
    version.save()
    assert "There no, gone from MLflow" in text(source(world, as_person))


def test_characters_that_nobody_sees_are_named_and_markup_is_text(
    world: World, as_person: SignedIn, version: ModelVersion
) -> None:
    mirror.said(version, tags={"<script>": "safe\u202egnp.exe\x1b[2J\u200b"}, at=world.tick())
    page = source(world, as_person)
    assert "<script>&" not in page
    assert "&lt;script&gt;" in page
    assert all(character not in page for character in "\u202e\x1b\u200b")
    assert 'safe<span class="hidden-character">U+202E</span>gnp.exe<span class="hidden-character">U+001B</span>' in page


def test_a_value_of_a_megabyte_is_cut_and_comes_whole_as_a_file(
    world: World, as_person: SignedIn, version: ModelVersion
) -> None:
    mirror.said(version, tags={"big": "y" * 1_000_000}, at=world.tick())
    mirror.said(version, tags={}, description="One line\nand another", at=world.tick())
    page = source(world, as_person)
    assert len(page) < 60_000
    assert "More of its 1000000 characters" in page
    assert "All of its 20 characters" in page
    (link,) = set(re.findall(r'href="([^"]*/from\.txt)"', page))
    file = as_person(world.people.auditor).get(link)
    assert (len(file.content), file["Content-Type"]) == (1_000_000, "text/plain; charset=utf-8")
    assert file["Content-Disposition"].startswith("attachment")
    assert as_person(world.people.by_name["outsider"]).get(link).status_code == 404


def test_many_changes_come_in_pages(world: World, as_person: SignedIn, version: ModelVersion) -> None:
    mirror.said(version, tags={f"tag-{number}": "x" for number in range(pages.PAGE)}, at=world.tick())
    page = source(world, as_person)
    assert "First seen" not in page
    after = re.findall(r"after=([0-9-]+)", page)[0]
    older = source(world, as_person, after=after)
    assert "First seen" in older
    assert "Older changes" not in older


def test_only_who_sees_the_system_sees_a_history(world: World, as_person: SignedIn, version: ModelVersion) -> None:
    answer = as_person(world.people.by_name["outsider"]).get(PAGE, {"model": VERSION})
    assert answer.status_code == 404


def test_what_a_version_was_copied_from_is_not_named_to_whom_may_not_see_it(
    world: World, as_person: SignedIn, version: ModelVersion
) -> None:
    mirror.said(version, source="models:/secret-model/3", at=world.tick())
    page = source(world, as_person)
    assert "secret-model" not in page
    assert "a model that you may not see" in page


def test_the_page_of_a_system_leads_to_the_history_of_what_is_live(
    world: World, as_person: SignedIn, version: ModelVersion
) -> None:
    mirror.point_alias("live-phone", version, at=world.tick())
    judge(world)
    page = as_person(world.people.auditor).get("/systems/outreach/").content.decode()
    assert f'<a href="{PAGE}?model=models:/outreach-model">outreach-model</a>' in page
    assert f"{PAGE}?model=models%3A%2Foutreach-model%2F1" in page
