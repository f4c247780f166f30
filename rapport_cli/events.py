"""The log of everything that was told: `rapport events`."""

from collections.abc import Iterator
from datetime import UTC, datetime
from fnmatch import fnmatchcase

import click

from chassis.envelope import Undecodable
from chassis.plain.delivery import Delivery
from chassis.plain.stream import Place, StreamReader
from rapport_cli import show
from rapport_cli.failures import Group, lines
from rapport_cli.house import House, amqp_option, json_option

END_SECONDS = 2.0  # nothing for this long: the end of the log is reached
type_option = click.option(
    "--type",
    "types",
    multiple=True,
    metavar="TYPE",
    help="Only these types, * stands for anything (may be repeated).",
)
limit_option = click.option(
    "--limit", type=click.IntRange(min=1), help="Stop after so many events."
)


class From(click.ParamType[Place]):
    """A place in the log: first, last, an offset or an instant."""

    name = "first|last|OFFSET|INSTANT"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Place:
        """Read what was typed."""
        text = str(value)
        if text in {"first", "last"}:
            return text
        if text.isdecimal():
            return int(text)
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            self.fail(f"{text} is not first, last, an offset or an ISO 8601 instant.", param, ctx)
        return instant.replace(tzinfo=instant.tzinfo or UTC)


@click.group(cls=Group)
def events() -> None:
    """What the services told, as kept in the log (ids and facts; never anything personal)."""


@events.command(
    epilog=lines("rapport events tail", "rapport events tail --type 'sales.opportunity.*' --json")
)
@type_option
@limit_option
@amqp_option
@json_option
@click.pass_obj
def tail(
    house: House,
    *,
    types: tuple[str, ...],
    limit: int | None,
    amqp_uri: str | None,
    as_json: bool,
) -> None:
    """Print events as they are told, until interrupted."""
    with StreamReader(house.broker(amqp_uri), place="next") as reader:
        try:
            _print(_chosen(reader.read(), types, limit), as_json=as_json)
        except KeyboardInterrupt:
            return


@events.command(
    epilog=lines(
        "rapport events replay --from first --type accounts.customer.created.v1",
        "rapport events replay --from 12345 --json",
        "rapport events replay --from 2017-03-01T09:00:00Z",
    )
)
@click.option("--from", "place", type=From(), required=True, help="Where to begin.")
@type_option
@limit_option
@amqp_option
@json_option
@click.pass_obj
def replay(  # noqa: PLR0913 - one parameter per option
    house: House,
    *,
    place: Place,
    types: tuple[str, ...],
    limit: int | None,
    amqp_uri: str | None,
    as_json: bool,
) -> None:
    """Print events from a place of the log to its end.

    An offset that retention has removed is an error, not silently the next one that is left.
    An instant is exact to the chunks of the log: some earlier events may come first.
    """
    # Behind the one before: that is how the reader notices that something is missing.
    after = place - 1 if isinstance(place, int) and place > 0 else None
    with StreamReader(house.broker(amqp_uri), place=place, after=after) as reader:
        _print(_chosen(reader.read(END_SECONDS), types, limit), as_json=as_json)


def _chosen(
    deliveries: Iterator[Delivery], types: tuple[str, ...], limit: int | None
) -> Iterator[Delivery]:
    count = 0
    for delivery in deliveries:
        if not types or any(fnmatchcase(delivery.routing_key, wanted) for wanted in types):
            yield delivery
            count += 1
            if count == limit:
                return


def _print(deliveries: Iterator[Delivery], *, as_json: bool) -> None:
    for delivery in deliveries:
        told = _read(delivery)
        if as_json:
            show.as_json(told)
        else:
            fields = ("offset", "time", "type", "subject", "actor")
            click.echo("  ".join(str(told[name]) for name in fields))


def _read(delivery: Delivery) -> dict[str, object]:
    """Read an event; one that is no event is shown with the reason."""
    facts: dict[str, object] = {"offset": delivery.offset, "type": delivery.routing_key}
    try:
        envelope, data = delivery.envelope(), delivery.data()
    except Undecodable as wrong:
        return facts | {"time": "-", "subject": "-", "actor": "-", "problem": str(wrong)}
    actor = data.get("actor", "-") if isinstance(data, dict) else "-"
    return facts | {
        "id": envelope.id,
        "time": envelope.time,
        "subject": envelope.subject,
        "sequence": envelope.sequence,
        "correlation_id": envelope.correlation_id,
        "actor": actor,
        "data": data,
    }
