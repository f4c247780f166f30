"""The services' databases: `rapport migrate`."""

import click

from chassis import migrate as migrations
from contracts import SERVICES
from rapport_cli import show
from rapport_cli.failures import REFUSED, lines
from rapport_cli.house import House, json_option


@click.command(
    epilog=lines(
        "rapport migrate",
        "rapport migrate sales --database-url sqlite:///var/db/sales.db",
        "rapport migrate --check",
        "rapport migrate sales --draft 'quotes get an expiry'",
    )
)
@click.argument("services", nargs=-1, type=click.Choice(SERVICES))
@click.option("--database-url", envvar="RAPPORT_DATABASE_URL", help="The one service's database.")
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 if something differs.")
@click.option("--draft", metavar="MESSAGE", help="Write the one service's next revision.")
@json_option
@click.pass_context
def migrate(  # noqa: PLR0913 - one parameter per option
    context: click.Context,
    *,
    services: tuple[str, ...],
    database_url: str | None,
    check: bool,
    draft: str | None,
    as_json: bool,
) -> None:
    """Bring databases to the newest revision, all that the house file knows or the named ones."""
    house: House = context.obj
    if draft:
        _draft(services, draft)
        return
    databases = house.chosen(services, database_url)
    act = migrations.check if check else migrations.upgrade
    found = {service: act(service, url) for service, url in databases.items()}
    if as_json:
        show.as_json({"differences" if check else "applied": found})
    else:
        for service, facts in found.items():
            _print(service, facts, check=check)
    if check and any(found.values()):
        context.exit(REFUSED)


def _draft(services: tuple[str, ...], message: str) -> None:
    if len(services) != 1:
        raise click.UsageError("--draft is for one service: name it.")
    path = migrations.draft(services[0], message)
    if path is None:
        click.echo(f"{services[0]}: the revisions are what the tables declare; nothing to write.")
    else:
        click.echo(f"{path}: read it before you keep it.")


def _print(service: str, facts: list[str], *, check: bool) -> None:
    if check:
        for line in facts or [f"{service}: the database is what the service declares."]:
            click.echo(line)
    elif facts:
        click.echo(f"{service}: applied {', '.join(facts)}.")
    else:
        click.echo(f"{service}: already at the newest revision.")
