"""The way into a house: a person's request over the operator's connection."""

from typing import Any

from chassis.plain.rpc import Client
from chassis.tokens import HOUSE, Signer
from chassis.topology.names import OPERATOR
from deploy.local.house import House

SECONDS = 20.0


class Door:
    """How a person's request comes in: the operator's connection, the person's token."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.client = Client(house.uri_of(OPERATOR), name="journeys").start()
        self.signer = Signer(house.signing_keys / "accounts.key", "accounts")
        self.admin = self.signer.sign("person:admin", [HOUSE], roles=["admin"])

    def call(self, method: str, payload: dict[str, Any], token: str | None = None, **more: Any):
        """Call ``service.method``."""
        service, _, name = method.partition(".")
        token = self.admin if token is None else token
        return self.client.call(
            service, name, payload, token=token, timeout_seconds=SECONDS, **more
        )

    def token_of(self, staff_id: str) -> str:
        """Sign in a member of the staff with the rights that the directory gives."""
        claims = self.call("accounts.token_claims", {"staff_id": staff_id})
        return self.signer.sign(
            claims["subject"],
            [HOUSE],
            roles=claims["roles"],
            entity=claims["entity"],
            teams=claims["teams"],
            territories=claims["territories"],
        )
