"""The `edgewise` command. Its exit codes are its interface: 0 allowed or done, 1 refused, 2 usage, 3 unreachable.

Each command lies in a module of its own, imported only when it is called, so that starting stays quick.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

COMMANDS: dict[str, tuple[str, str]] = {
    "register": ("api.cli.checkpoints:register", "Register a model version: models:/NAME/VERSION --system KEY"),
    "evidence": ("api.cli.checkpoints:evidence", "Read its evaluation runs, and recompute them"),
    "gate": ("api.cli.checkpoints:gate", "Judge its evidence for a context"),
    "check": ("api.cli.check:app", "May these bytes go live there? Exit code 0 only if so"),
    "candidate": ("api.cli.candidate:app", "Open, show, refresh, withdraw, sign or decide a release candidate"),
    "approval": ("api.cli.approval:app", "List, show or revoke approvals"),
    "spec": ("api.cli.spec:app", "Begin, lint, show or compare value specifications, offline"),
    "bundle": ("api.cli.bundle:bundle", "Download what proves an approval"),
    "verify": ("api.cli.bundle:verify", "Verify a bundle, offline, with public keys alone"),
    "lineage": ("api.cli.lineage:app", "Trace a dataset, run, model or commit: upstream, downstream, impact, paths"),
    "export": ("api.cli.export:app", "Export lineage, evidence and releases: prov, openlineage or cyclonedx"),
    "log": ("api.cli.log:app", "Show the log's newest signed tree head"),
    "sync": ("api.cli.log:sync", "Ask for a synchronisation with MLflow"),
    "mlflow": (
        "api.cli.mlflow:app",
        "Have a tracking server hint at changes, or no more: connect, disconnect",
    ),
    "init": ("api.cli.local:init", "Set up an installation on this machine"),
    "demo": ("api.cli.local:demo", "Run the whole job on real models, and leave the site running"),
    "backup": ("api.cli.local:backup", "Write the database and the keys to a file"),
    "restore": ("api.cli.local:restore", "Read them back into an empty installation"),
}
USAGE = """Usage: edgewise COMMAND [OPTIONS]

{commands}

  edgewise COMMAND --help says more. Most commands take --json, and ask the site at EDGEWISE_URL with the token in
  EDGEWISE_TOKEN. Exit codes: 0 allowed or done, 1 refused or failed, 2 usage, 3 unreachable.
"""
USAGE_ERROR = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` (by default those of the process) name; return the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["--version"]:
        return _say(f"edgewise {_version()}")
    if not given or given[0] in ("--help", "-h", "help"):
        return _say(usage()) if given else _complain(usage())
    if given[0] not in COMMANDS:
        return _complain(f"edgewise: there is no command “{given[0]}”.{_nearest(given[0])}\n\n{usage()}")
    module, _, name = COMMANDS[given[0]][0].partition(":")
    app = getattr(importlib.import_module(module), name)
    try:
        app(given[1:], prog_name=f"edgewise {given[0]}")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def usage() -> str:
    """Return the overview of all commands."""
    width = max(map(len, COMMANDS))
    return USAGE.format(commands="\n".join(f"  {name:<{width}}  {summary}" for name, (_, summary) in COMMANDS.items()))


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("edgewise")
    except PackageNotFoundError:
        from pathlib import Path
        from tomllib import loads

        return str(loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]["version"])


def _nearest(name: str) -> str:
    from difflib import get_close_matches

    found = get_close_matches(name, COMMANDS, n=1)
    return f" Did you mean “{found[0]}”?" if found else ""


def _say(text: str) -> int:
    sys.stdout.write(text.rstrip() + "\n")
    return 0


def _complain(text: str) -> int:
    sys.stderr.write(text.rstrip() + "\n")
    return USAGE_ERROR


if __name__ == "__main__":
    sys.exit(main())
