"""Who asks: `rapport token`, and the token of a command that was given none."""

from pathlib import Path
from typing import Any

import click
import jwt

from chassis.errors import Forbidden, RemoteBug
from chassis.plain.rpc import Client
from chassis.tokens import DIRECTORY, HOUSE, Signer
from contracts.roles import ROLES
from rapport_cli import show
from rapport_cli.failures import lines
from rapport_cli.house import House, amqp_option, json_option

OPERATOR = "person:operator"
Claims = dict[str, Any]
token_option = click.option(
    "--token",
    "given",
    envvar="RAPPORT_TOKEN",
    help="Signed token of the caller (default: the operator's, signed with the house's keys).",
)


def token_of(house: House, given: str | None) -> str:
    """Return the given token, or sign one for the operator of this machine.

    :raises Forbidden: if there is neither a token nor a key to sign one.
    """
    if given:
        return given
    key = house.keys.get(DIRECTORY)
    if key is None:
        raise Forbidden(
            "No token: give --token, set RAPPORT_TOKEN or use --house FILE.",
            code="auth.token_missing",
        )
    return sign(key, OPERATOR, ("admin",))


def sign(key: Path, subject: str, roles: tuple[str, ...], claims: Claims | None = None) -> str:
    """Sign a person's token as the directory would.

    :raises Forbidden: if the key cannot be read.
    """
    try:
        return Signer(key, DIRECTORY).sign(subject, [HOUSE], roles=roles, **(claims or {}))
    except (OSError, ValueError, jwt.PyJWTError) as wrong:
        raise Forbidden(f"The key {key} cannot be read.", code="auth.key") from wrong


@click.command(
    epilog=lines(
        "rapport token 0192f0c1-6f3e-7d2a-9d51-5c1a0e6f7b21",
        "rapport token --subject person:first --roles admin --key keys/accounts.key",
        "export RAPPORT_TOKEN=$(rapport token --subject person:first --roles admin)",
    )
)
@click.argument("staff_id", required=False)
@click.option("--subject", help="Bootstrap: sign for this person:ID without asking accounts.")
@click.option(
    "--roles",
    multiple=True,
    type=click.Choice(sorted(ROLES)),
    help="Bootstrap: with this role (may be repeated).",
)
@click.option(
    "--key",
    envvar="RAPPORT_SIGNING_KEY",
    type=click.Path(path_type=Path),
    help="The private key of accounts (default: the house's).",
)
@token_option
@amqp_option
@json_option
@click.pass_obj
def token(  # noqa: PLR0913 - one parameter per option
    house: House,
    *,
    staff_id: str | None,
    subject: str | None,
    roles: tuple[str, ...],
    key: Path | None,
    given: str | None,
    amqp_uri: str | None,
    as_json: bool,
) -> None:
    """Sign a token of ten minutes for a member of the staff, with the rights the directory gives.

    Without a directory yet (the first day), --subject and --roles sign one by hand.
    """
    if bool(staff_id) == bool(subject):
        raise click.UsageError("Name a STAFF_ID, or give --subject and --roles.")
    if subject and not subject.startswith("person:"):
        raise click.UsageError("--subject is person:ID; a service signs itself.")
    signing = key or house.keys.get(DIRECTORY)
    if signing is None:
        raise click.UsageError("No key: give --key, the private key of accounts.")
    if subject:
        signed = sign(signing, subject, roles)
    else:
        asker = given or sign(signing, OPERATOR, ("admin",))
        with Client(house.broker(amqp_uri), name="rapport token") as client:
            found = client.call(DIRECTORY, "token_claims", {"staff_id": staff_id}, token=asker)
        signed = _sign_claims(signing, found)
    if as_json:
        show.as_json({"token": signed})
    else:
        click.echo(signed)


def _sign_claims(key: Path, found: object) -> str:
    """Sign what the directory says of a member of the staff."""
    claims = dict(found) if isinstance(found, dict) else {}
    subject, roles = claims.pop("subject", None), claims.pop("roles", None)
    if not isinstance(subject, str) or not isinstance(roles, list):
        raise RemoteBug("accounts.token_claims named no subject and roles")
    return sign(key, subject, tuple(map(str, roles)), claims)
