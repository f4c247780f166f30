"""Where the log has a hole: it is noted once, and known after a restart."""

from collections import deque
from collections.abc import Iterator
from itertools import count
from typing import Self

import pytest

from chassis.errors import Unavailable
from chassis.plain.delivery import Delivery
from services.analytics.warehouse import following, progress
from services.analytics.warehouse.following import GLANCE_SECONDS, Following
from tests.support.warehouse import a_warehouse, an_order, landed, message, rows


class TestPlace:
    def test_is_the_newest_life_of_its_stream(self) -> None:
        con = a_warehouse()
        first = progress.begin(con, "crm.log", "first")
        other = progress.begin(con, "another", "first")
        second = progress.begin(con, "crm.log", "made anew")

        assert progress.current(con, "crm.log") == second
        assert progress.current(con, "another") == other
        assert (first.ordinal, second.ordinal, other.ordinal) == (1, 2, 1)
        assert second.offset is None
        assert first.incarnation != second.incarnation

    def test_knows_where_the_log_goes_on_behind_a_gap(self) -> None:
        con = a_warehouse()
        landed(con, [message(an_order(1))])
        place = progress.current(con, "crm.log")
        assert place is not None

        news = [progress.note_gap(con, place, 1, found) for found in (40, 40, 60, 50)]

        assert news == [True, False, True, False]
        assert progress.beyond_gap(con, place) == 60
        assert progress.beyond_gap(con, place.at(60)) is None
        assert rows(con, "SELECT expected, found FROM gap") == [(1, 60)]


class Clock:
    """A clock that moves when a message is waited for."""

    def __init__(self) -> None:
        self.now = 1.0

    def monotonic(self) -> float:
        return self.now


class Growing:
    """A log that another message comes into every tenth of a second, from offset 100 on."""

    clock = Clock()

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def read(self, idle_seconds: float) -> Iterator[Delivery]:
        for offset in count(100):
            self.clock.now += min(0.1, idle_seconds)
            yield message(an_order(offset)).at(offset)


class Silent(Growing):
    """A log whose end is at offset 9, and that shows nothing to whoever reads on."""

    clock = Clock()

    def __init__(self, *_: object, place: object = None, **__: object) -> None:
        self._place = place

    def read(self, idle_seconds: float) -> Iterator[Delivery]:
        self.clock.now += idle_seconds
        if self._place == "last":
            yield message(an_order(9)).at(9)


class TestStall:
    @pytest.mark.parametrize("read", [0, 1])
    def test_of_a_log_that_goes_on_is_a_reason_to_open_it_anew(
        self, monkeypatch: pytest.MonkeyPatch, read: int
    ) -> None:
        monkeypatch.setattr(following, "StreamReader", Silent)
        monkeypatch.setattr(following, "time", Silent.clock)
        con = a_warehouse()
        landed(con, [message(an_order(number)) for number in range(read)])

        with pytest.raises(Unavailable) as stalled:
            deque(Following("nowhere", "crm.log", lambda: con).batches(), maxlen=0)

        assert stalled.value.code == "warehouse.log.stalled"

    def test_is_none_where_everything_was_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(following, "StreamReader", Silent)
        monkeypatch.setattr(following, "time", Silent.clock)
        con = a_warehouse()
        landed(con, [message(an_order(number)) for number in range(10)])

        batches = Following("nowhere", "crm.log", lambda: con).batches()
        until = Silent.clock.now + 100
        ended = [next(batches).ended_by for _ in iter(lambda: Silent.clock.now < until, False)]

        assert len(ended) > 100
        assert set(ended) == {None}


class TestLastOffset:
    def test_of_a_log_that_grows_is_about_that_of_when_it_was_asked(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(following, "StreamReader", Growing)
        monkeypatch.setattr(following, "time", Growing.clock)

        last = Following("nowhere", "log", a_warehouse).last_offset(GLANCE_SECONDS)

        assert last is not None
        assert last in {103, 104}
