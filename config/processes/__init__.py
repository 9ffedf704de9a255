"""The processes of an installation on one machine, started together and stopped together."""

from __future__ import annotations

from config.processes.child import ProcessFailed
from config.processes.stack import SERVICES, Stack

__all__ = ["SERVICES", "ProcessFailed", "Stack"]
