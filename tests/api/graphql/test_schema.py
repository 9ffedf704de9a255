"""The schema itself: what it promises, what it may never hold, and what it costs."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from graphql import is_introspection_type, is_object_type

from api.graphql import reference
from api.graphql.schema import schema
from governance.accounts.models import User
from governance.approvals import selectors
from governance.approvals.models import Approval, SignOff
from governance.audit.models import Leaf
from governance.evidence.models import Observation
from tests.api.asking import Asking
from tests.api.graphql.querying import ADDRESS, OF_APPROVAL, codes, found
from tests.factories.world import World

HEAVY = {"mlflow", "scipy", "sklearn", "statsmodels", "numpy", "pandas"}
ALL = """
{
  approvals {
    id context entry { index }
    decision {
      reason decidedBy { name } entry { index }
      revision {
        number entry { index }
        signOffs { person { name } reason entry { index } }
        report {
          verdict criteria { cells { verdict } } routes { id }
          evidence { run readBy { name } entry { index } observations { estimate } }
        }
        specification {
          version ratification { by { name } entry { index } }
          deliberation { dissent { person { name } text entry { index } } outcome { winner entry { index } } }
        }
      }
    }
  }
}
"""


def fields() -> dict[str, set[str]]:
    """Return the names of the fields of each type."""
    types = schema.graphql_schema.type_map.items()
    return {name: set(kind.fields) for name, kind in types if is_object_type(kind) and not is_introspection_type(kind)}


def test_the_printed_schema_is_up_to_date() -> None:
    assert reference.is_current(), "Run python -m api.graphql.reference."


@pytest.mark.expectation(2)
def test_no_type_holds_one_total_across_dimensions() -> None:
    words = {"score", "total", "weight", "weights", "average", "rank", "overall"}
    assert not {(name, field) for name, held in fields().items() for field in held if field.lower() in words}


def test_no_type_holds_ballots_salts_or_seats() -> None:
    held = {field.lower() for names in fields().values() for field in names} | {name.lower() for name in fields()}
    assert not {
        name for name in held if any(word in name for word in ("ballot", "salt", "seat", "pseudonym", "email"))
    } - {"seatedgroups"}


def test_every_type_says_what_it_is() -> None:
    types = schema.graphql_schema.type_map
    assert not [name for name in fields() if not types[name].description]


def test_the_schema_is_read_without_heavy_libraries() -> None:
    code = f"import sys, django; django.setup(); import api.graphql.view; print({HEAVY} & sys.modules.keys())"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


def test_more_sign_offs_and_observations_ask_no_more_of_the_database(asking: Asking, approval: Approval) -> None:
    asking.as_("auditor")
    with CaptureQueriesContext(connection) as few:
        found(asking, "auditor", OF_APPROVAL, id=approval.pk)
    multiply(approval)
    with CaptureQueriesContext(connection) as many:
        data = found(asking, "auditor", OF_APPROVAL, id=approval.pk)
    revision = data["approval"]["decision"]["revision"]
    assert len(revision["signOffs"]) == 10
    assert len(revision["report"]["evidence"][0]["observations"]) == 17
    assert len(many) == len(few) <= 60


def test_more_approvals_ask_no_more_of_the_database(asking: Asking, world: World) -> None:
    world.approve("1")
    asking.as_("auditor")
    with CaptureQueriesContext(connection) as few:
        found(asking, "auditor", ALL)
    world.approve("2")
    world.approve("3")
    with CaptureQueriesContext(connection) as many:
        assert len(found(asking, "auditor", ALL)["approvals"]) == 3
    assert len(many) == len(few)


def test_an_error_that_nobody_foresaw_gives_nothing_away(
    asking: Asking, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(**_: object) -> None:
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr(selectors, "approval", fail)
    response = asking.as_("auditor").post(ADDRESS, {"query": "{ approval(id: 1) { id } }"}, format="json")
    assert codes(response.json()) == ["internal-error"]
    assert "swordfish" not in response.content.decode()
    assert "swordfish" in caplog.text


def multiply(approval: Approval) -> None:
    """Let seven more people have signed, and seven more observations have been made."""
    revision = approval.decision.revision
    leaves = iter(Leaf.objects.order_by("pk").values_list("pk", flat=True))
    for number in range(7):
        user = User.objects.create(name=f"Signer {number}", kind="person", joined_at=revision.made_at)
        SignOff.objects.create(
            revision=revision,
            user=user,
            role="board_member",
            stance="approve",
            shown_digest=revision.digest,
            signed_at=revision.made_at + timedelta(minutes=number),
            leaf_id=next(leaves),
        )
        first = Observation.objects.filter(evaluation__model_version=approval.model_version).order_by("pk")[0]
        first.pk, first.group_key = None, f"group-{number}"
        first.save(force_insert=True)
