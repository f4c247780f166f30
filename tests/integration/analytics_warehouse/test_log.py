"""What may happen to the log itself: holes, a new life, a long silence, a cut line."""

import contextlib
from pathlib import Path

import duckdb
import pika
import pytest

from chaos.lines import Line
from chassis.errors import Forbidden, Unavailable
from chassis.plain.publish import Publisher
from chassis.topology.names import EVENTS_EXCHANGE, LOG_STREAM
from services.analytics.warehouse import progress
from services.analytics.warehouse.arrivals import receive
from services.analytics.warehouse.following import Following
from services.analytics.warehouse.landing import land
from tests.support.bus import Bus, fresh_bus
from tests.support.waiting import eventually, linger
from tests.support.warehouse import Message, a_warehouse, an_order, message, publish, rows, running

__all__ = ["fresh_bus"]


def follow(uri: str, stream: str, con: duckdb.DuckDBPyConnection, until: int) -> None:
    """Follow a log into a warehouse until an offset is applied."""
    following = Following(uri, stream, lambda: con)
    for _ in range(10):
        for batch in following.batches():
            if batch.deliveries:
                land(con, [receive(one) for one in batch.deliveries], batch.place)
            if batch.place.offset is not None and batch.place.offset >= until:
                return
    raise AssertionError(rows(con, "SELECT stream, applied_offset FROM progress"))


def a_small_log(bus: Bus, name: str, first: int, count: int, keeps_bytes: int = 600_000) -> None:
    """Declare a log that keeps little, and fill it with orders.

    What it keeps is more than one file, however few chunks the broker makes of the messages: the last
    file may have been begun and be empty still, and a log that keeps only that one shows nothing.
    """
    with contextlib.closing(bus.connect()) as connection:
        arguments = {
            "x-queue-type": "stream",
            "x-max-length-bytes": keeps_bytes,
            "x-stream-max-segment-size-bytes": 50_000,
        }
        connection.channel().queue_declare(name, durable=True, arguments=arguments)
    with Publisher(bus.amqp_uri) as publisher:
        for number in range(first, first + count):
            told = message(an_order(number, lines=1))
            properties = pika.BasicProperties(delivery_mode=2, headers=dict(told.headers))
            publisher.publish("", name, told.body, properties)


def recreated(bus: Bus) -> None:
    """Delete the log and make it again, empty."""
    log = next(queue for queue in bus.topology.queues if queue.name == LOG_STREAM)
    with contextlib.closing(bus.connect()) as connection:
        channel = connection.channel()
        channel.queue_delete(LOG_STREAM)
        channel.queue_declare(LOG_STREAM, durable=True, arguments=dict(log.arguments))
        channel.queue_bind(LOG_STREAM, EVENTS_EXCHANGE, "#")


class TestGap:
    @pytest.mark.timeout(900)
    def test_is_noted_and_reading_goes_on_behind_it(self, fresh_bus: Bus) -> None:
        con = a_warehouse()
        a_small_log(fresh_bus, "small", 0, 5)
        follow(fresh_bus.amqp_uri, "small", con, 4)
        a_small_log(fresh_bus, "small", 5, 1500)
        left = _offsets(fresh_bus, "small")
        assert left[0] > 6  # retention has taken what was to come next

        follow(fresh_bus.amqp_uri, "small", con, left[-1])

        assert rows(con, "SELECT expected, found FROM gap") == [(5, left[0])]
        assert rows(con, "SELECT applied, applied_offset, ordinal FROM progress") == [
            (5 + len(left), left[-1], 1)
        ]

    @pytest.mark.timeout(900)
    def test_before_the_first_reading_is_one_too(self, fresh_bus: Bus) -> None:
        con = a_warehouse()
        a_small_log(fresh_bus, "small", 0, 1500)
        left = _offsets(fresh_bus, "small")

        follow(fresh_bus.amqp_uri, "small", con, left[-1])

        assert left[0] > 0
        assert rows(con, "SELECT expected, found FROM gap") == [(0, left[0])]

    @pytest.mark.timeout(900)
    def test_that_widens_before_it_is_passed_is_noted_as_wide_as_it_is(
        self, fresh_bus: Bus
    ) -> None:
        con = a_warehouse()
        a_small_log(fresh_bus, "small", 0, 5)
        follow(fresh_bus.amqp_uri, "small", con, 4)
        place = progress.current(con, "small")
        assert place is not None
        progress.note_gap(con, place, 5, 9)  # and killed before it read on
        a_small_log(fresh_bus, "small", 5, 1500)
        left = _offsets(fresh_bus, "small")
        assert left[0] > 9

        follow(fresh_bus.amqp_uri, "small", con, left[-1])

        assert rows(con, "SELECT expected, found FROM gap") == [(5, left[0])]

    @pytest.mark.timeout(900)
    def test_behind_which_the_log_was_made_anew_begins_a_new_life(self, fresh_bus: Bus) -> None:
        con = a_warehouse()
        publish(fresh_bus.amqp_uri, [message(an_order(number)) for number in range(5)])
        follow(fresh_bus.amqp_uri, LOG_STREAM, con, 4)
        place = progress.current(con, LOG_STREAM)
        assert place is not None
        progress.note_gap(con, place, 5, 40)  # and killed before it read on
        recreated(fresh_bus)
        publish(fresh_bus.amqp_uri, [message(an_order(100 + number)) for number in range(20)])

        follow(fresh_bus.amqp_uri, LOG_STREAM, con, 19)

        assert rows(con, "SELECT ordinal, applied FROM progress ORDER BY ordinal") == [
            (1, 5), (2, 20),
        ]  # fmt: skip

    @pytest.mark.timeout(900)
    def test_is_not_what_the_broker_keeps_for_itself(self, fresh_bus: Bus) -> None:
        con = a_warehouse()
        a_small_log(fresh_bus, "small", 0, 250, keeps_bytes=20_000_000)
        left = _offsets(fresh_bus, "small")
        assert len(left) == 250
        assert left[-1] > 249  # each segment begins with an entry that is never delivered

        follow(fresh_bus.amqp_uri, "small", con, left[-1])

        assert rows(con, "SELECT count(*) FROM gap") == [(0,)]
        assert rows(con, "SELECT applied FROM progress") == [(250,)]


class TestNewLife:
    @pytest.mark.timeout(900)
    @pytest.mark.parametrize("told_since", [4, 40])
    def test_of_the_log_is_told_whether_it_is_shorter_or_longer_than_before(
        self, fresh_bus: Bus, tmp_path: Path, told_since: int
    ) -> None:
        before = [message(an_order(number)) for number in range(20)]
        since = [message(an_order(100 + number)) for number in range(told_since)]
        publish(fresh_bus.amqp_uri, before)
        with running(tmp_path, fresh_bus) as warehouse:
            warehouse.caught_up(19)
            warehouse.stop()
            recreated(fresh_bus)
            # Two of the old ones are told again: the outbox resends what was not confirmed.
            publish(fresh_bus.amqp_uri, [*before[18:], *since])
            warehouse.start()

            status = warehouse.until(lambda found: found["applied"] == 20 + told_since)
            warehouse.stop()

        assert (status["ordinal"], status["duplicates"], status["gaps"]) == (2, 2, 0)
        assert status["applied_offset"] == told_since + 1

    @pytest.mark.timeout(900)
    def test_of_the_log_while_it_runs_is_told_too(self, fresh_bus: Bus, tmp_path: Path) -> None:
        publish(fresh_bus.amqp_uri, [message(an_order(number)) for number in range(5)])
        with running(tmp_path, fresh_bus) as warehouse:
            warehouse.caught_up(4)

            recreated(fresh_bus)
            publish(fresh_bus.amqp_uri, [message(an_order(100 + n)) for n in range(30)])
            status = warehouse.until(lambda found: found["applied"] == 35)
            warehouse.stop()

        assert (status["ordinal"], status["duplicates"]) == (2, 0)
        assert "the log was made anew" in warehouse.log.read_text()

    def test_of_an_empty_log_is_waited_for(self, fresh_bus: Bus) -> None:
        con = a_warehouse()
        publish(fresh_bus.amqp_uri, [message(an_order(1))])
        follow(fresh_bus.amqp_uri, LOG_STREAM, con, 0)
        recreated(fresh_bus)

        with pytest.raises(Unavailable, match="does not show offset 0 at present"):
            list(Following(fresh_bus.amqp_uri, LOG_STREAM, lambda: con).batches())

        assert rows(con, "SELECT ordinal FROM progress") == [(1,)]


class TestLine:
    @pytest.mark.timeout(900)
    def test_that_is_cut_loses_and_doubles_nothing(self, fresh_bus: Bus) -> None:
        con = a_warehouse()
        publish(fresh_bus.amqp_uri, [message(an_order(number)) for number in range(7000)])
        line = Line(fresh_bus.port)
        following = Following(fresh_bus.through(line.port, "warehouse"), LOG_STREAM, lambda: con)

        for batch in following.batches():
            if batch.deliveries:
                land(con, [receive(one) for one in batch.deliveries], batch.place)
                line.cut()
            if batch.place.offset == 6999:
                break
        line.close()

        assert line.passed > 1
        assert rows(con, "SELECT applied, duplicates FROM progress") == [(7000, 0)]

    def test_to_a_log_that_is_not_for_this_user_is_refused(self, fresh_bus: Bus) -> None:
        con = a_warehouse()

        with pytest.raises(Forbidden, match="ACCESS_REFUSED"):
            list(Following(fresh_bus.uri_of("sales"), LOG_STREAM, lambda: con).batches())


class TestStrangers:
    @pytest.mark.timeout(900)
    def test_an_event_under_a_foreign_name_stops_nothing(
        self, fresh_bus: Bus, tmp_path: Path
    ) -> None:
        forged = message(an_order(1))
        forged = Message(
            exchange="accounts.events",
            key="accounts.customer.created.v1",
            headers=forged.headers,
            body=forged.body,
        )
        with running(tmp_path, fresh_bus) as warehouse:
            publish(fresh_bus.amqp_uri, [message(an_order(2)), forged, message(an_order(3))])
            status = warehouse.caught_up(2)
            (kept,) = warehouse.ask_list("quarantine")
            warehouse.stop()

        assert (status["applied"], status["quarantined_by_reason"]) == (2, {"envelope": 1})
        assert kept["sentence"] == "sales.order.placed.v1 came through accounts.events"


def _offsets(bus: Bus, stream: str) -> list[int]:
    """Look up what a log holds when retention has done its work, without the reader that is tested."""
    looks: list[list[int]] = [[]]

    def unchanged() -> bool:
        looks.append(_looked_up(bus, stream))
        return looks[-1] == looks[-2] != []

    eventually(unchanged)
    return looks[-1]


def _looked_up(bus: Bus, stream: str) -> list[int]:
    """Read a log once; of a file that retention takes away meanwhile nothing may come."""
    found: list[int] = []
    with contextlib.closing(bus.connect()) as connection:
        channel = connection.channel()
        channel.basic_qos(prefetch_count=5000)
        channel.basic_consume(
            stream,
            lambda _, __, properties, ___: found.append(properties.headers["x-stream-offset"]),
            arguments={"x-stream-offset": "first"},
        )
        count = -1
        while count < len(found):
            count = len(found)
            connection.process_data_events(1)
            linger(0.2)
            connection.process_data_events(0.2)
    return found
