"""A real MLflow server with the plugin beside it, and what anybody may try on it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from config.processes import ports
from config.processes.child import Child, Service
from tests.factories.mirror import MODEL
from tests.factories.world import PHONE
from tests.lineage.somebody import Somebody
from tests.tracking import NOBODYS_CERTIFICATE, add_version

PRODUCTION, FREE, ABSENT = "outreach-production", "free-model", "absent-model"
PROTECTED = ",".join(
    [
        f"{MODEL}@live-phone={PHONE}",
        f"{MODEL}/Production={PHONE}",
        f"{PRODUCTION}={PHONE}",
        f"{PRODUCTION}@live={PHONE}",
        f"{ABSENT}@live-phone={PHONE}",
    ]
)


@dataclass(frozen=True, kw_only=True)
class Guarded:
    """MLflow at `url`, which asks Edgewise on `site_port` with the token in `token_file`, and its `log`."""

    url: str
    site_port: int
    token_file: Path
    log: Path
    http: httpx.Client

    def on(self, model: str) -> Somebody:
        """Return somebody with access to MLflow who works on `model`."""
        return Somebody(http=self.http, trained={"experiment": "0"}, model=model)

    def ask(self, endpoint: str, *, method: str = "POST", face: str = "api", **body: Any) -> httpx.Response:
        """Send a request to MLflow's registry: through its `api`, or as its web interface does (`ajax-api`)."""
        return self.http.request(method, f"/{face}/2.0/mlflow/{endpoint}", json=body)

    def set_alias(self, version: str, *, alias: str = "live-phone", model: str = MODEL) -> httpx.Response:
        """Try to set an alias."""
        return self.ask("registered-models/alias", name=model, alias=alias, version=version)

    def move(self, version: str, stage: str, *, archive: bool = False) -> httpx.Response:
        """Try to bring a version into a stage."""
        body = {"version": version, "stage": stage, "archive_existing_versions": archive}
        return self.ask("model-versions/transition-stage", name=MODEL, **body)

    def copy(self, source: str, *, to: str = PRODUCTION, **more: Any) -> httpx.Response:
        """Try to register `source` as a version of a production model."""
        return self.ask("model-versions/create", name=to, source=source, **more)

    def model(self, name: str = MODEL) -> dict[str, Any]:
        """Return the registered model `name` as MLflow tells it, an empty one when there is none."""
        found = self.http.get("/api/2.0/mlflow/registered-models/get", params={"name": name})
        return dict(found.json().get("registered_model", {}))

    def aliases(self, name: str = MODEL) -> dict[str, str]:
        """Return the version of each alias."""
        return {row["alias"]: row["version"] for row in self.model(name).get("aliases", [])}

    def version(self, number: str, *, name: str = MODEL) -> dict[str, Any]:
        """Return a version as MLflow tells it."""
        found = self.http.get("/api/2.0/mlflow/model-versions/get", params={"name": name, "version": number})
        return dict(found.json()["model_version"])

    def begin(self) -> None:
        """Bring the models back to how they began: two versions of two models, one of them protected, none live."""
        for model in (MODEL, FREE):
            if not self.model(model):
                self.on(model).create_model()
                for _ in range(2):
                    add_version(self.on(model))
            for alias in self.aliases(model):
                self.on(model).drop_alias(alias)
        if not self.model(PRODUCTION):
            self.on(PRODUCTION).create_model()
        for number in ("1", "2"):
            self.move(number, "None").raise_for_status()


@contextmanager
def guarded_server(folder: Path, *, store: str, when_unreachable: str) -> Iterator[Guarded]:
    """Start `mlflow server` on the database `store` with the plugin set up; stop it afterwards."""
    ours = ("DATABASE_", "EDGEWISE_", "DJANGO_", "MLFLOW_")
    with (
        ports.reserved(0, service="MLflow", say=str) as port,
        ports.reserved(port + 1, service="the site", say=str) as site_port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, verify=NOBODYS_CERTIFICATE) as http,
    ):
        token_file = folder / "token"
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(ours)},
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "EDGEWISE_GUARD_URL": f"http://127.0.0.1:{site_port}",
            "EDGEWISE_GUARD_TOKEN_FILE": str(token_file),
            "EDGEWISE_GUARD_PROTECTED": PROTECTED,
            "EDGEWISE_GUARD_WHEN_UNREACHABLE": when_unreachable,
        }
        stores = ["--backend-store-uri", store, "--registry-store-uri", f"edgewise-{store}"]
        place = ["--port", str(port), "--workers", "1", "--artifacts-destination", str(folder / "artifacts")]
        service = Service(
            name="guarded",
            command=[sys.executable, "-m", "mlflow", "server", *stores, *place],
            environment=environment,
            is_ready=lambda log: ports.answers(port, "/health"),
            seconds=180.0,
        )
        child = Child(service, folder=folder, logs=folder)
        try:
            child.wait_until_ready()
            url = f"http://127.0.0.1:{port}"
            yield Guarded(url=url, site_port=site_port, token_file=token_file, log=child.log, http=http)
        finally:
            child.ask_to_stop()
            child.wait_until_gone()
