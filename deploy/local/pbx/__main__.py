"""Play captured calls: ``python -m deploy.local.pbx 01 03 09 --speed 1``."""

import argparse
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chassis.clock import real_now
from deploy.local.machine import CannotRun, new_password
from deploy.local.pbx.captures import capture, names
from deploy.local.pbx.playing import Play
from deploy.local.pbx.server import ReplayPbx

POLL_SECONDS = 0.1


def main(words: list[str] | None = None) -> int:
    """Read the command line, play, and stay if told to."""
    given = _arguments().parse_args(words)
    if given.list:
        print("\n".join(f"{name:<45} {capture(name).says}" for name in names()))
        return 0
    try:
        secret = (
            given.secret_file.read_text(encoding="utf-8").strip() if given.secret_file else None
        )
        return _run(given, secret or new_password())
    except (CannotRun, LookupError, OSError, ValueError) as wrong:
        print(wrong.args[0] if isinstance(wrong, LookupError) else wrong, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0


def _run(given: argparse.Namespace, secret: str) -> int:
    for name in given.captures:
        capture(name)  # a wrong name is told before anybody waits
    with ReplayPbx(given.port, secret) as pbx:
        shown = pbx.uri if given.secret_file is None else pbx.uri.replace(secret, "...")
        print(f"RAPPORT_PBX_URI={shown}", flush=True)
        while given.captures and not pbx.listeners:
            time.sleep(POLL_SECONDS)
        count = pbx.play(*_plays(given), speed=given.speed) if given.captures else 0
        print(f"{count} events were told", flush=True)
        while given.stay or not given.captures:
            time.sleep(POLL_SECONDS)
    return 0


def _plays(given: argparse.Namespace) -> list[Play]:
    begun = given.at or real_now()
    every = timedelta(seconds=given.every)
    wanted = list(given.captures) * given.repeat
    return [Play(name, begun + place * every) for place, name in enumerate(wanted)]


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.local.pbx", description=__doc__)
    parser.add_argument("captures", nargs="*", help="names or numbers; none: only listen")
    parser.add_argument("--list", action="store_true", help="say which captures there are")
    parser.add_argument("--port", type=int, default=0, help="on loopback; 0 = any")
    parser.add_argument("--secret-file", type=Path, help="without it one is made up and shown")
    parser.add_argument("--speed", type=float, help="1 = as it was; default: as fast as possible")
    parser.add_argument("--every", type=float, default=0.0, help="seconds between two calls' begin")
    parser.add_argument("--repeat", type=int, default=1, help="how often the list is played")
    parser.add_argument("--at", type=_instant, help="instant of the first event (UTC); default now")
    parser.add_argument("--stay", action="store_true", help="listen on after the last event")
    return parser


if __name__ == "__main__":
    sys.exit(main())
