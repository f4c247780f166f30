"""Parked messages that name who was erased are dropped, at the price of a look now and then."""

import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from types import SimpleNamespace
from typing import Any

import pika
import pytest
from sqlalchemy import event

from chassis import erased, sweeping
from chassis.database import Database
from chassis.erasing import erase_values
from chassis.topology import names
from chassis.work import Work
from tests.support.bus import Bus, fresh_bus
from tests.support.things import a_thing, at_work, opened
from tests.support.waiting import eventually

__all__ = ["fresh_bus"]
PARKED = names.parked_queue("sales")


class Service:
    """As much of a running service as a sweep asks for."""

    service = "sales"

    def __init__(self, database: Database, bus: Bus) -> None:
        self.database = database
        self.settings = SimpleNamespace(amqp_uri=bus.uri_of("sales"))
        self.asked = 0
        event.listen(database.engine, "before_cursor_execute", self._count)

    def _count(self, *_: Any) -> None:
        self.asked += 1

    def working(self, _: object) -> AbstractContextManager[Work]:
        return at_work(self.database)

    def sweep(self) -> int:
        runtime: Any = self
        return sweeping.sweep_parked(runtime)


@pytest.fixture
def service(sqlite_url: str, fresh_bus: Bus) -> Iterator[Service]:
    """A service in which customer c1 was erased."""
    with opened(sqlite_url) as database:
        with at_work(database) as work:
            erased.note(work.session, ["c1"], "task")
        yield Service(database, fresh_bus)


def park(bus: Bus, *bodies: str) -> None:
    """Park messages of sales."""
    there = bus.depth(PARKED)
    with contextlib.closing(bus.connect("sales")) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        for body in bodies:
            channel.basic_publish(
                names.park_exchange("sales"), "sales.customers.q1", body.encode(),
                pika.BasicProperties(delivery_mode=2), mandatory=True,
            )  # fmt: skip
    eventually(lambda: bus.depth(PARKED) == there + len(bodies), because="all are parked")


def others(count: int) -> list[str]:
    """Make messages that name nobody who was erased."""
    return [f'{{"customer_id":"other{number}"}}' for number in range(count)]


class TestSweep:
    def test_drops_who_was_erased_and_leaves_the_others(
        self, service: Service, fresh_bus: Bus
    ) -> None:
        park(fresh_bus, '{"customer_id":"c1"}', *others(2), '{"winner_id":"c1"}')

        dropped = service.sweep()

        assert dropped == 2
        assert eventually(lambda: fresh_bus.depth(PARKED) == 2)

    def test_asks_the_database_about_many_at_once(self, service: Service, fresh_bus: Bus) -> None:
        park(fresh_bus, *others(250), '{"customer_id":"c1"}')

        dropped = service.sweep()

        assert dropped == 1
        assert service.asked < 20

    def test_leaves_alone_what_it_has_looked_through(
        self, service: Service, fresh_bus: Bus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        park(fresh_bus, *others(3))
        looked: list[int] = []
        sweep = sweeping._sweep
        monkeypatch.setattr(
            sweeping, "_sweep", lambda *given: (looked.append(given[2]), sweep(*given))[1]
        )
        for _ in range(2):
            service.sweep()
            eventually(lambda: fresh_bus.depth(PARKED) == 3, because="they are back")

        assert looked == [3]

    def test_looks_again_when_another_is_parked_or_erased(
        self, service: Service, fresh_bus: Bus
    ) -> None:
        thing_id = a_thing(service.database, name="lamp")
        park(fresh_bus, f'{{"thing_id":"{thing_id}"}}')
        before = service.sweep()
        eventually(lambda: fresh_bus.depth(PARKED) == 1, because="it is back")
        with at_work(service.database) as work:
            erase_values(work, [("test_things", thing_id)])

        after = service.sweep()
        park(fresh_bus, '{"customer_id":"c1"}')

        assert (before, after, service.sweep()) == (0, 1, 1)

    def test_looks_again_after_a_while_for_what_took_the_place_of_another(
        self, service: Service, fresh_bus: Bus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        park(fresh_bus, *others(1))
        service.sweep()
        with contextlib.closing(fresh_bus.connect()) as connection:
            connection.channel().queue_purge(PARKED)
        park(fresh_bus, '{"customer_id":"c1"}')
        monkeypatch.setattr(sweeping, "REST_SECONDS", 0.0)

        dropped = service.sweep()

        assert dropped == 1
