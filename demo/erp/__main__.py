"""The command: python -m demo.erp."""

import json
import signal
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Final

import click

from chassis.errors import Problem
from contracts.erp import PRODUCT_UPSERT
from demo import history
from demo.erp.connector import Connector, Settings, travel_by
from demo.erp.schedule import Posting, postings

FIRST_DAY: Final = "2014-01-01"
LAST_DAY: Final = "2017-12-31"
FIRST_YEAR: Final = 2014
QUARTERS: Final = 16
_DAY: Final = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--amqp-uri", required=True, envvar="ERP_AMQP_URI", help="Broker, as user erp.")
@click.option("--ledger", required=True, type=click.Path(path_type=Path), help="SQLite file.")
@click.option("--from", "start", type=_DAY, default=FIRST_DAY, help="First day of posting.")
@click.option("--to", "end", type=_DAY, default=LAST_DAY, help="Last day of posting.")
@click.option("--quarter", type=click.IntRange(1, QUARTERS), help="Instead: 1 is 2014's first.")
@click.option("--catalogue/--no-catalogue", help="First post and await the orders' products.")
@click.option("--orders/--no-orders", default=True, help="Post the orders themselves.")
@click.option(
    "--clock-file", type=click.Path(path_type=Path), help="Takes the business clock along."
)
@click.option("--in-flight", type=click.IntRange(1), default=200, help="Open verdicts, at most.")
@click.option("--pace", type=float, default=0.0, help="Postings per second, at most.")
@click.option("--patience", type=float, default=60.0, help="Seconds to wait for any verdict.")
@click.option("--progress", type=float, default=0.0, help="Seconds between lines of progress.")
def main(  # noqa: PLR0913, PLR0917 - click hands each option over as a parameter
    amqp_uri: str,
    ledger: Path,
    start: datetime,
    end: datetime,
    quarter: int | None,
    catalogue: bool,
    orders: bool,
    clock_file: Path | None,
    in_flight: int,
    pace: float,
    patience: float,
    progress: float,
) -> None:
    """Post the orders of the history as an outside ERP; the last line of output sums up.

    Exit status: 0 if every posting has its verdict, 1 if not, 2 if called wrongly.
    """
    first, last = quarter_days(quarter) if quarter else (start.date(), end.date())
    schedule = postings(history.read())
    chosen = choose(schedule, first, last, catalogue=catalogue, orders=orders)
    settings = Settings(amqp_uri, ledger, in_flight, pace, patience, progress)
    connector = Connector(settings, on_day=travel_by(clock_file) if clock_file else None)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: connector.stop())
    try:
        complete = connector.run(chosen)
    except Problem as problem:
        click.echo(json.dumps({"error": problem.code, "message": problem.message}), err=True)
        complete = False
    sys.exit(0 if complete else 1)


def choose(
    schedule: tuple[Posting, ...],
    first: date,
    last: date,
    *,
    catalogue: bool = False,
    orders: bool = True,
) -> list[Posting]:
    """Pick the orders of the days from first to last, both included, and the products they name."""
    chosen = [one for one in schedule if one.key != PRODUCT_UPSERT and first <= one.on <= last]
    named = set().union(*(one.products for one in chosen)) if catalogue else set()
    products = [one for one in schedule if one.key == PRODUCT_UPSERT and one.external_id in named]
    return [*products, *(chosen if orders else [])]


def quarter_days(quarter: int) -> tuple[date, date]:
    """Return the first and the last day of a quarter of the history."""
    year, place = divmod(quarter - 1, 4)
    first = date(FIRST_YEAR + year, 3 * place + 1, 1)
    following = date(FIRST_YEAR + (year + (place == 3)), 3 * ((place + 1) % 4) + 1, 1)
    return first, date.fromordinal(following.toordinal() - 1)


if __name__ == "__main__":
    main()
