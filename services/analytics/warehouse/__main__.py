"""`python -m services.analytics.warehouse [rebuild [--from-log]]`: run the warehouse, or build its file anew."""

import argparse
import sys

from chassis.config import ConfigError, environment, read_plain
from chassis.errors import Problem
from chassis.logs import configure
from chassis.plain.process import EXIT_FAILED, EXIT_USAGE, run
from services.analytics.warehouse import offline
from services.analytics.warehouse.config import Own
from services.analytics.warehouse.process import make, source_of

NAME = "warehouse"


def main(words: list[str] | None = None) -> int:
    """Run what is asked for; return the exit status."""
    given = _arguments().parse_args(words)
    if given.what == "run":
        return run(NAME, own=Own, make=make)
    try:
        settings, own = read_plain(NAME, environment(), Own)
        configure(NAME, settings.log_level)
        report = offline.rebuild(source_of(settings, own, from_log=given.from_log))
    except ConfigError as wrong:
        print(wrong, file=sys.stderr)
        return EXIT_USAGE
    except (Problem, OSError) as failed:
        print(failed, file=sys.stderr)
        return EXIT_FAILED
    compared = "equal to what stood" if report.compared else "there was nothing to compare with"
    print(f"rebuilt: {report.events} events, {report.quarantined} in quarantine; {compared}")
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m services.analytics.warehouse")
    parser.add_argument("what", nargs="?", choices=("run", "rebuild"), default="run")
    parser.add_argument(
        "--from-log", action="store_true", help="pass over the archive: what the log lost is lost"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
