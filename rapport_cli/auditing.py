"""The chain over what was changed, reckoned again beside the services: `rapport audit`."""

from collections.abc import Iterable
from dataclasses import asdict

import click

from chassis.envelope import Undecodable
from chassis.plain.stream import StreamReader
from chassis.verifying import Verdict, verify
from contracts import SERVICES
from rapport_cli import show
from rapport_cli.failures import REFUSED, Group, lines
from rapport_cli.holding import opened
from rapport_cli.house import House, amqp_option, database_options, json_option

END_SECONDS = 2.0  # nothing for this long: the end of the log is reached
SEALED = {f"{service}.audit.sealed.v1": service for service in SERVICES}
HASH_DIGITS = 64
Heads = dict[str, dict[int, str]]  # service -> seal -> hash


class Head(click.ParamType[tuple[str, int, str]]):
    """A seal that somebody kept: whose, which one, and its hash."""

    name = "SERVICE:NUMBER:HASH"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int, str]:
        """Read what was typed."""
        service, _, rest = str(value).partition(":")
        number, _, digits = rest.partition(":")
        if service not in SERVICES or not number.isdecimal() or len(digits) != HASH_DIGITS:
            self.fail(f"{value} is not {self.name}.", param, ctx)
        return service, int(number), digits.lower()


@click.group(cls=Group)
def audit() -> None:
    """The trail of every change, and the chain that shows whether somebody tampered with it."""


@audit.command(
    "verify",
    epilog=lines(
        "rapport audit verify",
        "rapport audit verify --service sales --log",
        "rapport audit verify --service sales --head sales:17:5f70…",
    ),
)
@click.option("--log", "asks_log", is_flag=True, help="Read from the log how long the chains were.")
@click.option(
    "--head", "kept", type=Head(), multiple=True, help="A seal that has to be there (repeatable)."
)
@amqp_option
@database_options
@json_option
@click.pass_context
def verify_(  # noqa: PLR0913 - one parameter per option
    context: click.Context,
    *,
    services: tuple[str, ...],
    database_url: str | None,
    kept: tuple[tuple[str, int, str], ...],
    asks_log: bool,
    amqp_uri: str | None,
    as_json: bool,
) -> None:
    """Reckon the chain of the audit trail again, and say where it breaks.

    Without --log or --head nobody sees that the last rows were cut off together with their seals.
    """
    house: House = context.obj
    heads = _heads(kept)
    if asks_log:
        _add_told(heads, house.broker(amqp_uri))
    found: dict[str, Verdict] = {}
    for service, url in house.chosen(services, database_url).items():
        with opened(service, url) as session:
            found[service] = verify(session, heads.get(service))
    if as_json:
        show.as_json({service: asdict(verdict) for service, verdict in found.items()})
    else:
        for service, verdict in found.items():
            _print(service, verdict)
    if any(verdict.faults for verdict in found.values()):
        context.exit(REFUSED)


def _heads(kept: Iterable[tuple[str, int, str]]) -> Heads:
    heads: Heads = {}
    for service, number, digits in kept:
        heads.setdefault(service, {})[number] = digits
    return heads


def _add_told(heads: Heads, amqp_uri: str) -> None:
    """Add what the log tells of the chains; of a seal that is told twice the first is true.

    Whoever can write a database can have its service tell another one, but cannot take the first back.
    """
    with StreamReader(amqp_uri, place="first") as reader:
        for delivery in reader.read(END_SECONDS):
            service = SEALED.get(delivery.routing_key)
            if service is None:
                continue
            try:
                data = delivery.data()
            except Undecodable:
                continue
            if isinstance(data, dict):
                heads.setdefault(service, {}).setdefault(int(data["number"]), str(data["hash"]))


def _print(service: str, verdict: Verdict) -> None:
    for sentence in verdict.faults:
        click.echo(f"{service}: {sentence}")
    if verdict.more_faults:
        click.echo(f"{service}: and {verdict.more_faults} more.")
    holds = "does not hold" if verdict.faults else "holds"
    waiting = verdict.rows - verdict.sealed
    click.echo(
        f"{service}: the chain of {verdict.sealed} rows in {verdict.seals} seals {holds}"
        + (f"; {waiting} wait for a seal" if waiting > 0 else "")
        + (f"; the values of {verdict.erased} were erased" if verdict.erased else "")
        + "."
    )
    if verdict.seals:
        click.echo(f"{service}: its head is {service}:{verdict.seals}:{verdict.head}.")
