"""Which of the models that a server shows are as the mirror has them, asked of the database some thousand at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lineage import told
from lineage.bulk import Found
from lineage.models import Alias, ModelVersion, RegisteredModel, TrackingServer
from lineage.snapshots import RegisteredModelSnapshot, VersionSnapshot

AT_ONCE = 2000
"""How many versions are compared with one query."""
MODEL_FIELDS = ("description", "tags", "is_hidden")
VERSION_FIELDS = ("source_run_id", "source", "status", "stage", "description", "tags", "is_hidden", "is_prompt")


@dataclass(slots=True)
class Known:
    """What the rows say of one living registered model."""

    pk: int = 0
    created_ms: int = -1
    fields: dict[str, object] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    versions: dict[str, tuple[int, dict[str, object]]] = field(default_factory=dict)

    def expects_more(self, model: RegisteredModelSnapshot, versions: tuple[VersionSnapshot, ...]) -> bool:
        """Whether a version must exist that is not among those found, or one is of a model that had the name before;
        then only reading each by its number tells."""
        shown = {version.version for version in versions}
        expected = {*model.aliases.values(), *(version.version for version in model.latest_versions)}
        if self.created_ms == model.creation_timestamp:
            expected |= self.versions.keys()
        older = any(version.creation_timestamp < model.creation_timestamp for version in versions)
        hides = any(version.is_hidden for version in versions) and not _is_whole_prompt(model, versions)
        return older or hides or not expected <= shown

    def is_same(self, model: RegisteredModelSnapshot, versions: tuple[VersionSnapshot, ...]) -> bool:
        """Whether the rows say what was found."""
        return (
            self.created_ms == model.creation_timestamp
            and self.fields == told.of_model(model)
            and self.aliases == model.aliases
            and len(self.versions) == len(versions)
            and all(
                self.versions.get(version.version) == (version.creation_timestamp, told.of_version(version))
                for version in versions
            )
        )


def compared(server: TrackingServer, found: Iterable[Found]) -> Iterator[list[tuple[Found, Known]]]:
    """Yield what was found together with what is known of it, some AT_ONCE versions at a time."""
    part: list[Found] = []
    size = 0
    for each in found:
        part.append(each)
        size += 1 + len(each[1] or ())
        if size >= AT_ONCE:
            yield _beside(server, part)
            part, size = [], 0
    if part:
        yield _beside(server, part)


def _beside(server: TrackingServer, part: list[Found]) -> list[tuple[Found, Known]]:
    living = RegisteredModel.objects.filter(server=server, name__in=[model.name for model, _ in part], vanished_at=None)
    names: dict[str, Known] = {}
    known: dict[int, Known] = {}
    for pk, name, created_ms, *fields in living.values_list("pk", "name", "created_ms", *MODEL_FIELDS):
        names[name] = known[pk] = Known(pk, created_ms, dict(zip(MODEL_FIELDS, fields, strict=True)))
    pointing = Alias.objects.filter(registered_model__in=known, version__isnull=False)
    for pk, alias, number in pointing.values_list("registered_model_id", "name", "version__version"):
        known[pk].aliases[alias] = number
    rows = ModelVersion.objects.filter(registered_model__in=known, vanished_at=None)
    for pk, number, created_ms, *fields in rows.values_list(
        "registered_model_id", "version", "created_ms", *VERSION_FIELDS
    ):
        known[pk].versions[number] = (created_ms, dict(zip(VERSION_FIELDS, fields, strict=True)))
    return [(each, names.get(each[0].name, Known())) for each in part]


def _is_whole_prompt(model: RegisteredModelSnapshot, versions: tuple[VersionSnapshot, ...]) -> bool:
    """Whether these are the versions of a prompt with none left out among them: one with files would be no prompt's,
    and hide."""
    is_prompt = model.is_hidden and all(version.is_prompt for version in versions)
    return is_prompt and {int(version.version) for version in versions} == set(range(1, len(versions) + 1))
