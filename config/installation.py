"""The description of an installation that `edgewise init` reads: people, systems, contexts, groups, roles, servers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from governance.errors import Invalid, NotFound, Problem


class Part(BaseModel):
    """A part of the description; unknown members are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Person(Part):
    """Somebody who signs in."""

    name: str
    email: str


class ServiceAccount(Part):
    """A pipeline or a monitor; it acts by token."""

    name: str


class Server(Part):
    """An MLflow tracking server."""

    key: str
    url: str


class Model(Part):
    """A registered model that serves the system."""

    server: str
    name: str


class Context(Part):
    """A deployment context with the alias that makes a version live there."""

    key: str
    name: str
    stakes: str
    live_alias: str


class Group(Part):
    """A stakeholder group with its population selector."""

    key: str
    name: str
    mandate: str
    affected_because: str
    floor: str
    selector: dict[str, Any]


class Role(Part):
    """A role for a person (by address) or a service account (by name), for `days` from now."""

    who: str
    role: str
    group: str = ""
    days: int = Field(default=365, ge=1, le=3650)


class System(Part):
    """An AI system with everything that hangs off it."""

    key: str
    name: str
    purpose: str
    owner: str
    models: tuple[Model, ...] = ()
    contexts: tuple[Context, ...]
    groups: tuple[Group, ...]
    roles: tuple[Role, ...]


class Installation(Part):
    """The whole description."""

    administrator: Person
    tracking_servers: tuple[Server, ...] = ()
    people: tuple[Person, ...] = ()
    service_accounts: tuple[ServiceAccount, ...] = ()
    systems: tuple[System, ...] = ()


def read(path: Path) -> Installation:
    """Return the description in the YAML file `path`. Raises NotFound, or Invalid naming each place that is wrong."""
    try:
        document = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        return Installation.model_validate(document)
    except FileNotFoundError as error:
        raise NotFound(f"There is no file {path}.") from error
    except UnicodeDecodeError as error:
        raise Invalid(
            f"{path} is not text in UTF-8: {error.reason} at byte {error.start}.", code="not-utf-8"
        ) from error
    except YAMLError as error:
        raise Invalid(f"{path} is not YAML: {error}", code="not-yaml") from error
    except ValidationError as error:
        problems = tuple(Problem(".".join(map(str, e["loc"])), f"{e['msg']}.") for e in error.errors())
        raise Invalid(f"{path}: " + "; ".join(map(str, problems)), problems=problems) from error
