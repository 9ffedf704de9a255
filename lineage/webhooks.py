"""MLflow's own side of webhooks: setting one up, and what keeps it from arriving."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from lineage.errors import RegistryError, RegistryMissing
from lineage.registry import MAX_PAGES, Registry

ENDPOINT = "webhooks"
EVENTS = (
    ("REGISTERED_MODEL", "CREATED"),
    ("MODEL_VERSION", "CREATED"),
    ("MODEL_VERSION_TAG", "SET"),
    ("MODEL_VERSION_TAG", "DELETED"),
    ("MODEL_VERSION_ALIAS", "CREATED"),
    ("MODEL_VERSION_ALIAS", "DELETED"),
    # A model that somebody tagged as a prompt tells of itself as one.
    ("PROMPT", "CREATED"),
    ("PROMPT_VERSION", "CREATED"),
    ("PROMPT_TAG", "SET"),
    ("PROMPT_TAG", "DELETED"),
    ("PROMPT_VERSION_TAG", "SET"),
    ("PROMPT_VERSION_TAG", "DELETED"),
    ("PROMPT_ALIAS", "CREATED"),
    ("PROMPT_ALIAS", "DELETED"),
)

ONLY_TLS = (
    "MLflow calls https:// addresses only. Give --callback one, or start MLflow with "
    "MLFLOW_WEBHOOK_ALLOWED_SCHEMES=http,https."
)
ONLY_PUBLIC = (
    "MLflow calls public addresses only. Where Edgewise lies on the same closed network, start MLflow with "
    "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS=true."
)
OTHER_KEY = (
    "MLflow cannot read the secrets of its webhooks: it was started without the MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY "
    "under which they were written. Set it, and remove the old webhooks."
)
REMEDIES = (
    ("url scheme", ONLY_TLS),
    ("resolve", "MLflow does not find the host of the callback. Give --callback an address that it reaches."),
    ("non-public", ONLY_PUBLIC),
    ("status 500", OTHER_KEY),
    ("status 403", "Only an administrator of MLflow may set webhooks up. Give Edgewise's account there that right."),
    ("status 404", "This MLflow has no webhooks. They came with MLflow 3.3, and need a database as its store."),
)
"""By what MLflow says, in lower case: what to do about it. Of two that fit, the last one counts."""


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """Whether a test call arrived, and if not, what MLflow says of it."""

    arrived: bool
    because: str = ""


class Webhooks(Registry):
    """The webhooks of a tracking server. Use as a context manager; methods raise RegistryError."""

    def put(self, *, name: str, url: str, secret: str) -> tuple[str, bool]:
        """Have MLflow call `url`, signing with `secret`; return the webhook's id and whether it is a new one.

        MLflow's names are not unique: one of this name is changed, and others of the same name are removed.
        """
        wanted = {
            "name": name,
            "url": url,
            "secret": secret,
            "status": "ACTIVE",
            "events": [{"entity": entity, "action": action} for entity, action in EVENTS],
        }
        ours = sorted(str(hook["webhook_id"]) for hook in self._hooks() if hook.get("name") == name)
        for surplus in ours[1:]:
            self._http.call("DELETE", f"{ENDPOINT}/{surplus}")
        if ours:
            self._http.call("PATCH", f"{ENDPOINT}/{ours[0]}", body=wanted)
            return ours[0], False
        answer = self._http.call("POST", ENDPOINT, body=wanted)
        found = answer.get("webhook")
        if not isinstance(found, dict) or not isinstance(found.get("webhook_id"), str):
            self._http.nonsense("no webhook_id", ENDPOINT)
        return str(found["webhook_id"]), True

    def remove(self, *, name: str) -> list[str]:
        """Remove every webhook of this name, and return the addresses that they called; without one, do nothing."""
        removed = []
        for hook in [hook for hook in self._hooks() if hook.get("name") == name]:
            with suppress(RegistryMissing):  # Somebody else was quicker.
                self._http.call("DELETE", f"{ENDPOINT}/{hook['webhook_id']}")
                removed.append(str(hook.get("url", "")))
        return removed

    def test(self, webhook_id: str) -> Arrival:
        """Have MLflow send a signed event of a model that there is not, and return what came of it."""
        event = {"entity": "MODEL_VERSION_ALIAS", "action": "CREATED"}
        answer = self._http.call("POST", f"{ENDPOINT}/{webhook_id}/test", body={"event": event})
        result = answer.get("result")
        if not isinstance(result, dict):
            self._http.nonsense("no result", f"{ENDPOINT}/test")
        if result.get("success") is True:
            return Arrival(arrived=True)
        said = result.get("error_message") or f"status {result.get('response_status')}: {result.get('response_body')}"
        return Arrival(arrived=False, because=str(said)[:500])

    def _hooks(self) -> Iterator[dict[str, Any]]:
        params: dict[str, str] = {}
        for _ in range(MAX_PAGES):
            answer = self._http.call("GET", ENDPOINT, params=params)
            yield from (hook for hook in self._list(answer, "webhooks", ENDPOINT) if isinstance(hook, dict))
            if not answer.get("next_page_token"):
                return
            params = {"page_token": str(answer["next_page_token"])}
        self._http.nonsense("pages without end", ENDPOINT)


def remedy(said: str | RegistryError) -> str:
    """Return what to do about what MLflow said, where that is known; else an empty string."""
    text = str(said).lower()
    return next((remedy for sign, remedy in reversed(REMEDIES) if sign in text), "")
