"""Reading the log without eventlet, on a real broker."""

import contextlib
import threading
import time

import pika
import pytest

from chaos.lines import Line
from chassis.errors import Forbidden
from chassis.plain import stream
from chassis.plain.publish import Publisher
from chassis.plain.stream import GapDetected, StreamReader
from tests.support.bus import Bus, bus
from tests.support.plain import empty, persistent, send, up_to, whole
from tests.support.waiting import PATIENCE_SECONDS

__all__ = ["bus", "empty"]


class TestStreamReader:
    def test_reads_from_every_place(self, bus: Bus) -> None:
        last = self._tell(bus, 20)
        uri = bus.uri_of("operator")

        def read(place: int | str) -> list[int]:
            with StreamReader(uri, place=place) as reader:
                return up_to(reader, last)

        assert read("first") == list(range(last + 1))
        assert read(last - 4) == list(range(last - 4, last + 1))
        assert read("last")[-1] == last
        with StreamReader(uri, place="next") as reader:
            assert list(reader.read(idle_seconds=0.7)) == []

    def test_resumes_behind_what_was_applied(self, bus: Bus) -> None:
        last = self._tell(bus, 10)

        with StreamReader(bus.uri_of("operator"), after=last - 3) as reader:
            found = up_to(reader, last)

        assert found == [last - 2, last - 1, last]

    def test_goes_on_where_it_was_after_a_cut(self, bus: Bus) -> None:
        last = self._tell(bus, 2000)
        line = Line(bus.port)
        found = []

        with StreamReader(
            bus.through(line.port, "operator"), place="first", prefetch=100
        ) as reader:
            for entry in reader.read(idle_seconds=PATIENCE_SECONDS):
                found.append(entry.offset)
                if len(found) in {500, 1500}:
                    line.cut()
                if entry.offset == last:
                    break
            found += [entry.offset for entry in reader.read(idle_seconds=0.5)]
        line.close()

        assert found == list(range(last + 1))
        assert line.passed == 3

    def test_does_not_take_connecting_for_idleness(
        self, bus: Bus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stream, "IDLE_SECONDS", 0.05)
        last = self._tell(bus, 1)
        publisher = Publisher(bus.amqp_uri).start()
        event = ("sales.events", "sales.order.placed.v1", b"{}", persistent("late"))
        late = threading.Timer(0.15, publisher.publish, event)  # after the first look
        connecting: list[float] = []

        def slowly(reader: StreamReader) -> pika.BlockingConnection:
            connection = opened(reader)
            connecting.append(2 * PATIENCE_SECONDS)  # it takes longer than is waited for idly
            late.start()
            return connection

        opened = StreamReader._open
        monkeypatch.setattr(StreamReader, "_open", slowly)
        monkeypatch.setattr(stream, "monotonic", lambda: time.monotonic() + sum(connecting))
        with StreamReader(bus.uri_of("operator")) as reader:
            found = next(reader.read(idle_seconds=PATIENCE_SECONDS)).offset
        publisher.close()

        assert found == last + 1

    def test_looks_before_it_says_that_the_log_ends(
        self, bus: Bus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        last = self._tell(bus, 3)
        monkeypatch.setattr(stream, "PROBE_SECONDS", 0.0)  # as after a stall
        monkeypatch.setattr(stream, "IDLE_SECONDS", PATIENCE_SECONDS)  # one look is long enough

        with StreamReader(bus.uri_of("operator"), after=last - 1) as reader:
            found = up_to(reader, last)

        assert found == [last]

    def test_that_waits_for_what_comes_next_misses_nothing_through_a_cut(self, bus: Bus) -> None:
        last = self._tell(bus, 3)
        line = Line(bus.port)

        with StreamReader(bus.through(line.port, "operator"), place="next") as reader:
            reader._receive(0.1)  # begins to read at the end
            line.cut()
            send(bus, 2, "sales.events", "sales.order.placed.v1")
            found = up_to(reader, last + 2)
        line.close()

        assert found[-2:] == [last + 1, last + 2]

    def test_notices_a_gap(self, bus: Bus) -> None:
        name = "gap"
        with contextlib.closing(bus.connect()) as connection:
            arguments = {
                "x-queue-type": "stream",
                # More than one file: the last may have been begun and show nothing yet.
                "x-max-length-bytes": 600_000,
                "x-stream-max-segment-size-bytes": 50_000,
            }
            channel = connection.channel()
            channel.queue_declare(name, durable=True, arguments=arguments)
            channel.queue_bind(name, "crm.outbound", name)
        with Publisher(bus.amqp_uri) as publisher:
            for number in range(2000):
                publisher.publish("crm.outbound", name, b"x" * 1000, persistent(number))

        with (
            StreamReader(bus.amqp_uri, after=5, stream=name) as reader,
            pytest.raises(GapDetected, match=r"Offset 6 was .* but the log goes on at \d+") as gap,
        ):
            next(reader.read(idle_seconds=PATIENCE_SECONDS))

        found = gap.value.detail["found"]
        assert isinstance(found, int)
        assert found > 6

    def test_notices_that_the_log_began_anew(
        self, bus: Bus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stream, "PROBE_SECONDS", 1.0)
        self._tell(bus, 3)

        with (
            StreamReader(bus.uri_of("operator"), after=1_000_000) as reader,
            pytest.raises(GapDetected, match="but the log ends before that"),
        ):
            next(reader.read())

    def test_says_when_it_may_not_read(self, bus: Bus) -> None:
        with (
            StreamReader(bus.uri_of("sales")) as reader,
            pytest.raises(Forbidden, match="ACCESS_REFUSED"),
        ):
            next(reader.read())

    def test_can_be_stopped_in_the_middle(self, bus: Bus) -> None:
        last = self._tell(bus, 1000)
        reader = StreamReader(bus.uri_of("operator"), place="first")

        entries = reader.read()
        seen = [next(entries).offset for _ in range(10)]
        reader.close()

        assert seen == list(range(10))
        with StreamReader(bus.uri_of("operator"), place=last) as again:
            assert up_to(again, last) == [last]

    def _tell(self, bus: Bus, count: int) -> int:
        """Tell some events and return the last offset of the log."""
        send(bus, count, "sales.events", "sales.order.placed.v1")
        with StreamReader(bus.uri_of("operator"), place="last") as reader:
            return max(int(entry.offset or 0) for entry in whole(reader))
