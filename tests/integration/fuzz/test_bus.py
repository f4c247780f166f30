"""The same over a real broker: processes that live on and answer whatever comes."""

import json
from collections.abc import Iterator
from random import Random

import pytest

from chassis.errors import CATEGORIES
from chassis.rows import Records, RpcRow
from chassis.tokens import HOUSE, Signer
from chassis.topology.names import OPERATOR
from deploy.local.broker import Broker
from deploy.local.house import House, Kind
from rapport_cli import services
from tests.conftest import TWO
from tests.support.couriers import Courier
from tests.support.fuzz_values import Drawing, written
from tests.support.places import opened_house

CALLS = {"short": 150, "long": 3_000}


class NoStock:
    """Nothing is known of what a house holds."""

    def ids(self, _name: str) -> list[str]:
        return []

    of_table = ids

    def any_id(self, _dice: Random) -> str:
        return "nobody"

    def version(self, _id: str) -> None:
        return None


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory, session_broker: Broker) -> Iterator[House]:
    """Two services that run."""
    folder = tmp_path_factory.mktemp("fuzz")
    with opened_house(folder, Kind.SQLITE, session_broker, None, TWO) as opened:
        opened.up()
        yield opened


@pytest.mark.parametrize("length", ["short", pytest.param("long", marks=pytest.mark.long)])
def test_every_process_answers_and_lives_on(living: House, length: str) -> None:
    before = {name: place.process for name, place in living.places.items()}
    signer = Signer(living.signing_keys / "accounts.key", "accounts")
    token = signer.sign("person:admin", [HOUSE], roles=["admin"])
    courier, dice = Courier(living, OPERATOR), Random(9)  # noqa: S311  # dice that repeat
    courier.listen()
    drawing = Drawing(dice, NoStock())
    every = [
        (name, row, next(one for one in services.rows(name).values() if isinstance(one, Records)))
        for name in TWO
        for row in services.rows(name).values()
        if isinstance(row, RpcRow)
    ]

    for number in range(CALLS[length]):
        name, row, plain = every[number % len(every)]
        body = written(drawing.spoilt(drawing.payload(row, plain)))
        answer = courier.ask(f"{name}.{row.name}", body, headers={"nameko.auth_token": token})
        if answer["error"] is not None:
            assert answer["error"]["category"] in CATEGORIES, (row.name, body[:300])
            assert "Traceback" not in json.dumps(answer["error"])

    courier.close()
    assert {name: place.process for name, place in living.places.items()} == before
    assert all(place.is_running for place in living.places.values())
