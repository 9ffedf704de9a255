"""MLflow's own registry store in a database, with a question to Edgewise before what makes a version go live.

Every path of an MLflow server leads through its one store, as does a client that opens the database in its own process.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from mlflow.entities.model_registry import ModelVersion, ModelVersionTag, RegisteredModel
from mlflow.entities.model_registry.model_version_stages import get_canonical_stage
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

from edgewise_mlflow import configuration
from edgewise_mlflow.guard import Guard, refusal

SCHEME = "edgewise-"
COPIED = re.compile(r"models:/(?P<name>[^/@:?#;]+)/(?P<version>[1-9][0-9]*)")


def open_store(store_uri: str, tracking_uri: str | None = None) -> GuardedStore:
    """Return the store at `edgewise-sqlite:…` or `edgewise-postgresql:…`, guarded as the environment says.

    MLflow calls it so, by keyword. Raises Misconfigured.
    """
    return GuardedStore(store_uri.removeprefix(SCHEME), Guard(configuration.read(os.environ)))


class GuardedStore(SqlAlchemyStore):
    """The store of the database at `db_uri`. What `guard` refuses raises MlflowException (403) and changes nothing.

    What only takes a version down is never refused: deleting an alias or a version, leaving a stage.
    """

    def __init__(self, db_uri: str, guard: Guard) -> None:
        super().__init__(db_uri)
        self._guard = guard

    def set_registered_model_alias(self, name: str, alias: str, version: str) -> None:
        """Point an alias of a registered model at a version."""
        contexts = self._guard.protection.of_alias(name, alias)
        self._ask(contexts, name, version, what=f"alias {alias} of {name}")
        super().set_registered_model_alias(name, alias, version)

    def transition_model_version_stage(
        self, name: str, version: str, stage: str, archive_existing_versions: bool
    ) -> ModelVersion:
        """Bring a version into a stage."""
        contexts = self._guard.protection.of_stage(name, get_canonical_stage(stage))
        self._ask(contexts, name, version, what=f"stage {stage} of {name}")
        return super().transition_model_version_stage(name, version, stage, archive_existing_versions)

    def set_model_version_tag(self, name: str, version: str, tag: ModelVersionTag) -> None:
        """Set a tag of a version."""
        contexts = self._guard.protection.of_tag(name, tag.key, tag.value)
        self._ask(contexts, name, version, what=f"tag {tag.key} of {name}")
        super().set_model_version_tag(name, version, tag)

    def create_model_version(
        self,
        name: str,
        source: str,
        run_id: str | None = None,
        tags: Iterable[ModelVersionTag] | None = None,
        run_link: str | None = None,
        description: str | None = None,
        local_model_path: str | None = None,
        model_id: str | None = None,
    ) -> ModelVersion:
        """Register a version; a production model takes copies alone. Tags that claim an approval are left out.

        MLflow's client looks at these parameters' names and gives most of them by position, its server by keyword.
        """
        if contexts := self._guard.protection.of_copies(name):
            what = f"a new version of {name}"
            self._guard.ask(contexts, model=self._original(source, what=what), what=what)
        kept = [tag for tag in tags or () if not self._guard.protection.is_claim(name, tag.key)]
        return super().create_model_version(
            name, source, run_id, kept, run_link, description, local_model_path, model_id
        )

    def rename_registered_model(self, name: str, new_name: str) -> RegisteredModel:
        """Rename a registered model, unless one of the names is protected: Edgewise knows its versions by name."""
        self._check_stays(name, new_name, what="renaming")
        return super().rename_registered_model(name, new_name)

    def delete_registered_model(self, name: str) -> None:
        """Delete a registered model, unless it is protected: a new one would count its versions from 1 again."""
        self._check_stays(name, what="deleting")
        super().delete_registered_model(name)

    def _ask(self, contexts: tuple[str, ...], name: str, version: str, *, what: str) -> None:
        if not contexts:
            return
        found = self.get_model_version(name, version)
        copies = self._guard.protection.of_copies(name)
        model = self._original(found.source, what=what) if copies else f"models:/{name}/{found.version}"
        self._guard.ask(contexts, model=model, what=what)

    def _original(self, source: str, *, what: str) -> str:
        """Return what a version of a production model was copied from: Edgewise knows it by that name."""
        match = COPIED.fullmatch(source)
        if match is None:
            raise refusal(what, [f"A production model takes copies of models:/NAME/VERSION alone, not {source}."])
        if match["name"] not in self._guard.protection.models:
            reason = f"{match['name']} is not protected, so it could be deleted and made anew under its name."
            raise refusal(what, [reason])
        return source

    def _check_stays(self, *names: str, what: str) -> None:
        for name in self._guard.protection.models.intersection(names):
            raise refusal(f"{what} {name}", ["It is protected, and Edgewise knows it by its name."])
