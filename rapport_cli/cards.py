"""Everything known of a customer, composed from all services: `rapport card`."""

from concurrent.futures import Future
from typing import Any

import click

from chassis.errors import NotFound, Problem, RemoteBug
from chassis.money import from_minor
from chassis.plain.rpc import Ask, Client
from chassis.tokens import DIRECTORY
from contracts import SERVICES
from rapport_cli import services, show
from rapport_cli.calls import timeout_option
from rapport_cli.failures import UNAVAILABLE, lines
from rapport_cli.house import House, amqp_option, json_option
from rapport_cli.tokens import token_of, token_option

CARD = "customer_card"
FRESHNESS = "as_of"  # in a card and in each of its sections
MINOR = "_minor"  # an amount; its currency stands beside it


@click.command(epilog=lines("rapport card 0192f0c1-6f3e-7d2a-9d51-5c1a0e6f7b21"))
@click.argument("customer_id", metavar="CUSTOMER")
@timeout_option
@token_option
@amqp_option
@json_option
@click.pass_context
def card(  # noqa: PLR0913 - one parameter per option
    context: click.Context,
    *,
    customer_id: str,
    seconds: float,
    given: str | None,
    amqp_uri: str | None,
    as_json: bool,
) -> None:
    """Show everything that every service knows of a customer, each section with its freshness.

    A service that does not answer costs its own section only; the exit code is then 3.
    """
    house: House = context.obj
    token = token_of(house, given)
    with Client(house.broker(amqp_uri), name="rapport card") as client:
        ask = Ask(token=token, timeout_seconds=seconds)
        answers = {
            service: client.submit(service, CARD, {"customer_id": customer_id}, ask=ask)
            for service in SERVICES
            if CARD in services.rows(service)
        }
        sections = {service: _section(answer) for service, answer in answers.items()}
    _refuse_if_unknown(sections)
    if as_json:
        show.as_json({"customer_id": customer_id, "sections": sections})
    else:
        for service, section in sections.items():
            _print(service, section)
    if not all(section["available"] for section in sections.values()):
        context.exit(UNAVAILABLE)


def _section(answer: "Future[object]") -> dict[str, Any]:
    """Wait for one service's part; a refusal or a silence is a part as well."""
    try:
        return {"available": True, "card": answer.result()}
    except Problem as problem:
        error = {"code": problem.code, "message": problem.message}
        return {"available": isinstance(problem, NotFound), "card": None, "error": error}
    except RemoteBug as bug:
        error = {"code": bug.code, "message": "The service failed in a way it did not foresee."}
        return {"available": False, "card": None, "error": error}


def _refuse_if_unknown(sections: dict[str, dict[str, Any]]) -> None:
    """Refuse a customer whom the master record does not know.

    :raises NotFound: if accounts answered that there is no such customer.
    """
    master = sections.get(DIRECTORY, {})
    if master.get("available") and master.get("card") is None:
        raise NotFound(master["error"]["message"], code=master["error"]["code"])


def _print(service: str, section: dict[str, Any]) -> None:
    card = section["card"]
    said = section["error"]["message"] if "error" in section else _fresh(card)
    click.secho(f"{service}{said if said.startswith(',') else '  ' + said}".rstrip(), bold=True)
    if card is not None:
        _tree(card, "  ")


def _fresh(part: object) -> str:
    stamp = part.get(FRESHNESS) if isinstance(part, dict) else None
    return f", as of {stamp}" if stamp else ""


def _tree(value: Any, indent: str) -> None:
    """Print a card as an outline: simple facts first, then what hangs below them."""
    if isinstance(value, list):
        for item in value:
            click.echo(f"{indent}- {_line(item)}")
        return
    for name, inner in sorted(
        _readable(value).items(), key=lambda pair: isinstance(pair[1], dict | list)
    ):
        if isinstance(inner, dict | list) and inner:
            click.echo(f"{indent}{name}{_fresh(inner)}:")
            _tree(inner, indent + "  ")
        elif name != FRESHNESS and inner not in (None, [], {}):
            click.echo(f"{indent}{name}: {inner}")


def _line(item: object) -> str:
    if not isinstance(item, dict):
        return str(item)
    facts = [
        f"{name}={value}" for name, value in _readable(item).items() if value not in (None, [], {})
    ]
    return "  ".join(facts)


def _readable(facts: dict[str, Any]) -> dict[str, Any]:
    """Write amounts as money, where they say in which currency they are."""
    currency = facts.get("currency")
    if not isinstance(currency, str):
        return facts
    return {
        name.removesuffix(MINOR): f"{from_minor(value, currency):,} {currency}"
        if name.endswith(MINOR) and isinstance(value, int)
        else value
        for name, value in facts.items()
    }
