"""An erasure that is cut off around every step is done all the same, and once (pain point 24)."""

import contextlib

import pytest

from chassis.tables import PROCESSES
from services.sales.tables import Lead
from tests.support.dying import Death, dying
from tests.support.erasures import (
    a_person,
    erased,
    everywhere,
    followed,
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


def _through_deaths(rooms: Rooms, known: dict[str, object]) -> None:
    """Go on with an erasure whatever dies, until nothing is open any more."""
    with contextlib.suppress(Death):
        rooms.call("accounts.erase_customer", **known)
    for _ in range(500):
        try:
            rooms.settle()
        except Death:
            continue
        if all(_is_done(rooms, name) for name in rooms.all):
            return
    raise AssertionError("it never came to its end")


def _is_done(rooms: Rooms, name: str) -> bool:
    return all(row.status == "done" for row in rooms.all[name].rows(PROCESSES))


class TestDeaths:
    def test_around_every_step_change_nothing(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        expected = erased(rooms, _known_everywhere(rooms, "call-1"))["services"]
        known = wanted(rooms, _known_everywhere(rooms, "call-2"))

        with dying(monkeypatch, *KINDS) as deaths:
            _through_deaths(rooms, known)

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
