"""What services keep of other services' records: `rapport copies`."""

import click
from sqlalchemy import select

from chassis import copies as chassis_copies
from chassis.errors import NotFound
from chassis.rows import Copy
from chassis.tables import COPY_STATES
from contracts import SERVICES
from rapport_cli import services as pages
from rapport_cli import show
from rapport_cli.failures import Group, lines
from rapport_cli.holding import held, opened
from rapport_cli.house import House, database_options, json_option

COLUMNS = ("service", "name", "of", "complete", "refreshed_at")


@click.group(cls=Group)
def copies() -> None:
    """What services keep of other services' records."""


@copies.command("list", epilog=lines("rapport copies list", "rapport copies list --service sales"))
@database_options
@json_option
@click.pass_obj
def list_(
    house: House, *, services: tuple[str, ...], database_url: str | None, as_json: bool
) -> None:
    """List copies, and whether their owner's snapshot has been read to its end."""
    found = []
    for service, url in house.chosen(services, database_url).items():
        with opened(service, url) as session:
            known = {row.name: row for row in session.execute(select(COPY_STATES))}
        for name, row in _copies(service).items():
            state = known.get(name)
            found.append(
                {
                    "service": service,
                    "name": name,
                    "of": row.table.of.service,
                    "complete": bool(state and state.complete),
                    "refreshed_at": state.refreshed_at if state else None,
                }
            )
    show.as_json(found) if as_json else show.table(found, COLUMNS, nothing="No copy is kept.")


@copies.command("rebuild", epilog=lines("rapport copies rebuild sales customers"))
@click.argument("service", type=click.Choice(SERVICES))
@click.argument("name")
@click.option("--database-url", envvar="RAPPORT_DATABASE_URL", help="The service's database.")
@json_option
@click.pass_obj
def rebuild(
    house: House, *, service: str, name: str, database_url: str | None, as_json: bool
) -> None:
    """Have a copy read anew from its owner; what is in it stays readable meanwhile.

    What is as new as the owner's stays: a copy that is ahead of a restored owner is not set back.
    """
    if name not in _copies(service):
        raise NotFound(f"{service} keeps no copy {name}.", code="copy.unknown")
    with (
        held(service, house.database(service, database_url)) as holder,
        holder.database.begin() as session,
    ):
        chassis_copies.rebuild(session, name)
    answer = {"service": service, "name": name}
    show.as_json(answer) if as_json else click.echo(f"{service} reads {name} anew.")


def _copies(service: str) -> dict[str, Copy]:
    return {name: row for name, row in pages.rows(service).items() if isinstance(row, Copy)}
