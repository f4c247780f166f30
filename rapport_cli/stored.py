"""What waits in a service's own database: `rapport outbox`, `timers` and `processes`."""

import time
from typing import Any

import click
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from chassis import processes as chassis_processes
from chassis import timers as chassis_timers
from chassis.envelope import Undecodable, decode
from chassis.errors import NotFound
from chassis.tables import OUTBOX, PROCESSES, TIMERS
from chassis.timers import MAX_ATTEMPTS
from contracts import SERVICES
from rapport_cli import show
from rapport_cli.failures import Group, lines
from rapport_cli.holding import held, opened
from rapport_cli.house import House, database_options, json_option

MAX_SHOWN = 10_000
UNFINISHED = ("running", "acting", "undoing", "stuck")
limit_option = click.option(
    "--limit",
    type=click.IntRange(1, MAX_SHOWN),
    default=50,
    show_default=True,
    help="Show at most so many of each service.",
)
database_option = click.option(
    "--database-url", envvar="RAPPORT_DATABASE_URL", help="The service's database."
)
service_argument = click.argument("service", type=click.Choice(SERVICES))


@click.command(epilog=lines("rapport outbox", "rapport outbox --service sales --json"))
@limit_option
@database_options
@json_option
@click.pass_obj
def outbox(
    house: House,
    *,
    services: tuple[str, ...],
    database_url: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Show what was told but has not reached the broker yet."""
    found = {}
    for service, url in house.chosen(services, database_url).items():
        with opened(service, url) as session:
            found[service] = _outbox(session, limit)
    if as_json:
        show.as_json(found)
        return
    for service, facts in found.items():
        age = facts["oldest_seconds"]
        waits = f"{facts['pending']} wait, the oldest for {age} s" if facts["pending"] else "empty"
        click.echo(f"{service}: {waits}.")
        if facts["pending"]:
            columns = ("position", "age_seconds", "routing_key", "exchange", "id")
            show.table(facts["messages"], columns, nothing="")


@click.group(cls=Group)
def timers() -> None:
    """What a service will do at a business instant."""


@timers.command("list", epilog=lines("rapport timers list", "rapport timers list --stuck"))
@click.option("--stuck", is_flag=True, help="Only timers that failed too often and wait for you.")
@limit_option
@database_options
@json_option
@click.pass_obj
def list_timers(  # noqa: PLR0913 - one parameter per option
    house: House,
    *,
    services: tuple[str, ...],
    database_url: str | None,
    stuck: bool,
    limit: int,
    as_json: bool,
) -> None:
    """List timers, the next one first, with the reason of the last failure."""
    query = select(TIMERS).order_by(TIMERS.c.due, TIMERS.c.id)
    query = query.where(TIMERS.c.attempts >= MAX_ATTEMPTS) if stuck else query
    found = _each(house.chosen(services, database_url), query.limit(limit))
    columns = ("service", "id", "kind", "due", "attempts", "reason", "key")
    if as_json:
        show.as_json(found)
    else:
        show.table(found, columns, nothing="No timer waits.")


@timers.command("retry", epilog=lines("rapport timers retry sales 0192f0c1"))
@service_argument
@click.argument("id_", metavar="ID")
@database_option
@json_option
@click.pass_obj
def retry_timer(
    house: House, *, service: str, id_: str, database_url: str | None, as_json: bool
) -> None:
    """Let a timer that failed run again at once, if it is due."""
    with held(service, house.database(service, database_url)) as holder:
        if not chassis_timers.retry(holder, id_):
            raise NotFound(f"{service} has no timer {id_}.", code="timer.unknown")
    answer = {"service": service, "id": id_}
    show.as_json(answer) if as_json else click.echo(f"{service}: {id_} runs when it is due.")


@click.group(cls=Group)
def processes() -> None:
    """Work in several steps: what runs, what is stuck, and why."""


@processes.command(
    "list", epilog=lines("rapport processes list", "rapport processes list --status stuck --json")
)
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice([*UNFINISHED, "done", "refused"]),
    help="Only these (default: whatever is not finished).",
)
@limit_option
@database_options
@json_option
@click.pass_obj
def list_processes(  # noqa: PLR0913 - one parameter per option
    house: House,
    *,
    statuses: tuple[str, ...],
    services: tuple[str, ...],
    database_url: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List processes, oldest first; what they know is only shown by `show`."""
    table = PROCESSES.c
    hidden = {"data", "error"}  # may name people
    query = select(*(column for column in table if column.name not in hidden))
    query = query.where(table.status.in_(statuses or UNFINISHED)).order_by(table.id)
    found = _each(house.chosen(services, database_url), query.limit(limit))
    columns = ("service", "id", "kind", "status", "step", "attempts", "key", "started_at")
    if as_json:
        show.as_json(found)
    else:
        show.table(found, columns, nothing="No process is open.")


@processes.command("show", epilog=lines("rapport processes show sales 0192f0c1"))
@service_argument
@click.argument("id_", metavar="ID")
@database_option
@json_option
@click.pass_obj
def show_process(
    house: House, *, service: str, id_: str, database_url: str | None, as_json: bool
) -> None:
    """Show one process with everything that it knows."""
    with opened(service, house.database(service, database_url)) as session:
        row = _process(session, service, id_)
    found = {"service": service, **row, "data": _json(row["data"]), "error": _json(row["error"])}
    show.as_json(found) if as_json else show.pretty(found)


@processes.command("retry", epilog=lines("rapport processes retry sales 0192f0c1"))
@service_argument
@click.argument("id_", metavar="ID")
@database_option
@json_option
@click.pass_obj
def retry_process(
    house: House, *, service: str, id_: str, database_url: str | None, as_json: bool
) -> None:
    """Let a stuck process go on at once from where it stood."""
    with held(service, house.database(service, database_url)) as holder:
        if not chassis_processes.retry(holder, id_):
            raise NotFound(f"{service} has no stuck process {id_}.", code="process.not_stuck")
    answer = {"service": service, "id": id_}
    show.as_json(answer) if as_json else click.echo(f"{service}: {id_} goes on.")


def _outbox(session: Session, limit: int) -> dict[str, Any]:
    now, table = time.time(), OUTBOX.c
    pending, oldest = session.execute(
        select(func.count(), func.min(table.recorded_at)).select_from(OUTBOX)
    ).one()
    shown = (table.position, table.id, table.exchange, table.routing_key, table.recorded_at)
    rows = session.execute(select(*shown).order_by(table.position).limit(limit)).mappings()
    return {
        "pending": pending,
        "oldest_seconds": round(max(now - oldest, 0.0), 1) if pending else 0.0,
        "messages": [
            {
                "position": row["position"],
                "age_seconds": round(max(now - row["recorded_at"], 0.0), 1),
                "routing_key": row["routing_key"],
                "exchange": row["exchange"],
                "id": row["id"],
            }
            for row in rows
        ],
    }


def _each(databases: dict[str, str], query: Select[Any]) -> list[dict[str, object]]:
    """Run a query on each chosen service's database."""
    found: list[dict[str, object]] = []
    for service, url in databases.items():
        with opened(service, url) as session:
            rows = session.execute(query).mappings()
            found += [{"service": service, **row} for row in rows]
    return found


def _process(session: Session, service: str, id_: str) -> dict[str, object]:
    row = session.execute(select(PROCESSES).where(PROCESSES.c.id == id_)).mappings().first()
    if row is None:
        raise NotFound(f"{service} has no process {id_}.", code="process.unknown")
    return dict(row)


def _json(text: object) -> object:
    try:
        return decode(text) if isinstance(text, str) else text
    except Undecodable:
        return text
