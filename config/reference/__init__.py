"""The reference documentation that is made from the code: each page's file name → what writes it."""

from __future__ import annotations

from pathlib import Path

from config.reference import events, expectations, permissions, settings, states, tags

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"
PAGES = {
    "permissions.md": permissions.render,
    "states.md": states.render,
    "events.md": events.render,
    "settings.md": settings.render,
    "expectations.md": expectations.render,
    "mlflow-tags.md": tags.render,
}


def write(folder: Path) -> None:
    """Write every page into `folder`."""
    for name, render in PAGES.items():
        (folder / name).write_text(render())


def stale(folder: Path) -> list[str]:
    """Return the names of the pages in `folder` that are missing or differ from what the code says."""
    return [name for name, render in PAGES.items() if _text(folder / name) != render()]


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""
