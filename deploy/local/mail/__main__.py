"""Run the mail sink: ``python -m deploy.local.mail --folder DIRECTORY --port PORT``."""

import argparse
import asyncio
import sqlite3
import sys
from pathlib import Path

from deploy.local.machine import CannotRun
from deploy.local.mail.server import serve
from deploy.local.mail.spool import Sink


def main() -> int:
    """Read the command line and serve; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local.mail", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where messages are kept")
    parser.add_argument("--port", type=int, required=True, help="on loopback; 0 = any")
    given = parser.parse_args()
    try:
        sink = Sink(given.folder)
    except (OSError, sqlite3.Error) as wrong:
        print(f"Nothing can be kept in {given.folder}: {wrong}", file=sys.stderr)
        return 1
    try:
        asyncio.run(serve(sink, given.port))
    except CannotRun as wrong:
        print(wrong, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
