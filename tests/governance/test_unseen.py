"""No service takes a text that reads otherwise than it is stored."""

from __future__ import annotations

import inspect

import pytest
from django.test import Client

from governance import actions, unseen
from governance.approvals import services as approvals
from governance.audit.models import Leaf
from governance.errors import Invalid
from tests.api.asking import Asking
from tests.factories.world import World

TURNED = "\u202e"
TEXTS = [
    (verb, name)
    for verb, action in sorted(actions.load().items())
    for name, parameter in inspect.signature(action.function).parameters.items()
    if str(parameter.annotation) in ("str", "str | None") and name not in unseen.SECRETS
]


@pytest.mark.parametrize(("verb", "name"), TEXTS)
def test_every_text_of_every_service_is_refused_with_its_place_and_the_remedy(verb: str, name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        actions.register()[verb].function(**{name: f"two\tgood{TURNED}"})
    (problem,) = refusal.value.problems
    assert (problem.where, problem.remedy) == (name, "Remove it.")
    assert refusal.value.code == "unseen-character"


@pytest.mark.parametrize("hidden", ["\x00", "\x1b", "\x7f", "\x85", TURNED, "\u2066", "\u2069"])
def test_the_place_of_a_hidden_character_is_named(hidden: str) -> None:
    with pytest.raises(Invalid) as refusal:
        unseen.refuse({"reason": f"First line.\r\nSecond{hidden} line."})
    said = f"reason (line 2, column 7): holds the unseen character U+{ord(hidden):04X}. Remove it."
    assert refusal.value.message == said


def test_texts_within_lists_and_mappings_are_named_by_their_place() -> None:
    given = {"options": [{"key": "a", "label": "Yes"}, {"key": "b", "label": "N\no"}], "answers": {"what": TURNED}}
    with pytest.raises(Invalid) as refusal:
        unseen.refuse(given)
    assert [problem.where for problem in refusal.value.problems] == ["options[1].label", "answers.what"]


def test_line_breaks_stay_in_reasons_and_nothing_is_said_of_secrets() -> None:
    unseen.refuse({"reason": "One.\n\n\tTwo, in العربية and עברית.", "name": "José \u200dÑandú", "password": "\x07"})
    for name in ("name", "label", "email"):
        with pytest.raises(Invalid, match=r"U\+000A"):
            unseen.refuse({name: "Bo\nBoard"})


@pytest.mark.django_db
def test_a_sign_off_with_a_hidden_reason_is_refused_over_rest_and_on_the_page_and_leaves_no_trace(
    world: World, client: Client
) -> None:
    asking = Asking(world)
    client.force_login(world.people.board, backend="django.contrib.auth.backends.ModelBackend")
    candidate = world.open_candidate()
    shown = approvals.newest_revision(candidate).digest
    body = {"shown_digest": shown, "role": "board_member", "stance": "object", "reason": f"Not {TURNED}good."}
    answer = asking.post("board", f"candidates/{candidate.pk}/sign-offs", body)
    assert (answer.status_code, answer.json()["problems"][0]["where"]) == (422, "reason")
    form = {"shown_digest": shown, "role": "board_member", "stance": "object", "reason": body["reason"]}
    page = client.post(f"/candidates/{candidate.pk}/sign/", form)
    assert "Line 1, column 5: holds the unseen character U+202E. Remove it." in page.content.decode()
    assert not candidate.revisions.get().sign_offs.exists()
    assert not Leaf.objects.filter(type="approvals.candidate.signed").exists()
    assert (
        asking.post("board", f"candidates/{candidate.pk}/sign-offs", body | {"reason": "Not\ngood."}).status_code == 201
    )
