"""A client that opens the registry's database in its own process is held back like any other.

There MLflow gives most arguments by position, where its server gives them by keyword.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.api.cli.site import serving
from tests.factories.mirror import MODEL
from tests.lineage.mlflow_plugin.clients import DONE, outcomes
from tests.lineage.mlflow_plugin.guarded import PRODUCTION, PROTECTED
from tests.lineage.mlflow_plugin.test_asking import JSON, YES

pytestmark = pytest.mark.xdist_group("guarded")
NO = {**YES, "allowed": False, "approval": None, "unmet": [{"key": "approval", "sentence": "There is none."}]}
BEFORE = [
    f"client.create_registered_model({MODEL!r})",
    f"client.create_registered_model({PRODUCTION!r})",
    f"client.create_model_version({MODEL!r}, 's3://bucket/1')",
    f"client.create_model_version({MODEL!r}, 's3://bucket/2')",
]
ALLOWED = [
    f"client.set_registered_model_alias({MODEL!r}, 'live-phone', '1')",
    f"client.set_registered_model_alias({MODEL!r}, 'live-phone', ' 1 ')",
    f"client.transition_model_version_stage({MODEL!r}, '1', 'Production')",
    f"client.copy_model_version('models:/{MODEL}/1', {PRODUCTION!r})",
    f"client.set_model_version_tag({MODEL!r}, '1', 'edgewise.approval.us.outreach.phone', 'A-7 active')",
    f"client.set_registered_model_alias({MODEL!r}, 'candidate', '2')",
    f"client.set_registered_model_alias({MODEL!r}, 'Live-Phone', '2')",
    f"client.delete_registered_model_alias({MODEL!r}, 'Live-Phone')",
    f"client.delete_registered_model_alias({MODEL!r}, 'live-phone')",
]
REFUSED = [
    f"client.set_registered_model_alias({MODEL!r}, 'live-phone', '2')",
    f"client.set_registered_model_alias({MODEL!r}, 'live-phone', ' 2 ')",
    f"store.set_prompt_alias({MODEL!r}, 'live-phone', 2)",
    f"client.set_registered_model_alias({MODEL!r}, 'live-phone', '0_2')",
    f"client.set_registered_model_alias({MODEL!r}, 'approved-US__outreach__phone', '2')",
    f"client.create_model_version({PRODUCTION!r}, 'models:/outreach%2Dmodel/1')",
    f"client.create_model_version({PRODUCTION!r}, 'models:/{MODEL}/1\\n2')",
    f"client.transition_model_version_stage({MODEL!r}, '2', 'production')",
    f"client.create_model_version({PRODUCTION!r}, 's3://bucket/3')",
    f"client.create_model_version({PRODUCTION!r}, 'models:/{MODEL}/2')",
    f"client.create_model_version({PRODUCTION!r}, 'models:/{MODEL}/1?as=/2')",
    f"client.create_model_version({PRODUCTION!r}, 'Models:/{MODEL}/1')",
    f"client.create_model_version({PRODUCTION!r}, 'models:/{PRODUCTION}/1')",
    f"store.create_prompt_version({PRODUCTION!r}, 'Be bad.')",
    f"client.set_model_version_tag({MODEL!r}, '2', 'edgewise.approval.us.outreach.phone', 'A-7 active')",
    f"client.rename_registered_model({MODEL!r}, 'aside')",
    f"client.delete_registered_model({MODEL!r})",
]
AFTER = [
    f"client.get_registered_model({MODEL!r}).aliases",
    f"[each.version for each in client.search_model_versions(\"name='{PRODUCTION}'\")]",
    f"client.get_model_version({MODEL!r}, '2').current_stage",
]
WRITES = {
    "create_registered_model": "of an empty one",
    "update_registered_model": "of a description",
    "delete_registered_model": "",
    "rename_registered_model": "",
    "set_registered_model_tag": "Edgewise writes none",
    "delete_registered_model_tag": "Edgewise writes none",
    "create_model_version": "",
    "update_model_version": "of a description",
    "transition_model_version_stage": "",
    "delete_model_version": "takes down",
    "set_model_version_tag": "",
    "delete_model_version_tag": "takes a claim away",
    "set_registered_model_alias": "",
    "delete_registered_model_alias": "takes down",
}
"""Every method by which MLflow writes a registered model → why it is not held back, if it is not."""
ADDRESSES = {
    "registered-models/create": "create_registered_model",
    "registered-models/update": "update_registered_model",
    "registered-models/delete": "delete_registered_model",
    "registered-models/rename": "rename_registered_model",
    "registered-models/set-tag": "set_registered_model_tag",
    "registered-models/delete-tag": "delete_registered_model_tag",
    "registered-models/alias": "set_registered_model_alias",
    "registered-models/get-latest-versions": "",
    "model-versions/create": "create_model_version",
    "model-versions/update": "update_model_version",
    "model-versions/transition-stage": "transition_model_version_stage",
    "model-versions/delete": "delete_model_version",
    "model-versions/set-tag": "set_model_version_tag",
    "model-versions/delete-tag": "delete_model_version_tag",
}
"""Every address of MLflow's server that takes anything but GET about registered models → the method it calls, if it
writes. Its GraphQL has no mutation of them, and there is no address for many at once."""
SHAPES = """{
    name: [list(inspect.signature(getattr(kind, name)).parameters) for kind in (type(store), type(store).__mro__[1])]
    for inspect in [__import__("inspect")]
    for name, function in vars(type(store)).items()
    if inspect.isfunction(function) and not name.startswith("_")
}"""
PUBLIC = "[name for name in vars(type(store).__mro__[1]) if name.islower() and name[0] != '_']"
READS = ("get_", "search_", "supports_", "list_", "create_webhook", "update_webhook", "delete_webhook")


def edgewise(environ: dict[str, Any], start_response: Callable[..., object]) -> list[bytes]:
    """Say yes to the first version of the model, whatever is written behind it, and to nothing else."""
    (asked,) = parse_qs(environ["QUERY_STRING"])["model"]
    start_response("200 OK", [*JSON])
    return [json.dumps(YES if asked.startswith(f"models:/{MODEL}/1") else NO).encode()]


@pytest.fixture(scope="module")
def came_to(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each line came to, in one process after the other."""
    folder = tmp_path_factory.mktemp("registry")
    (folder / "token").write_text("ew_token")
    lines = [*BEFORE, *ALLOWED, *REFUSED, *AFTER, SHAPES, PUBLIC]
    with serving(edgewise) as url:
        found = outcomes(
            lines,
            folder=folder,
            MLFLOW_TRACKING_URI=f"sqlite:///{folder}/mlflow.db",
            MLFLOW_REGISTRY_URI=f"edgewise-sqlite:///{folder}/mlflow.db",
            EDGEWISE_GUARD_URL=url,
            EDGEWISE_GUARD_TOKEN_FILE=str(folder / "token"),
            EDGEWISE_GUARD_PROTECTED=PROTECTED,
        )
    return dict(zip(lines, found, strict=True))


@pytest.mark.parametrize("line", [*BEFORE, *ALLOWED])
def test_what_is_approved_or_free_is_done(came_to: dict[str, Any], line: str) -> None:
    assert came_to[line] == DONE


@pytest.mark.parametrize("line", REFUSED)
def test_what_is_not_approved_is_refused(came_to: dict[str, Any], line: str) -> None:
    assert came_to[line].startswith("403 Edgewise refuses "), came_to[line]
    assert "Not met:\n- " in came_to[line]


def test_what_was_refused_changed_nothing(came_to: dict[str, Any]) -> None:
    assert [came_to[line] for line in AFTER] == [{"candidate": 2}, [1], "None"]


def test_each_way_to_write_that_mlflow_has_is_held_back_or_known_to_be_harmless(came_to: dict[str, Any]) -> None:
    assert {name for name in came_to[PUBLIC] if not name.startswith(READS)} == set(WRITES)
    assert set(came_to[SHAPES]) == {name for name, why in WRITES.items() if not why}


def test_each_address_under_which_mlflows_server_writes_leads_to_one_of_these_ways() -> None:
    code = (
        "import sys, json; from mlflow.server.handlers import get_endpoints; json.dump(sorted({path for path, _, "
        "methods in get_endpoints() if set(methods) - {'GET'}}), sys.stdout)"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    about = re.compile(r"^/(?:ajax-)?api/2.0/mlflow/((?:registered-models|model-versions)/.+)")
    found = {match[1] for path in json.loads(done.stdout) if (match := about.match(path))}
    assert found == set(ADDRESSES)
    assert set(ADDRESSES.values()) <= {*WRITES, ""}


def test_each_takes_what_mlflows_own_takes_in_the_same_order(came_to: dict[str, Any]) -> None:
    assert [name for name, (ours, theirs) in came_to[SHAPES].items() if ours != theirs] == []


def test_a_database_is_not_opened_while_the_plugin_is_not_set_up(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="EDGEWISE_GUARD_URL is not set"):
        outcomes([], folder=tmp_path, MLFLOW_REGISTRY_URI=f"edgewise-sqlite:///{tmp_path}/mlflow.db")
