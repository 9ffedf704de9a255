"""`python -m config.embedded run`: the embedded server in the foreground, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import signal
import sys

from config.embedded.folder import DatabaseUnavailable, default_data_dir
from config.embedded.lease import started_for_good


def main() -> int:
    """Run the server until told to stop; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m config.embedded", description=__doc__)
    parser.add_argument("command", choices=["run"])
    parser.parse_args()
    stops = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    try:
        with started_for_good(default_data_dir()) as server:
            print(f"PostgreSQL runs as process {server.pid()}; log: {server.log}. Ctrl-C stops it.", flush=True)  # noqa: T201
            signal.sigwait(stops)
    except DatabaseUnavailable as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
