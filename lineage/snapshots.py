"""What MLflow's REST API answers, as typed and frozen values; anything else raises pydantic.ValidationError.

Field names are MLflow's own. Metric values become decimal strings of 9 significant digits, since JSON has no NaN.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

PROMPT_TAG = "mlflow.prompt.is_prompt"
"""The tag by which MLflow tells prompts from models; whoever sets it on a model hides it from searches."""
PROMPT_SOURCE, PROMPT_TEXT = "dummy-source", "mlflow.prompt.text"
"""What MLflow gives as the source of a prompt's version, which has no files, and the tag with its text."""


def _pairs(value: Any) -> Any:
    """Turn [{"key": k, "value": v}] into {k: v}; protobuf omits an empty value."""
    if isinstance(value, list) and all(isinstance(pair, dict) and "key" in pair for pair in value):
        return {pair["key"]: pair.get("value", "") for pair in value}
    return value


def _decimal(value: Any) -> Any:
    """Turn a number into a decimal string of 9 significant digits; protobuf writes NaN and infinities as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return value
    return f"{float(value):.9g}"


def _aliases(value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(pair, dict) and "alias" in pair for pair in value):
        return {pair["alias"]: str(pair.get("version", "")) for pair in value}
    return value


def _cut(value: Any) -> Any:
    """Shorten what clients may write at any length, so that no run can make itself unreadable."""
    return value[:MAX_TEXT] if isinstance(value, str) else value


class Snapshot(BaseModel):
    """A frozen value read from MLflow; unknown fields of newer servers are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


MAX_TEXT = 500
Name = Annotated[str, Field(max_length=MAX_TEXT)]
Text = Annotated[str, BeforeValidator(_cut)]
IDENTIFIER = re.compile(r"[A-Za-z0-9_.-]{1,64}")
Identifier = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_.-]*$")]
Milliseconds = Annotated[int, Field(ge=0, le=2**53, strict=False)]
VersionNumber = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,9}$")]
Tags = Annotated[dict[str, str], BeforeValidator(_pairs)]
Numbers = Annotated[dict[str, Annotated[str, BeforeValidator(_decimal)]], BeforeValidator(_pairs)]


class VersionSnapshot(Snapshot):
    """A version of a registered model."""

    name: Name
    version: VersionNumber
    creation_timestamp: Milliseconds
    last_updated_timestamp: Milliseconds = 0
    current_stage: str = Field(default="", max_length=32)
    description: str = ""
    source: str = ""
    run_id: Identifier = ""
    status: str = Field(default="", max_length=32)
    tags: Tags = Field(default_factory=dict)

    @property
    def is_hidden(self) -> bool:
        """Whether the registry's default search leaves it out."""
        return self.tags.get(PROMPT_TAG, "").lower() == "true"

    @property
    def is_prompt(self) -> bool:
        """Whether it is a prompt's: tagged as one, and without files. A model that is tagged so only hides."""
        return self.is_hidden and self.source == PROMPT_SOURCE


class LatestVersion(Snapshot):
    """The newest version of a model in a stage, as far as it is looked at beside the model."""

    version: VersionNumber


class RegisteredModelSnapshot(Snapshot):
    """A registered model with where its aliases point ({alias: version}) and its newest version per stage."""

    name: Name
    creation_timestamp: Milliseconds
    last_updated_timestamp: Milliseconds = 0
    description: str = ""
    tags: Tags = Field(default_factory=dict)
    aliases: Annotated[dict[Annotated[str, Field(max_length=256)], VersionNumber], BeforeValidator(_aliases)] = {}
    latest_versions: tuple[LatestVersion, ...] = Field(default=(), strict=False)

    @property
    def is_hidden(self) -> bool:
        """Whether the registry's default search leaves it out."""
        return self.tags.get(PROMPT_TAG, "").lower() == "true"


class DatasetSnapshot(Snapshot):
    """A dataset as a client described it; `source`, `schema` and `profile` are the client's JSON text."""

    name: Text
    digest: Text = ""
    source_type: Text = ""
    source: str = ""
    schema_text: str = Field(default="", alias="schema")
    profile: str = ""


class DatasetInput(Snapshot):
    """A run's use of a dataset."""

    dataset: DatasetSnapshot
    tags: Tags = Field(default_factory=dict)

    @property
    def context(self) -> str:
        """The client's word for what the run used it for."""
        return self.tags.get("mlflow.data.context", "")[:250]


class AssessmentSnapshot(Snapshot):
    """What somebody said of a trace: `value` as they gave it, where it is feedback and still stands."""

    name: Text
    source_type: Text = ""
    source_id: Text = ""
    value: Any = None
    is_feedback: bool = False

    @model_validator(mode="before")
    @classmethod
    def _flatten(cls, value: Any) -> Any:
        if not isinstance(value, dict) or "assessment_name" not in value:
            return value
        feedback = value.get("feedback") or {}
        stands = "value" in feedback and "error" not in feedback and value.get("valid", True)
        return {
            "name": value["assessment_name"],
            **(value.get("source") or {}),
            "value": feedback.get("value"),
            "is_feedback": bool(stands),
        }


class TraceSnapshot(Snapshot):
    """One trace of a model's work, with what was said of it."""

    trace_id: Identifier = Field(min_length=1)
    client_request_id: Text = ""
    state: str = Field(default="", max_length=32)
    metadata: dict[str, str] = Field(default={}, alias="trace_metadata")
    tags: dict[str, str] = {}
    assessments: tuple[AssessmentSnapshot, ...] = Field(default=(), strict=False)


class RunSnapshot(Snapshot):
    """A run with its datasets and the ids of the logged models that it used and produced."""

    run_id: Identifier = Field(min_length=1)
    experiment_id: Identifier = ""
    run_name: Text = ""
    user_id: Text = ""
    status: str = Field(default="", max_length=32)
    start_time: Milliseconds | None = None
    end_time: Milliseconds | None = None
    artifact_uri: str = ""
    tags: Tags = Field(default_factory=dict)
    params: Tags = {}
    metrics: Numbers = {}
    dataset_inputs: tuple[DatasetInput, ...] = Field(default=(), strict=False)
    model_inputs: tuple[Identifier, ...] = Field(default=(), strict=False)
    model_outputs: tuple[Identifier, ...] = Field(default=(), strict=False)

    @model_validator(mode="before")
    @classmethod
    def _flatten(cls, value: Any) -> Any:
        if not isinstance(value, dict) or not isinstance(value.get("info"), dict):
            return value
        inputs, outputs = value.get("inputs") or {}, value.get("outputs") or {}
        return {
            **value["info"],
            **(value.get("data") or {}),
            "dataset_inputs": inputs.get("dataset_inputs", []),
            "model_inputs": [model["model_id"] for model in inputs.get("model_inputs", [])],
            "model_outputs": [model["model_id"] for model in outputs.get("model_outputs", [])],
        }

    @property
    def parent_run_id(self) -> str:
        """The parent's id, as the client tagged it."""
        return self.tags.get("mlflow.parentRunId", "")[:64]


class ExperimentSnapshot(Snapshot):
    """What runs stand in."""

    experiment_id: Identifier = Field(min_length=1)
    name: Text = ""
    lifecycle_stage: str = Field(default="", max_length=32)


class ModelMetric(Snapshot):
    """A metric of a logged model: which run measured it, on which dataset."""

    key: str
    value: Annotated[str, BeforeValidator(_decimal)] = "0"
    run_id: Identifier = ""
    dataset_name: str = ""
    dataset_digest: str = ""


class LoggedModelSnapshot(Snapshot):
    """A trained state of a model that a run logged."""

    model_id: Identifier = Field(min_length=1)
    experiment_id: Identifier = ""
    name: Text = ""
    creation_timestamp_ms: Milliseconds = 0
    artifact_uri: str = ""
    status: str = Field(default="", max_length=32)
    model_type: Text = ""
    source_run_id: Identifier = ""
    tags: Tags = Field(default_factory=dict)
    params: Tags = {}
    metrics: tuple[ModelMetric, ...] = Field(default=(), strict=False)

    @model_validator(mode="before")
    @classmethod
    def _flatten(cls, value: Any) -> Any:
        if not isinstance(value, dict) or not isinstance(value.get("info"), dict):
            return value
        return {**value["info"], **(value.get("data") or {})}

    @property
    def is_external(self) -> bool:
        """Whether the client said that its files lie elsewhere."""
        return self.tags.get("mlflow.model.isExternal", "").lower() == "true"


class ArtifactEntry(Snapshot):
    """A file or folder in a listing; `path` is relative to the folder listed, `file_size` in bytes."""

    path: str = Field(min_length=1)
    is_dir: bool = False
    file_size: Annotated[int, Field(ge=0, strict=False)] | None = None
