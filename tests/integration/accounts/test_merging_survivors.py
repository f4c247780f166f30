"""What survives of several customers where no single field decides."""

from tests.support.accounts import Desk, a_customer
from tests.support.custom import a_field
from tests.support.merging import merge, named
from tests.support.pools import free
from tests.support.sales import StandingClock
from tests.support.standing import buy


def stage_of(desk: Desk, customer_id: str) -> object:
    return desk.ask("get_record", kind="customer", id=customer_id)["stage"]


def lose(desk: Desk, customer_id: str) -> None:
    """Say that nothing came of somebody."""
    version = named(desk, customer_id)["version"]
    desk.ask("move_customer_stage", customer_id=customer_id, version=version, stage="lost",
             reason="no_interest")  # fmt: skip


class TestStage:
    def test_who_buys_from_us_is_not_lost_with_a_prospect_of_whom_nothing_came(
        self, desk: Desk, clock: StandingClock
    ) -> None:
        winner, loser = free(desk, 2)
        day = clock.now().date().isoformat()
        buy(desk, winner, "o1", on=day)
        buy(desk, winner, "o2", on=day)
        lose(desk, loser)

        merge(desk, winner, loser)

        assert stage_of(desk, winner) == "repeat"

    def test_who_is_asked_again_is_not_lost_either(self, desk: Desk) -> None:
        winner, loser = free(desk, 2)
        lose(desk, winner)
        desk.ask("move_customer_stage", customer_id=loser, version=1, stage="prospect",
                 reason="showed_interest")  # fmt: skip

        merge(desk, winner, loser)

        assert stage_of(desk, winner) == "prospect"


class TestCustomValues:
    def test_of_several_losers_the_one_that_was_changed_last_says_it(
        self, desk: Desk, clock: StandingClock
    ) -> None:
        a_field(desk, "hobby")
        winner = a_customer(desk)["customer_id"]
        losers = []
        for hobby in ("chess", "golf"):
            losers.append(a_customer(desk, custom={"hobby": hobby})["customer_id"])
            clock.pass_(days=1)

        merge(desk, winner, *losers)

        custom = desk.ask("get_record", kind="customer", id=winner)["custom"]
        assert custom == {"hobby": "golf"}
