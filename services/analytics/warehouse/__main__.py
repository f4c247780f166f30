"""`python -m services.analytics.warehouse [rebuild […]]`: run the warehouse, or build its file anew."""

import argparse
import sys
from dataclasses import replace

import duckdb

from chassis.config import ConfigError, environment, read_plain
from chassis.errors import Problem
from chassis.logs import configure
from chassis.plain.process import EXIT_FAILED, EXIT_USAGE, run
from services.analytics.warehouse import offline
from services.analytics.warehouse.config import Own
from services.analytics.warehouse.process import make, source_of
from services.analytics.warehouse.rebuild import Report

NAME = "warehouse"


def main(words: list[str] | None = None) -> int:
    """Run what is asked for; return the exit status."""
    given = _arguments().parse_args(words)
    if given.what == "run":
        return run(NAME, own=Own, make=make)
    try:
        settings, own = read_plain(NAME, environment(), Own)
        configure(NAME, settings.log_level)
        source = replace(
            source_of(settings, own), from_log=given.from_log, accept_changes=given.accept_changes
        )
        report = offline.rebuild(source)
    except ConfigError as wrong:
        print(wrong, file=sys.stderr)
        return EXIT_USAGE
    except (Problem, duckdb.Error, OSError) as failed:
        print(failed, file=sys.stderr)
        return EXIT_FAILED
    print(f"rebuilt: {report.events} events, {report.quarantined} in quarantine; {_said(report)}")
    return 0


def _said(report: Report) -> str:
    if not report.compared:
        return "there was nothing to compare with"
    changed = f"{', '.join(report.changed)} changed" if report.changed else "equal to what stood"
    return f"{changed}, and {report.more} events more" if report.more else changed


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m services.analytics.warehouse")
    parser.add_argument("what", nargs="?", choices=("run", "rebuild"), default="run")
    parser.add_argument(
        "--from-log",
        action="store_true",
        help="pass over the archive; refused if the log has lost what stands",
    )
    parser.add_argument(
        "--accept-changes",
        action="store_true",
        help="swap although tables differ, as after mended code; never if events are missing",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
