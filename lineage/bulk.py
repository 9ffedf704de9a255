"""Reading a whole tracking server in few answers: all versions in one, and a thousand runs or logged models in each."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from functools import cached_property
from itertools import groupby
from typing import Any

from lineage.errors import RegistryMissing, RegistryNonsense
from lineage.registry import EVIDENCE_FILTER, HIDDEN_FILTER, MAX_PAGES, MAX_VERSIONS, Registry, S
from lineage.snapshots import (
    ExperimentSnapshot,
    LoggedModelSnapshot,
    RegisteredModelSnapshot,
    RunSnapshot,
    VersionSnapshot,
)
from lineage.streaming import members

AT_ONCE = 1000
"""How many ids one search is asked for: MLflow's parser takes as long for each, up to some 4000, where it gives up."""
SPOOLED_BYTES = 8 << 20
VERSIONS = "model-versions/search"
IN_ORDER = ["name ASC", "version_number ASC"]
Found = tuple[RegisteredModelSnapshot, tuple[VersionSnapshot, ...] | None]


class BulkRegistry(Registry):
    """A tracking server, read by searches over everything."""

    def __init__(self, **place: Any) -> None:
        super().__init__(**place)
        self.spoilt: dict[str, RegistryNonsense] = {}
        self._odd: set[str] = set()

    def everything(self) -> Iterator[Found]:
        """Yield every registered model with those of its versions that the default search shows, by name; then those
        that are tagged as prompts with those of their versions that are tagged so too.

        All is read before the first is yielded: the versions first, so that no version is taken for one of a name that
        was created again since. A model whose versions are hidden, or were made since, comes without them; one of
        which a version cannot be understood comes with None.
        """
        self._odd.clear()
        with ExitStack() as files:
            shown, tagged = (
                files.enter_context(tempfile.SpooledTemporaryFile(max_size=SPOOLED_BYTES)) for _ in range(2)
            )
            self._spool(shown)
            self._spool(tagged, condition=HIDDEN_FILTER)
            models = {model.name: model for model in self.registered_models()}
            for name, versions in self._by_name(shown):
                if model := models.pop(name, None):
                    yield model, None if name in self._odd else versions
            for name, versions in self._by_name(tagged, condition=HIDDEN_FILTER):
                if name in models and models[name].is_hidden:
                    yield models.pop(name), None if name in self._odd else versions
        for model in models.values():
            yield model, None if model.name in self._odd else ()

    def _spool(self, spool: Any, token: str = "", *, condition: str = "") -> None:
        spool.seek(0)
        spool.truncate()
        params: dict[str, Any] = {"max_results": MAX_VERSIONS, "order_by": IN_ORDER}
        params |= {key: said for key, said in (("page_token", token), ("filter", condition)) if said}
        self._http.spool("GET", VERSIONS, into=spool, params=params)

    def _by_name(self, spool: Any, *, condition: str = "") -> Iterator[tuple[str, tuple[VersionSnapshot, ...]]]:
        done: set[str] = set()
        for name, group in groupby(self._versions(spool, condition), key=lambda version: version.name):
            if name in done:
                self._http.nonsense(f"versions of {name!r} that are out of order", VERSIONS)
            done.add(name)
            yield name, tuple(group)

    def _versions(self, spool: Any, condition: str) -> Iterator[VersionSnapshot]:
        for _ in range(MAX_PAGES):
            spool.seek(0)
            rest: Any = None
            for member in self._members(spool):
                if rest is not None and (version := self._version(rest)):
                    yield version
                rest = member
            if not isinstance(rest, dict):
                self._http.nonsense("JSON that is not an object", VERSIONS)
            if not (token := str(rest.get("next_page_token", ""))):
                return
            self._spool(spool, token, condition=condition)
        self._http.nonsense("pages without end", VERSIONS)

    def _version(self, member: Any) -> VersionSnapshot | None:
        try:
            return self._typed(VersionSnapshot, member, VERSIONS)
        except RegistryNonsense:
            if not isinstance(member, dict) or not isinstance(name := member.get("name"), str):
                raise
            self._odd.add(name)
            return None

    def _members(self, spool: Any) -> Iterator[Any]:
        try:
            yield from members(spool, "model_versions")
        except (ValueError, RecursionError) as error:
            self._http.nonsense(f"an answer that {error}", VERSIONS)

    # --- runs and logged models

    @cached_property
    def experiments(self) -> dict[str, ExperimentSnapshot]:
        """All experiments by their ids, deleted ones included."""
        found: dict[str, ExperimentSnapshot] = {}
        token = ""
        for _ in range(MAX_PAGES):
            body = {"max_results": AT_ONCE, "view_type": "ALL"} | ({"page_token": token} if token else {})
            answer = self._http.call("POST", "experiments/search", body=body)
            for row in self._list(answer, "experiments", "experiments/search"):
                experiment = self._typed(ExperimentSnapshot, row, "experiments/search")
                found[experiment.experiment_id] = experiment
            if not (token := str(answer.get("next_page_token", ""))):
                return found
        return self._http.nonsense("pages without end", "experiments/search")

    def evidence(self, experiments: Sequence[str]) -> tuple[RunSnapshot, ...]:
        """Return the runs of these experiments that say they are evidence, without the models that they used."""
        return self._search_runs(experiments, EVIDENCE_FILTER) if experiments else ()

    def runs(self, ids: Sequence[str]) -> list[RunSnapshot]:
        """Return the runs with these ids, at most AT_ONCE, as MLflow's search shows them: without the models that they
        used. What no search shows is read by its id; what cannot be understood is put among the `spoilt`."""
        condition = f"attributes.run_id IN ({_quoted(ids)})"
        body = {"filter": condition, "max_results": AT_ONCE, "run_view_type": "ALL"}
        found = {row.run_id: row for row in self._search("runs/search", "runs", RunSnapshot, body)}
        return list(self._completed(ids, found, lambda run_id: self.run(run_id=run_id)))

    def logged_models(self, ids: Sequence[str]) -> list[LoggedModelSnapshot]:
        """Return the logged models with these ids, at most AT_ONCE; otherwise as `runs`."""
        body = {"filter": f"model_id IN ({_quoted(ids)})", "max_results": AT_ONCE}
        searched = self._search("logged-models/search", "models", LoggedModelSnapshot, body)
        found = {row.model_id: row for row in searched}
        return list(self._completed(ids, found, lambda model_id: self.logged_model(model_id=model_id)))

    def _search(self, endpoint: str, member: str, kind: type[S], body: dict[str, Any]) -> Iterator[S]:
        answer = self._http.call("POST", endpoint, body=body | {"experiment_ids": sorted(self.experiments)}, much=True)
        for row in self._list(answer, member, endpoint):
            with suppress(RegistryNonsense):
                yield self._typed(kind, row, endpoint)

    def _completed(self, ids: Sequence[str], found: dict[str, S], read: Callable[[str], S]) -> Iterator[S]:
        for each in ids:
            if each in found:
                yield found[each]
                continue
            try:
                yield read(each)
            except RegistryMissing:
                continue
            except RegistryNonsense as error:
                self.spoilt[each] = error


def _quoted(ids: Sequence[str]) -> str:
    return ",".join(f"'{each}'" for each in ids)
