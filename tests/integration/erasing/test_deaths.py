"""An erasure that is cut off around every step is done all the same, and once (pain point 24)."""

import pytest

from services.sales.tables import Lead
from tests.support.dying import dying
from tests.support.erasures import (
    a_person,
    erased,
    everywhere,
    followed,
    through_deaths,
    traces_of_nobody,
    wanted,
    words_everywhere,
)
from tests.support.fuzz_rooms import Rooms
from tests.support.persons import SECRET

KINDS = ("erase_customer", "follow_customer")


def _known_everywhere(rooms: Rooms, call_id: str) -> str:
    traces_of_nobody(rooms, call_id)
    id_ = a_person(rooms, external_ids={"shop": SECRET})
    words_everywhere(rooms, id_)
    return id_


class TestDeaths:
    def test_around_every_step_change_nothing(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        expected = erased(rooms, _known_everywhere(rooms, "call-1"))["services"]
        known = wanted(rooms, _known_everywhere(rooms, "call-2"))

        with dying(monkeypatch, *KINDS) as deaths:
            through_deaths(rooms, known)

        certificate = followed(rooms, str(known["request_id"]))
        assert {one.partition(" ")[0] for one in deaths.died} == set(KINDS)
        assert len(deaths.died) > 100
        assert certificate["status"] == "done"
        assert certificate["services"] == expected
        assert everywhere(rooms) == []
        assert len(rooms.accounts.told("accounts.customer.erased.v1")) == 2
        assert len(rooms.accounts.told("accounts.erasure.completed.v1")) == 2
        assert len(rooms.sales.told("sales.customer.followed.v1")) == 2
        assert len(rooms.sales.rows(Lead)) == 8
