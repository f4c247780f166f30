"""`python -m deploy.local`: what `make up` and its sisters run."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from deploy.local import broker, postgres, status
from deploy.local.house import House, Kind
from deploy.local.machine import CannotRun
from deploy.local.services import PROJECT


def main(words: list[str] | None = None) -> int:
    """Run one command on the house and return the exit status."""
    given = _arguments().parse_args(words)
    try:
        if given.command == "install":
            broker.install()
            postgres.install()
            return 0
        house = House(given.directory, kind=given.database)
        return _COMMANDS[given.command](house, given.json)
    except CannotRun as reason:
        print(reason, file=sys.stderr)
        return 1


def _up(house: House, as_json: bool) -> int:
    house.up()
    return _status(house, as_json)


def _down(house: House, _as_json: bool) -> int:
    for name in house.down():
        print(f"{name} did not stop in time and was killed.", file=sys.stderr)
    return 0


def _status(house: House, as_json: bool) -> int:
    found = status.look(house)
    print(json.dumps(asdict(found), indent=1) if as_json else status.render(found))
    return 0 if found.is_up else 1


def _destroy(house: House, _as_json: bool) -> int:
    house.destroy()
    return 0


_COMMANDS = {"up": _up, "down": _down, "status": _status, "destroy": _destroy}


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    parser.add_argument("command", choices=["install", *_COMMANDS])
    parser.add_argument(
        "--database", type=Kind, choices=list(Kind), help="default: as before, or sqlite"
    )
    parser.add_argument("--directory", type=Path, default=PROJECT / "var")
    parser.add_argument("--json", action="store_true", help="print the status as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
