"""Following the log: batches in order, and what to do where it has a hole or was made anew."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import duckdb

from chassis.errors import Problem, Unavailable
from chassis.logs import get_logger
from chassis.plain.delivery import Delivery
from chassis.plain.stream import GapDetected, LogReplaced, StreamReader
from chassis.plain.stream import Place as At
from services.analytics.warehouse import metrics, progress
from services.analytics.warehouse.arrivals import mark_of
from services.analytics.warehouse.progress import Place

BATCH_EVENTS = 5_000
BATCH_SECONDS = 0.2
LONGEST_SECONDS = (
    2.0  # who is behind reads as long as landing took, so that batches grow with the lag
)
PROBE_IDLE_SECONDS = 0.5
PROBE_SECONDS = 3.0
GLANCE_SECONDS = 0.3  # the last chunk of a log takes less; what comes later is told since

log = get_logger(__name__)


@dataclass(slots=True)
class Batch:
    """Messages in order, the place of the last, and what ended the reading, if something did."""

    place: Place
    deliveries: list[Delivery] = field(default_factory=list)
    ended_by: Problem | None = None


class Following:
    """Yield what the log holds behind the place where the file stands.

    ``con`` gives the connection of the thread that follows: gaps and new lives of the log are
    written down there.
    """

    def __init__(
        self, amqp_uri: str, stream: str, con: Callable[[], duckdb.DuckDBPyConnection]
    ) -> None:
        self._amqp_uri, self._stream, self._con = amqp_uri, stream, con
        self._span = BATCH_SECONDS

    def batches(self) -> Iterator[Batch]:
        """Yield batches, an empty one when nothing came for a while; each is landed before the next.

        It ends where the log must be opened anew: after a gap, or in another life of it.

        :raises Unavailable: if the broker stays away.
        :raises Refused: if there is no such log or this user may not read it.
        """
        place = progress.current(self._con(), self._stream)
        if place is None:
            place = progress.begin(self._con(), self._stream, "first")
        with self._reader(place) as reader:
            batch = Batch(place)
            while batch.ended_by is None:
                batch = self._gather(reader, batch.place)
                handed_out = time.monotonic()
                yield batch
                landing = time.monotonic() - handed_out
                self._span = min(max(landing, BATCH_SECONDS), LONGEST_SECONDS)
        self._settle(batch.place, batch.ended_by)

    def last_offset(self, seconds: float = PROBE_SECONDS) -> int | None:
        """Return the last offset of the log; None if it is empty, or the broker slow.

        A log that grows is read on for so long, so that a slow broker can show its end.

        :raises Unavailable: if the broker stays away.
        """
        ends = [int(one.offset or 0) for one in self._look("last", seconds)]
        return max(ends, default=None)

    def _reader(self, place: Place) -> StreamReader:
        if place.offset is None:
            return StreamReader(self._amqp_uri, place="first", stream=self._stream)
        beyond = progress.beyond_gap(self._con(), place)
        if beyond is not None:
            return StreamReader(self._amqp_uri, place=beyond, stream=self._stream)
        return StreamReader(
            self._amqp_uri,
            after=place.offset,
            knows=lambda one: place.mark in {mark_of(one), progress.MARK_UNKNOWN},
            stream=self._stream,
        )

    def _gather(self, reader: StreamReader, place: Place) -> Batch:
        batch = Batch(place)
        begun = 0.0
        try:
            for delivery in reader.read(idle_seconds=BATCH_SECONDS):
                batch.deliveries.append(delivery)
                begun = begun or time.monotonic()
                if len(batch.deliveries) >= BATCH_EVENTS:
                    break
                if time.monotonic() - begun > self._span:
                    break
        except Problem as problem:  # what came before it is landed first
            batch.ended_by = problem
        if batch.deliveries:
            self._look_back(place, int(batch.deliveries[0].offset or 0))
            last = batch.deliveries[-1]
            batch.place = place.at(int(last.offset or 0), mark_of(last))
        return batch

    def _look_back(self, place: Place, first: int) -> None:
        """Say what was gone before this life of the log was ever read."""
        if place.offset is None and first > 0:
            self._note_gap(place, 0, first)

    def _settle(self, place: Place, ended_by: Problem) -> None:
        if isinstance(ended_by, LogReplaced):
            self._begin_anew("another message stands at the last place")
        elif not isinstance(ended_by, GapDetected):
            raise ended_by
        else:
            found = ended_by.detail["found"]
            if isinstance(found, int):
                self._note_gap(place, int(place.offset or 0) + 1, found)
            else:
                self._see_whether_shorter(place)

    def _note_gap(self, place: Place, expected: int, found: int) -> None:
        if progress.note_gap(self._con(), place, expected, found):
            metrics.GAPS.inc()
            log.error("the log has a gap", expected=expected, found=found)

    def _see_whether_shorter(self, place: Place) -> None:
        """Begin anew if the log really ends before the place; it may only be slow, or empty still."""
        last = self.last_offset()
        if last is None or last >= int(place.offset or 0):
            raise Unavailable(
                f"The log does not show offset {place.offset} at present.",
                code="warehouse.log.not_shown",
            )
        self._begin_anew("the log ends before the last place")

    def _begin_anew(self, because: str) -> None:
        place = progress.begin(self._con(), self._stream, because)
        metrics.LIVES.inc()
        log.error("the log was made anew", because=because, ordinal=place.ordinal)

    def _look(self, place: At, seconds: float) -> Iterator[Delivery]:
        give_up = 0.0
        with StreamReader(self._amqp_uri, place=place, stream=self._stream) as reader:
            for delivery in reader.read(idle_seconds=PROBE_IDLE_SECONDS):
                yield delivery
                give_up = give_up or time.monotonic() + seconds
                if time.monotonic() > give_up:
                    return
