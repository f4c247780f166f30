"""Every RPC with whatever anybody may send: typed errors only, nothing told, nothing half done."""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chassis.errors import Conflict
from chassis.rows import Records
from deploy.local.machine import new_password
from deploy.local.postgres import Postgres
from tests.support import fuzz_calls
from tests.support.fuzz import Fuzz
from tests.support.fuzz_calls import Counter, at_the_counters
from tests.support.fuzz_rooms import WEST, Rooms, furnished

SHORT, LONG = 700, 20_000


def test_whatever_is_sent_is_answered_in_good_order(
    rooms: Rooms, counters: dict[str, Counter]
) -> None:
    found = Fuzz(rooms, counters, seed=4).run(SHORT)

    assert not found.complaints, found.report()
    assert len(found.methods) == sum(len(counter.rpcs()) for counter in counters.values())
    assert found.outcomes["ok"] > SHORT // 20, "hardly anything was let in: the input is too bad"


@pytest.mark.long
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("seed", [1, 2])
def test_twenty_thousand_calls(rooms: Rooms, counters: dict[str, Counter], seed: int) -> None:
    found = Fuzz(rooms, counters, seed).run(LONG // 2)

    assert not found.complaints, found.report()


@pytest.mark.long
@pytest.mark.timeout(3_600)
def test_what_only_postgresql_is_particular_about(tmp_path: Path, postgres: Postgres) -> None:
    made: list[str] = []

    def url_of(service: str) -> str:
        made.append(f"fuzz_{service}_{secrets.token_hex(4)}")
        return postgres.create(made[-1], new_password())

    with furnished(tmp_path, url_of) as rooms, at_the_counters(rooms.all) as counters:
        found = Fuzz(rooms, counters, seed=3).run(LONG // 4)
    for name in made:
        postgres.drop(name)

    assert not found.complaints, found.report()


class TestAPlantedFault:
    """The rules that a run holds answers against have been seen to speak."""

    @pytest.fixture
    def complaints(self, rooms: Rooms, counters: dict[str, Counter]) -> Callable[..., str]:
        """Ask sales for its totals and say what is wrong with the answer."""

        def ask(answer: Callable[..., bytes], method: str = "totals") -> str:
            counter = counters["sales"]
            known = rooms.sales.bound.answers[method]
            rooms.sales.bound.answers[method] = answer
            try:
                fuzz = Fuzz(rooms, counters, seed=1)
                fuzz.ask("sales", counter.rows[method], {})
            finally:
                rooms.sales.bound.answers[method] = known
            return fuzz.found.report()

        return ask

    def test_a_bug(self, complaints: Any) -> None:
        assert "no category: bug" in complaints(lambda *_: 1 / 0)

    def test_a_sentence_that_tells_of_innards(self, complaints: Any) -> None:
        def refuse(*_: Any) -> bytes:
            raise Conflict("SELECT failed in chassis/work.py", code="test.innards")

        assert "innards: 'SELECT" in complaints(refuse)

    def test_a_sentence_that_tells_of_somebody(self, complaints: Any) -> None:
        def refuse(*_: Any) -> bytes:
            raise Conflict(f"There is Ada {WEST} already.", code="test.secret")

        assert f"the error tells of {WEST}" in complaints(refuse)

    def test_a_question_that_writes(self, complaints: Any, rooms: Rooms) -> None:
        def write(*_: Any) -> bytes:
            with rooms.sales.work() as work:
                work.at(work.now, "test.kind", secrets.token_hex(4), {})
            return b"{}"

        assert "a question wrote something" in complaints(write)

    def test_a_refusal_that_leaves_something_behind(self, complaints: Any, rooms: Rooms) -> None:
        def half(*_: Any) -> bytes:
            with rooms.sales.work() as work:
                work.at(work.now, "test.kind", secrets.token_hex(4), {})
            raise Conflict("Too late.", code="test.late")

        assert "yet something was written" in complaints(half)

    def test_an_answer_that_is_not_what_is_shown(self, rooms: Rooms) -> None:
        row = rooms.sales.page.rows["open_opportunity"]
        assert not isinstance(row, Records)
        shown = row.shows

        assert list(fuzz_calls.unlike(shown, {"id": 7, "password": "x"})) == [
            "password is not declared", "id is shown as int",
        ]  # fmt: skip

    def test_an_answer_that_withholds_what_it_need_not(self, rooms: Rooms) -> None:
        card = rooms.accounts.page.rows["shared_customer"]
        order = rooms.sales.page.rows["open_opportunity"]
        assert not isinstance(card, Records)
        assert not isinstance(order, Records)
        hidden = {"customer": {"id": "c1", "withheld": ["email", "name"]}}

        assert list(fuzz_calls.unlike(card.shows, hidden)) == ["name is withheld and not guarded"]
        assert list(fuzz_calls.unlike(order.shows, {"withheld": ["id"]})) == [
            "withheld is not declared"
        ]
