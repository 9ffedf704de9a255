"""What may not change in MLflow unless Edgewise says yes: names, aliases, stages, copies, and Edgewise's own marks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

CONTEXT = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*(?:/[a-z0-9]+(?:-[a-z0-9]+)*)*")
TARGET = re.compile(r"(?P<model>[^/@:=]+)(?P<mark>@[A-Za-z0-9_-]+|/Staging|/Production)?")
ALIAS, TAG = "approved-", "edgewise.approval."
ENDED = frozenset({"lapsed", "revoked", "superseded"})
EXAMPLE = "outreach-model@live-phone=us/outreach/phone, outreach-model/Production=us/outreach/phone, outreach-model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """The protected `models` by name, and which deployment contexts a change is about: `contexts` has them by model
    and by what stands behind its name in MLflow's URI: `@alias`, `/Stage`, or nothing for every version of it."""

    models: frozenset[str]
    contexts: Mapping[tuple[str, str], tuple[str, ...]]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return what `text` protects: comma-separated `NAME@alias=CONTEXT`, `NAME/Stage=CONTEXT`, `NAME=CONTEXT` or
        `NAME`. Raises ValueError naming the entry that is none of these."""
        entries = [entry.strip() for entry in text.split(",") if entry.strip()]
        if not entries:
            raise ValueError(f"{text!r} protects nothing. Write it like one of: {EXAMPLE}.")
        contexts: dict[tuple[str, str], tuple[str, ...]] = {}
        models = set()
        for entry in entries:
            model, mark, context = _parts(entry)
            models.add(model)
            if context:
                contexts[model, mark] = (*contexts.get((model, mark), ()), context)
        return cls(models=frozenset(models), contexts=contexts)

    def of_alias(self, model: str, alias: str) -> tuple[str, ...]:
        """Return the contexts in which a version goes live, or says it may, when it gets `alias`."""
        return self.contexts.get((model, f"@{alias}"), ()) + self._owned(model, alias, ALIAS, "__")

    def of_stage(self, model: str, stage: str) -> tuple[str, ...]:
        """Return the contexts in which a version goes live when it comes into `stage`, in MLflow's own spelling."""
        return self.contexts.get((model, f"/{stage}"), ())

    def of_copies(self, model: str) -> tuple[str, ...]:
        """Return the contexts in which every version of a production model is live; none for other models."""
        return self.contexts.get((model, ""), ())

    def of_tag(self, model: str, key: str, value: str) -> tuple[str, ...]:
        """Return the context in which a version's tag claims an approval. That one has ended is no claim."""
        ends = value.split(" ")[1:2]
        return () if ends and ends[0] in ENDED else self._owned(model, key, TAG, ".")

    def is_claim(self, model: str, key: str) -> bool:
        """Whether a tag of a version is one by which Edgewise says how it stands."""
        return model in self.models and key.startswith(TAG)

    def _owned(self, model: str, name: str, prefix: str, separator: str) -> tuple[str, ...]:
        """Return the context that Edgewise's own alias or tag speaks of; they hold no slash."""
        if model not in self.models or not name.startswith(prefix):
            return ()
        return (name.removeprefix(prefix).replace(separator, "/"),)


def _parts(entry: str) -> tuple[str, str, str]:
    target, is_asked, context = (part.strip() for part in entry.rpartition("="))
    match = TARGET.fullmatch(target if is_asked else entry)
    is_whole = match and (CONTEXT.fullmatch(context) if is_asked else not match["mark"])
    if match is None or not is_whole:
        raise ValueError(f"{entry!r} protects nothing. Write it like one of: {EXAMPLE}.")
    return match["model"], match["mark"] or "", context if is_asked else ""
