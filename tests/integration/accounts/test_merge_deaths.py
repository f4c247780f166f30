"""A merge that dies between any two of its steps goes on, and loses and doubles nothing."""

import threading
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from chassis import processes
from chassis.errors import Problem
from services.accounts.usecases import merging, uniting
from tests.support.accounts import Desk
from tests.support.merging import answer, merge, named, two, unmerge
from tests.support.waiting import eventually

TOUCHES = 12


class Died(Exception):
    """What a dead process leaves behind: nothing, wherever it was."""


def _touch(desk: Desk, customer_id: str, number: int) -> None:
    desk.ask("record_interaction", customer_id=customer_id, kind="call", subject="Hello",
             source="desk", source_key=f"{customer_id}-{number}")  # fmt: skip


@pytest.fixture
def pair(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Two customers with so many touches that they move in several steps."""
    monkeypatch.setattr(merging, "CHUNK", 5)
    winner, loser = two(desk)
    for number in range(TOUCHES):
        _touch(desk, loser, number)
    return winner, loser


class TestDeaths:
    """Merge loses data (pain point 3), whatever dies on the way."""

    @pytest.mark.parametrize("step", [1, 2, 3, 4])
    def test_goes_on_after_a_death_before_any_step(
        self, desk: Desk, pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch, step: int
    ) -> None:
        winner, loser = pair
        taken = _die_before(monkeypatch, step)

        with pytest.raises(Died):
            merge(desk, winner, loser)
        monkeypatch.undo()
        half = desk.count("customers")
        _hand_on(desk)

        assert (half, taken) == (2, list(range(step)))
        assert desk.count("interactions", f"WHERE customer_id = '{winner}'") == TOUCHES
        assert (desk.count("customers"), desk.count("aliases")) == (1, 1)
        assert len(desk.told("accounts.customer.merged.v1")) == 1
        assert desk.count("moved", "WHERE kind = 'interactions'") == TOUCHES

    def test_what_comes_before_the_last_step_goes_along(
        self, desk: Desk, pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        winner, loser = pair
        _die_before(monkeypatch, 4)  # everything was moved, and the loser is still there
        with pytest.raises(Died):
            merge(desk, winner, loser)
        monkeypatch.undo()

        _touch(desk, loser, TOUCHES)
        _hand_on(desk)

        assert desk.count("interactions", f"WHERE customer_id = '{winner}'") == TOUCHES + 1
        assert desk.count("customers") == 1

    def test_a_step_that_fails_at_its_end_leaves_nothing(
        self, desk: Desk, pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        winner, loser = pair

        def failing(*_: Any) -> None:
            raise OperationalError("the database is gone", None, Exception())

        monkeypatch.setattr(uniting, "keep_addresses", failing)

        answered = merge(desk, winner, loser)

        assert answered["status"] == "running"
        assert (desk.count("customers"), desk.count("aliases")) == (2, 0)
        assert desk.told("accounts.customer.merged.v1") == []
        monkeypatch.undo()
        _hand_on(desk)
        assert (desk.count("customers"), desk.count("aliases")) == (1, 1)


class TestAtOnce:
    def test_two_merges_of_one_customer_are_one(self, desk: Desk, pair: tuple[str, str]) -> None:
        winner, loser = pair
        third = desk.ask("register_customer", name="Third", email="third@lee.org")["customer_id"]
        asked = [
            {"winner": named(desk, id_), "losers": [named(desk, loser)]} for id_ in (winner, third)
        ]
        begun, refused = [], []

        def go(payload: dict[str, Any]) -> None:
            try:
                begun.append(desk.ask("merge_customers", **payload)["merge_id"])
            except Problem as refusal:
                refused.append(refusal.code)

        threads = [threading.Thread(target=go, args=(payload,)) for payload in asked]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        _hand_on(desk)

        assert len(begun) + len(refused) == 2
        assert desk.count("aliases") == desk.count("merges") == 1
        assert desk.count("interactions") == TOUCHES
        assert desk.count("interactions", f"WHERE customer_id = '{loser}'") == 0

    def test_touches_that_come_meanwhile_are_the_winners(
        self, desk: Desk, pair: tuple[str, str]
    ) -> None:
        winner, loser = pair
        noted, stop = [], threading.Event()

        def come() -> None:
            number = TOUCHES
            while not stop.is_set():
                number += 1
                try:
                    _touch(desk, loser, number)
                except Problem:
                    continue
                noted.append(number)

        coming = threading.Thread(target=come)
        coming.start()
        try:
            eventually(lambda: len(noted) >= 3, because="some came before")
            merge(desk, winner, loser)
            _hand_on(desk)
            before = len(noted)
            eventually(lambda: len(noted) >= before + 3, because="some came after")
        finally:
            stop.set()
            coming.join()

        everything = TOUCHES + len(noted)
        assert desk.count("interactions", f"WHERE customer_id = '{winner}'") == everything
        assert desk.count("interactions") == everything


class TestUndoingDies:
    def test_goes_on_where_it_stood(
        self, desk: Desk, pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        winner, loser = pair
        merge_id = merge(desk, winner, loser)["merge_id"]
        _hand_on(desk)
        answer(desk, merge_id)
        _die_before(monkeypatch, 2)

        with pytest.raises(Died):
            unmerge(desk, merge_id)
        monkeypatch.undo()
        _hand_on(desk)

        assert desk.count("interactions", f"WHERE customer_id = '{loser}'") == TOUCHES
        assert desk.count("customers") == 2
        assert len(desk.told("accounts.customer.unmerged.v1")) == 1


def _die_before(monkeypatch: pytest.MonkeyPatch, step: int) -> list[int]:
    """Let the process die before its step of this number; return those that were taken."""
    take, taken = processes.take, []

    def dying(*arguments: Any) -> None:
        if len(taken) == step:
            raise Died
        taken.append(len(taken))
        take(*arguments)

    monkeypatch.setattr(processes, "take", dying)
    monkeypatch.setattr(processes, "attempt", lambda run, _: run())
    return taken


def _hand_on(desk: Desk) -> None:
    """Let somebody else go on: the lease of who died is over."""
    with desk.runtime.database.begin() as session:
        session.connection().exec_driver_sql("UPDATE processes SET next_try = 0, attempts = 0")
    desk.run()
