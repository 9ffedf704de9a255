"""The names by which Edgewise and MLflow speak of each other, all under one prefix. Pure.

A training script has them from `edgewise_mlflow`, which imports nothing from here; tests hold the two to each other.
"""

from __future__ import annotations

from dataclasses import dataclass

PREFIX = "edgewise."
EVIDENCE, TABLE, MAPPING = f"{PREFIX}evidence", f"{PREFIX}table", f"{PREFIX}mapping"
OBJECTIVE, BASE, APPROVAL = f"{PREFIX}objective", f"{PREFIX}base_model", f"{PREFIX}approval"
ALIAS = "approved-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A tag or an alias: what carries it, what it says, and who sets it."""

    name: str
    on: str
    says: str
    set_by: str


ENGINEER, EDGEWISE = "whoever trains or evaluates", "Edgewise alone"
NAMES = (
    Name(
        name=EVIDENCE,
        on="an evaluation run",
        says="that the run is evidence, and at which level; set it last",
        set_by=ENGINEER,
    ),
    Name(
        name=TABLE,
        on="an evaluation run",
        says="which artifact holds the cases, where they lie elsewhere; or `traces`",
        set_by=ENGINEER,
    ),
    Name(
        name=MAPPING,
        on="an evaluation run",
        says="which column of the table says what, in YAML or JSON, where the columns have other names",
        set_by=ENGINEER,
    ),
    Name(
        name=OBJECTIVE,
        on="a training run",
        says="what training aimed at, in YAML or JSON",
        set_by=ENGINEER,
    ),
    Name(
        name=BASE,
        on="a training run",
        says="what training began with: `models:/NAME/VERSION`, or the name of a model that is registered elsewhere",
        set_by=ENGINEER,
    ),
    Name(
        name=f"{APPROVAL}.CONTEXT",
        on="a version",
        says="how an approval for the context stands; `.` stands for each `/` of the context's key",
        set_by=EDGEWISE,
    ),
    Name(
        name=f"{ALIAS}CONTEXT",
        on="a registered model, as an alias",
        says="which version is approved for the context; `__` stands for each `/`",
        set_by=EDGEWISE,
    ),
)
