"""The whole house: up, seen by another command, hurt, mended, down."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import process, status
from deploy.local.broker import Broker
from deploy.local.house import House, Kind
from deploy.local.machine import port_answers
from tests.conftest import ONE_KIND, TWO, _server
from tests.support.places import opened_house


@pytest.fixture
def house(
    database_kind: Kind, tmp_path: Path, session_broker: Broker, request: pytest.FixtureRequest
) -> Iterator[House]:
    """A house that is prepared by the commands that a user's is prepared by."""
    server = _server(database_kind, request)
    with opened_house(tmp_path, database_kind, session_broker, server, TWO, opens=House) as opened:
        yield opened


class TestHouse:
    @ONE_KIND
    def test_goes_up_and_is_found_again_hurt_mended_and_goes_down(self, house: House) -> None:
        house.up()
        again = House(house.directory, broker=house.broker, postgres=house.postgres)
        seen = status.look(again)
        house.kill("sales")
        hurt = status.look(house)
        house.restart("sales")
        mended = status.look(house)
        killed = House(house.directory, broker=house.broker, postgres=house.postgres).down()

        down = [one.name for one in hurt.services if not one.is_ready]
        assert (hurt.is_up, down, mended.is_up) == (False, ["sales"], True)
        assert status.render(hurt).endswith("something is down")

        assert (seen.is_up, seen.parked, seen.outbox_pending, killed) == (True, 0, 0, [])
        assert {one.name for one in seen.services} == set(house.places)
        for place in house.places.values():
            assert place.process is not None
            assert not process.is_alive(place.process)
            assert not port_answers(place.ops_port)

    def test_keeps_its_secrets_to_itself(self, house: House) -> None:
        house.prepare()

        secrets = [house.directory / "house.json", house.directory / "passwords.json"]
        secrets += [path for path in house.signing_keys.iterdir() if path.suffix == ".key"]
        assert {path.stat().st_mode & 0o777 for path in secrets} == {0o600}
        assert len(secrets) == 2 + len(house.places)
