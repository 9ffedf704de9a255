"""What the commands of an installation say, and how they end."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from governance.errors import DomainError

DONE, REFUSED = 0, 1


def parser(name: str, summary: str) -> argparse.ArgumentParser:
    """Return the parser of one command; wrong usage ends with exit code 2."""
    return argparse.ArgumentParser(prog=f"edgewise {name}", description=summary)


def say(line: str) -> None:
    """Write a line that is seen at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def complain(what: str) -> int:
    """Write what went wrong; return the exit code that says so."""
    sys.stderr.write(f"edgewise: {what}\n")
    return REFUSED


def attempt(work: Callable[[], object]) -> int:
    """Do `work`; return the exit code, with the domain's refusal written out place by place."""
    try:
        work()
    except DomainError as error:
        places = "".join(f"\n  {problem}" for problem in error.problems)
        return complain(error.message + places)
    return DONE
