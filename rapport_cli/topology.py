"""The broker's topology: `rapport topology`."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from chassis.topology.apply import apply
from chassis.topology.check import check
from chassis.topology.migrate import SETTLE_SECONDS, migrate
from rapport_cli import services, show
from rapport_cli.failures import REFUSED, Group, lines
from rapport_cli.house import House, admin_option, amqp_option, json_option


@click.group(cls=Group)
def topology() -> None:
    """Exchanges, queues, bindings and users, as the services and partners declare them."""


@topology.command(
    "apply",
    epilog=lines(
        "rapport topology apply --amqp-uri amqp://admin:…@broker/ --admin-uri http://admin:…@broker:15672"
    ),
)
@amqp_option
@admin_option
@click.option(
    "--passwords-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON object of user and password, to create users with.",
)
@json_option
@click.pass_obj
def apply_topology(
    house: House,
    *,
    amqp_uri: str | None,
    admin_uri: str | None,
    passwords_file: Path | None,
    as_json: bool,
) -> None:
    """Declare everything that is missing; nothing that holds messages is ever deleted.

    Users and rights need the management API; without it they are left alone, with a warning.
    """
    uri = house.declarer(amqp_uri)
    admin = admin_uri or (house.admin_uri if amqp_uri is None else None)
    done = apply(services.topology(), uri, admin, _passwords(passwords_file))
    if as_json:
        show.as_json(done)
        return
    click.echo(
        f"{done.exchanges} exchanges, {done.queues} queues, {done.bindings} bindings, "
        f"{len(done.users)} users are as declared."
    )
    for line in done.unbound:
        click.echo(f"Unbound, nobody declares it: {line}")
    for warning in done.warnings:
        click.echo(warning, err=True)


@topology.command("check", epilog=lines("rapport topology check --json"))
@amqp_option
@admin_option
@json_option
@click.pass_context
def check_topology(
    context: click.Context, *, amqp_uri: str | None, admin_uri: str | None, as_json: bool
) -> None:
    """Compare the broker with what is declared; exit with 1 if something differs.

    Without the management API bindings and users are not seen.
    """
    house: House = context.obj
    uri = house.declarer(amqp_uri)
    admin = admin_uri or (house.admin_uri if amqp_uri is None else None)
    differences = check(services.topology(), uri, admin)
    if as_json:
        show.as_json({"differences": differences})
    else:
        for line in differences or ["The broker is as declared."]:
            click.echo(line)
    if differences:
        context.exit(REFUSED)


@topology.command(
    "migrate", epilog=lines("rapport topology migrate sales.old_name.q1 sales.new_name.q1")
)
@click.argument("old")
@click.argument("new")
@click.option(
    "--settle",
    type=click.FloatRange(min=0),
    default=SETTLE_SECONDS,
    show_default=True,
    help="Seconds to wait at most for what is still in a retry tier.",
)
@amqp_option
@admin_option
@json_option
@click.pass_obj
def migrate_queue(  # noqa: PLR0913 - one parameter per option
    house: House,
    *,
    old: str,
    new: str,
    settle: float,
    amqp_uri: str | None,
    admin_uri: str | None,
    as_json: bool,
) -> None:
    """Move a renamed handler's messages from its OLD queue to its NEW one and delete the old.

    Stop the service first; killed in between, run it again.
    """
    uri, admin = house.declarer(amqp_uri), house.admin(admin_uri)
    done = migrate(uri, admin, old, new, settle_seconds=settle)
    if as_json:
        show.as_json(asdict(done))
    else:
        click.echo(f"{done.moved} messages moved from {old} to {new}; {old} is deleted.")


def _passwords(file: Path | None) -> dict[str, str]:
    if file is None:
        return {}
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return {str(user): str(password) for user, password in found.items()}
    except (ValueError, AttributeError) as wrong:
        raise click.UsageError(f"{file} is no JSON object of user and password.") from wrong
