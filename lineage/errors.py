"""What can go wrong between Edgewise and a tracking server, each with the place and the remedy."""

from __future__ import annotations

from governance.errors import Conflict, DomainError, Invalid, NotFound, Problem


class RegistryError(DomainError):
    """A tracking server did not give a usable answer; `server` and `endpoint` say where, `remedy` what to do."""

    default_code = "registry-error"

    def __init__(self, what: str, *, server: str, endpoint: str, remedy: str) -> None:
        problem = Problem(where=f"{server} {endpoint}", what=what, remedy=remedy)
        super().__init__(f"The tracking server {server} {what} ({endpoint}). {remedy}", problems=(problem,))
        self.server = server
        self.endpoint = endpoint
        self.remedy = remedy


class RegistryUnavailable(RegistryError):
    """It could not be reached, was too slow, or failed inside."""

    default_code = "registry-unavailable"


class RegistryRefused(RegistryError):
    """It was reached and does not let Edgewise in."""

    default_code = "registry-refused"


class RegistryNonsense(RegistryError):
    """It answered something that MLflow would not."""

    default_code = "registry-nonsense"


class RegistryMissing(RegistryError, NotFound):
    """It answered that the thing does not exist."""

    default_code = "registry-missing"


class ArtifactsUnreadable(RegistryError):
    """The files lie where the tracking server does not serve them, or there are none."""

    default_code = "artifacts-unreadable"


class HostilePath(Invalid):
    """A file's path that no honest model has, such as one that leaves its folder."""

    default_code = "hostile-path"

    def __init__(self, path: str, what: str) -> None:
        shown = ascii(path)[:200]
        problem = Problem(where=shown, what=what, remedy="Log the model again, without this file.")
        super().__init__(f"The path {shown} is refused: {what}", problems=(problem,))


class SynchronisationRunning(Conflict):
    """Another synchronisation of the same server is at work."""

    default_code = "synchronisation-running"


class IntegrityConflict(Conflict):
    """The same name and version has other bytes than before. Digests are hexadecimal SHA-256."""

    default_code = "integrity-conflict"

    def __init__(self, *, version_id: int, uri: str, recorded: str, found: str, paths: tuple[str, ...]) -> None:
        problems = tuple(Problem(where=path, what="is not what it was when it was registered.") for path in paths)
        super().__init__(
            f"{uri} no longer has the bytes that were registered: recorded {recorded}, found {found}.",
            problems=problems,
        )
        self.version_id = version_id
        self.uri = uri
        self.recorded = recorded
        self.found = found
        self.paths = paths
