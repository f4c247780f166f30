"""The whole house: up, seen by another command, hurt, mended, down."""

from deploy.local import process, status
from deploy.local.house import House
from deploy.local.machine import port_answers
from tests.conftest import ONE_KIND


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
