"""A whole house for a module of journeys, on each kind of database in turn."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chassis.plain.rpc import Client
from chassis.tokens import HOUSE, Signer
from chassis.topology.names import OPERATOR
from deploy.local.broker import Broker
from deploy.local.house import House, Kind
from tests.support.places import opened_house

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


@pytest.fixture(scope="module", params=list(Kind), ids=str)
def kind(request: pytest.FixtureRequest) -> Kind:
    """Each kind of database in turn."""
    return Kind(request.param)


@pytest.fixture(scope="module")
def running_house(
    kind: Kind,
    tmp_path_factory: pytest.TempPathFactory,
    session_broker: Broker,
    request: pytest.FixtureRequest,
) -> Iterator[House]:
    """A house in which everything runs."""
    server = request.getfixturevalue("session_postgres") if kind is Kind.POSTGRESQL else None
    with opened_house(tmp_path_factory.mktemp("house"), kind, session_broker, server) as opened:
        opened.up()
        yield opened


@pytest.fixture(scope="module")
def door(running_house: House) -> Iterator[Door]:
    """The way in."""
    opened = Door(running_house)
    yield opened
    opened.client.close()
