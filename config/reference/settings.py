"""docs/reference/settings.md: every variable of the environment that the code reads, with its default and meaning."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from config.reference.markdown import code, page, table

ROOT = Path(__file__).resolve().parents[2]
READ = ("config", "governance", "lineage", "api", "frontend")
SIGN = re.compile(r"\benv\.|environ|getenv|envvar")
"""Without one of these a file reads nothing of the environment, and need not be parsed."""
OUTSIDE = {"DJANGO_SETTINGS_MODULE", "NO_COLOR"}
"""Names that belong to other software and mean there what they always mean."""
INTRODUCTION = """\
Edgewise is configured by its environment alone. Nothing has to be set for the demonstration; in production
(`EDGEWISE_PRODUCTION` is true unless set otherwise) the site refuses to start with the development key, with debugging
on, without allowed hosts, or at an address without https. Lists are separated by commas; truth values are `true` and
`false`. What Edgewise signs in to an MLflow with is named after that server's key:
[Connect MLflow](../how-to/connect-mlflow.md#signing-in)."""
MEANINGS = {
    "EDGEWISE_PRODUCTION": "Whether this is a real installation, which refuses to start when it is set up unsafely.",
    "EDGEWISE_DEBUG": "Whether pages show the code's own errors. Never in production.",
    "EDGEWISE_SECRET_KEY": "At least 32 random characters of your own; signs sessions. Needed in production.",
    "EDGEWISE_ALLOWED_HOSTS": "Names under which people reach the site. Needed in production.",
    "EDGEWISE_TRUSTED_ORIGINS": "Further origins, such as `https://ai.example.org`, that may send forms.",
    "EDGEWISE_SITE_URL": "Address of the site as people type it. Production needs `https://`, which makes cookies and "
    "redirects strict.",
    "EDGEWISE_ALLOW_PLAIN_HTTP": "Whether production may run at an address without `https://`, where others on the "
    "way can read along and steal sessions.",
    "EDGEWISE_BEHIND_PROXY": "Whether exactly one proxy is in front, which sets `X-Forwarded-Proto`, appends the "
    "client to `X-Forwarded-For`, and cannot be gone around.",
    "EDGEWISE_DATA_DIR": "Folder of everything that is kept in files; the embedded database too.",
    "EDGEWISE_KEY_DIR": "Folder of the log's key and of the attestation key. Keep it out of reach and backed up.",
    "EDGEWISE_MODEL_KEY_DIR": "Folder of the public keys (`NAME.pem`) whose model signatures count; those in a folder "
    "named after a system count for it alone.",
    "EDGEWISE_POSTGRES_ACCOUNT": "Account under which the embedded PostgreSQL runs when Edgewise is started as root.",
    "DATABASE_URL": "PostgreSQL 15 or newer, signed in as the application's role. Empty: the embedded server.",
    "DATABASE_OWNER_URL": "The same database, signed in as its owner; only migrations need it.",
    "EDGEWISE_CONN_MAX_AGE": "Seconds for which a connection to the database is used again.",
    "CELERY_BROKER_URL": "Broker of the background work (RabbitMQ, Redis). Empty: a queue inside PostgreSQL.",
    "EDGEWISE_TASK_SECONDS": "Seconds after which a background task is ended.",
    "EDGEWISE_TASK_VISIBILITY_SECONDS": "Seconds after which the task of a dead worker is done by another; above the "
    "former.",
    "EDGEWISE_READING_MEGABYTES": "Memory that a process may take to read one file of evidence, on Linux; a file that "
    "asks for more is refused. Ten million records need half of the default.",
    "EDGEWISE_MLFLOW_TIMEOUT_SECONDS": "Seconds for which an answer of MLflow is waited for.",
    "EDGEWISE_DIGEST_MAX_AGE_MINUTES": "Minutes after which `edgewise check` hashes a model's files anew.",
    "EDGEWISE_LOOK_MAX_AGE_SECONDS": "Seconds for which a look at a model's files counts when a candidate is opened, "
    "brought up to date or approved; after an older one they are hashed again first.",
    "EDGEWISE_SYNCHRONISE_SECONDS": "Seconds between two synchronisations with MLflow.",
    "EDGEWISE_SEQUENCER_MILLISECONDS": "Milliseconds between two signed tree heads, while there are new entries.",
    "EDGEWISE_LOG_ORIGIN": "Name of the log in its signed tree heads. Choose it once; it never changes.",
    "EDGEWISE_LOG_LEVEL": "How much the processes tell: `DEBUG`, `INFO`, `WARNING`, `ERROR`.",
    "EDGEWISE_URL": "Address of the site that the command line asks.",
    "EDGEWISE_TOKEN": "Token with which the command line acts.",
    "EDGEWISE_INIT_PASSWORD": "First password of everybody whom `edgewise init` adds, to be changed. Empty: random.",
}
IN_WORDS = {
    "EDGEWISE_SECRET_KEY": "a known key, which production refuses",
    "EDGEWISE_ALLOWED_HOSTS": "none; outside production this machine's own names",
    "EDGEWISE_TRUSTED_ORIGINS": "none",
    "EDGEWISE_DATA_DIR": "`var` beside the code",
    "EDGEWISE_KEY_DIR": "`keys` in the data folder",
    "EDGEWISE_MODEL_KEY_DIR": "`model-keys` in the data folder",
    "EDGEWISE_URL": "`http://127.0.0.1:8000`",
}
"""Defaults that the code computes."""


def variables() -> dict[str, str]:
    """Return each variable that the code reads → its default as the code writes it (empty when there is none)."""
    sources = [path for folder in READ for path in sorted((ROOT / folder).rglob("*.py"))]
    found: dict[str, str] = {}
    texts = [path.read_text() for path in [*sources, ROOT / "manage.py"]]
    for text in filter(SIGN.search, texts):
        for name, default in _read_in(ast.parse(text)):
            found[name] = found.get(name, "") or default
    return {name: default for name, default in found.items() if name not in OUTSIDE}


def render() -> str:
    """Return the page; raises LookupError for a variable without a meaning, and for a meaning without a variable."""
    read = variables()
    if odd := sorted(read.keys() ^ MEANINGS.keys()):
        raise LookupError(f"config/reference/settings.py and the code differ about {', '.join(odd)}.")
    rows = [(code(name), IN_WORDS.get(name, code(read[name])), meaning) for name, meaning in MEANINGS.items()]
    return page("Settings", INTRODUCTION, table(("Variable", "Default", "Meaning"), rows))


def _read_in(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield from _of_call(node, ast.unparse(node.func))
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            yield from ((name, "") for name in _text(node.slice) if isinstance(node.ctx, ast.Load))


def _of_call(call: ast.Call, function: str) -> Iterator[tuple[str, str]]:
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    if "envvar" in keywords:
        yield from ((name, "") for name in _text(keywords["envvar"]))
    elif call.args and (function.startswith("env.") or function in ("os.environ.get", "os.getenv")):
        given = call.args[1] if len(call.args) > 1 else keywords.get("default")
        yield from ((name, _shown(given)) for name in _text(call.args[0]))


def _text(node: ast.expr) -> list[str]:
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def _shown(default: ast.expr | None) -> str:
    if default is None:
        return ""
    value = default.value if isinstance(default, ast.Constant) else ast.unparse(default)
    return str(value).lower() if isinstance(value, bool) else str(value)
