"""Messages that need a person: `rapport parked`."""

from collections.abc import Iterable

import click

from chassis import parking
from chassis.envelope import Undecodable, decode
from chassis.errors import NotFound
from chassis.parking import Choice, Outcome, Parked
from contracts import SERVICES
from rapport_cli import show
from rapport_cli.failures import REFUSED, Group, lines
from rapport_cli.house import House, amqp_option, json_option

COLUMNS = ("service", "ref", "type", "handler", "reason_code", "attempts", "parked_at", "reason")
service_argument = click.argument("service", type=click.Choice(SERVICES))
handler_option = click.option(
    "--handler", default="", help="Only messages of this handler's queue."
)
reason_option = click.option("--reason-code", default="", help="Only messages with this reason.")


@click.group(cls=Group)
def parked() -> None:
    """Messages that were refused or failed too often: look, send again, or drop."""


@parked.command("list", epilog=lines("rapport parked list", "rapport parked list sales --json"))
@click.argument("services", nargs=-1, type=click.Choice(SERVICES))
@handler_option
@reason_option
@amqp_option
@json_option
@click.pass_obj
def list_(  # noqa: PLR0913 - one parameter per option
    house: House,
    *,
    services: tuple[str, ...],
    handler: str,
    reason_code: str,
    amqp_uri: str | None,
    as_json: bool,
) -> None:
    """List parked messages with their reason; their content is only shown by `show`."""
    uri, choice = house.broker(amqp_uri), Choice(handler=handler, reason_code=reason_code)
    found = [
        _facts(service, message)
        for service in services or SERVICES
        for message in parking.list_parked(uri, service, choice)
    ]
    if as_json:
        show.as_json(found)
    else:
        show.table(found, COLUMNS, nothing="Nothing is parked.")


@parked.command("show", epilog=lines("rapport parked show sales 4f1c2a9b7e30"))
@service_argument
@click.argument("ref")
@amqp_option
@json_option
@click.pass_obj
def show_(house: House, *, service: str, ref: str, amqp_uri: str | None, as_json: bool) -> None:
    """Show one parked message with its headers and content (REF or message id)."""
    found = _whole(service, parking.show(house.broker(amqp_uri), service, ref))
    show.as_json(found) if as_json else show.pretty(found)


@parked.command(
    epilog=lines(
        "rapport parked replay sales 4f1c2a9b7e30",
        "rapport parked replay sales --all --reason-code unavailable",
        "rapport parked replay sales --all --to sales.new_name.q1",
    )
)
@service_argument
@click.argument("refs", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All that match, instead of named ones.")
@click.option("--to", help="Send to this queue instead (after a handler was renamed).")
@handler_option
@reason_option
@amqp_option
@json_option
@click.pass_context
def replay(  # noqa: PLR0913 - one parameter per option
    context: click.Context,
    *,
    service: str,
    refs: tuple[str, ...],
    everything: bool,
    to: str | None,
    handler: str,
    reason_code: str,
    amqp_uri: str | None,
    as_json: bool,
) -> None:
    """Send parked messages back to their handlers; exit with 1 if one could not be sent."""
    house: House = context.obj
    choice = _choice(refs, everything=everything, handler=handler, reason_code=reason_code)
    outcomes = parking.replay(house.broker(amqp_uri), service, choice, to=to)
    _expect(refs, [outcome.message for outcome in outcomes])
    if as_json:
        show.as_json([_outcome(service, outcome) for outcome in outcomes])
    else:
        for outcome in outcomes:
            click.echo(f"{outcome.message.ref}  {outcome.why_not or 'sent'}")
        click.echo(f"{sum(outcome.replayed for outcome in outcomes)} of {len(outcomes)} sent.")
    if not all(outcome.replayed for outcome in outcomes):
        context.exit(REFUSED)


@parked.command(
    epilog=lines(
        "rapport parked drop sales 4f1c2a9b7e30 --yes > dropped.jsonl",
        "rapport parked drop sales --all --reason-code undecodable --yes > dropped.jsonl",
    )
)
@service_argument
@click.argument("refs", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All that match, instead of named ones.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@handler_option
@reason_option
@amqp_option
@json_option
@click.pass_obj
def drop(  # noqa: PLR0913 - one parameter per option
    house: House,
    *,
    service: str,
    refs: tuple[str, ...],
    everything: bool,
    yes: bool,
    handler: str,
    reason_code: str,
    amqp_uri: str | None,
    as_json: bool,  # noqa: ARG001 - what is dropped is always printed as JSON
) -> None:
    """Remove parked messages for good; each is printed whole, as JSON, before it goes."""
    choice = _choice(refs, everything=everything, handler=handler, reason_code=reason_code)
    if not yes:
        click.confirm(f"Drop these messages of {service} for good?", abort=True, err=True)
    dropped = parking.drop(
        house.broker(amqp_uri),
        service,
        choice,
        keep=lambda message: show.as_json(_whole(service, message)),
    )
    _expect(refs, dropped)
    click.echo(f"{len(dropped)} dropped.", err=True)


def _choice(refs: tuple[str, ...], *, everything: bool, handler: str, reason_code: str) -> Choice:
    if bool(refs) == everything:
        raise click.UsageError("Name messages by REF, or say --all.")
    return Choice(refs=frozenset(refs), handler=handler, reason_code=reason_code)


def _expect(refs: tuple[str, ...], found: Iterable[Parked]) -> None:
    """Refuse names that led nowhere, after the others were done.

    :raises NotFound: if a named message is not parked.
    """
    known = {name for message in found for name in (message.ref, message.message_id)}
    missing = [ref for ref in refs if ref not in known]
    if missing:
        raise NotFound(
            f"Not parked: {', '.join(missing)}.", code="parked.unknown", detail={"refs": missing}
        )


def _facts(service: str, message: Parked) -> dict[str, object]:
    """Tell of a message what holds nothing personal."""
    return {
        "service": service,
        "ref": message.ref,
        "message_id": message.message_id,
        "type": message.type or message.routing_key,
        "handler": message.handler,
        "reason_code": message.reason_code,
        "reason": message.reason,
        "attempts": message.attempts,
        "parked_at": message.parked_at,
        "exchange": message.exchange,
        "routing_key": message.routing_key,
        "replayable": message.replayable,
    }


def _whole(service: str, message: Parked) -> dict[str, object]:
    body = message.delivery.body
    try:
        content = decode(body)
    except Undecodable:
        content = body.decode("utf-8", errors="backslashreplace")
    headers = {name: _plain(value) for name, value in message.delivery.headers.items()}
    return {**_facts(service, message), "headers": headers, "body": content}


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _outcome(service: str, outcome: Outcome) -> dict[str, object]:
    facts = _facts(service, outcome.message)
    return facts | {"replayed": outcome.replayed, "why_not": outcome.why_not}
