"""Ask a service: `rapport call`."""

import sys
from pathlib import Path
from typing import Any

import click

from chassis.envelope import Undecodable, decode
from chassis.plain.rpc import RPC_TIMEOUT_SECONDS, Client
from rapport_cli import show
from rapport_cli.failures import lines
from rapport_cli.house import House, amqp_option, json_option
from rapport_cli.tokens import token_of, token_option

timeout_option = click.option(
    "--timeout",
    "seconds",
    type=click.FloatRange(min=0.05),
    default=RPC_TIMEOUT_SECONDS,
    show_default=True,
    help="Seconds to wait for the answer.",
)


@click.command(
    epilog=lines(
        "rapport call sales.board '{\"limit\": 5}'",
        "rapport call accounts.find_customers @wanted.json --token $TOKEN",
        "rapport call sales.capture_lead - --key web-4711 < lead.json",
    )
)
@click.argument("method", metavar="SERVICE.METHOD")
@click.argument("payload", metavar="[JSON | @FILE | -]", default="{}")
@click.option("--key", help="Idempotency key: the same key gives the same answer.")
@timeout_option
@token_option
@amqp_option
@json_option
@click.pass_obj
def call(  # noqa: PLR0913 - one parameter per option
    house: House,
    *,
    method: str,
    payload: str,
    key: str | None,
    seconds: float,
    given: str | None,
    amqp_uri: str | None,
    as_json: bool,
) -> None:
    """Call a method of a service and print its answer."""
    service, dot, name = method.partition(".")
    if not (service and dot and name):
        raise click.UsageError(f"{method} is not SERVICE.METHOD.")
    fields, token = _payload(payload), token_of(house, given)
    with Client(house.broker(amqp_uri), name="rapport call") as client:
        answer = client.call(
            service, name, fields, token=token, timeout_seconds=seconds, idempotency_key=key
        )
    if as_json:
        show.as_json(answer)
    else:
        show.pretty(answer)


def _payload(text: str) -> dict[str, Any]:
    """Read the payload from the argument, a file or standard input.

    :raises UsageError: if it is no JSON object.
    """
    try:
        if text == "-":
            text = sys.stdin.read()
        elif text.startswith("@"):
            text = Path(text[1:]).read_text(encoding="utf-8")
        found = decode(text)
    except (OSError, Undecodable, UnicodeDecodeError) as wrong:
        raise click.UsageError(f"The payload cannot be read: {wrong}.") from wrong
    if not isinstance(found, dict):
        raise click.UsageError("The payload is a JSON object: '{\"name\": value}'.")
    return found
