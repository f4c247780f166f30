"""Answer those who ask what the house keeps of them: `rapport privacy`."""

import os
from pathlib import Path
from typing import Any

import click

from chassis.errors import Problem
from chassis.plain.rpc import Client
from chassis.tokens import DIRECTORY
from rapport_cli import show
from rapport_cli.failures import UNAVAILABLE, lines
from rapport_cli.house import House, amqp_option, json_option
from rapport_cli.subjects import Ask, Made, compose
from rapport_cli.tokens import token_of, token_option

PATIENCE_SECONDS = 60.0  # records of nobody are found by reading them
ONLY_MINE = 0o600  # all that is known of somebody stands in it


@click.group()
def privacy() -> None:
    """Answer those who ask what the house keeps of them."""


@privacy.command(
    epilog=lines("rapport privacy file 0192f0c1-6f3e-7d2a-9d51-5c1a0e6f7b21 --out ada.json")
)
@click.argument("request_id", metavar="REQUEST")
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Where to write."
)
@click.option(
    "--timeout",
    "seconds",
    type=click.FloatRange(min=0.05),
    default=PATIENCE_SECONDS,
    show_default=True,
    help="Seconds to wait for each answer.",
)
@token_option
@amqp_option
@json_option
@click.pass_context
def file(  # noqa: PLR0913 - one parameter per option
    context: click.Context,
    *,
    request_id: str,
    out: Path,
    seconds: float,
    given: str | None,
    amqp_uri: str | None,
    as_json: bool,
) -> None:
    """Write one JSON file of all that every service keeps of whoever made a REQUEST.

    A complete one is noted with the request, which can be completed then. A service that does not
    answer is named in the file as missing; the exit code is 3, and nothing is noted.
    """
    house: House = context.obj
    with Client(house.broker(amqp_uri), name="rapport privacy") as client:

        def ask(service: str, method: str, payload: dict[str, Any]) -> Any:
            token = token_of(house, given)  # anew: a long history takes longer than one holds
            return client.call(service, method, payload, token=token, timeout_seconds=seconds)

        made = _written(ask, request_id, out)
        if not made.missing:
            ask(DIRECTORY, "note_access_file", made.noted)
    _tell(made, out, as_json=as_json)
    if made.missing:
        context.exit(UNAVAILABLE)


def _written(ask: Ask, request_id: str, out: Path) -> Made:
    """Write the file beside its place, and put it there when it is whole.

    :raises UsageError: if it cannot be written there.
    """
    part = out.with_name(f"{out.name}.part")
    try:
        place = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, ONLY_MINE)
        try:
            with os.fdopen(place, "wb") as paper:
                made = compose(ask, request_id, paper)
            part.replace(out)
        except Problem:
            part.unlink()
            raise
    except OSError as wrong:
        raise click.UsageError(f"{out} cannot be written: {wrong}.") from wrong
    return made


def _tell(made: Made, out: Path, *, as_json: bool) -> None:
    if as_json:
        told = {"file": str(out), "complete": not made.missing, "missing": made.missing}
        show.as_json(told | made.checked)
        return
    for service, counts in made.services.items():
        missing = made.missing.get(service)
        said = f"missing: {missing['message']} [{missing['code']}]" if missing else ""
        click.echo(f"{service:<14}{sum(counts.values()):>7} rows  {said}".rstrip())
    click.echo(f"{out}  {made.size} bytes  SHA-256 {made.sha256}")
    if made.missing:
        click.echo("The file is not complete, and the request cannot be completed with it.")
