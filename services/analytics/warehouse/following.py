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
# The broker may have opened a file that retention takes away at that instant: it shows nothing then, for
# ever, and says nothing (seen on 3.10). Whoever opens the log anew reads on.
STALLED_SECONDS = 30.0
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

        :raises Unavailable: if the broker stays away, or shows nothing of a log that goes on.
        :raises Refused: if there is no such log or this user may not read it.
        """
        place = progress.current(self._con(), self._stream)
        if place is None:
            place = progress.begin(self._con(), self._stream, "first")
        with self._reader(place) as reader:
            batch = Batch(place)
            heard = time.monotonic()
            while batch.ended_by is None:
                is_quiet = time.monotonic() - heard > STALLED_SECONDS
                ahead = is_quiet and self._goes_on_behind(batch.place)
                batch = self._gather(reader, batch.place)
                if batch.deliveries or is_quiet:
                    heard = time.monotonic()
                if ahead and not batch.deliveries and batch.ended_by is None:
                    batch.ended_by = Unavailable(
                        "The log goes on, and shows nothing.", code="warehouse.log.stalled"
                    )
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
        beyond = self._goes_on_at(place)
        if beyond is not None:
            at = beyond or "first"
            return StreamReader(self._amqp_uri, place=at, stream=self._stream)
        return StreamReader(
            self._amqp_uri,
            after=place.offset,
            knows=lambda one: place.mark in {mark_of(one), progress.MARK_UNKNOWN},
            stream=self._stream,
        )

    def _gather(self, reader: StreamReader, place: Place) -> Batch:
        batch = Batch(place)
        begun = 0.0
        beyond = self._goes_on_at(place)
        # What was seen behind a gap is there, unless the log was made anew: it is worth waiting for.
        idle = PROBE_SECONDS if beyond else BATCH_SECONDS
        try:
            for delivery in reader.read(idle_seconds=idle):
                batch.deliveries.append(delivery)
                begun = begun or time.monotonic()
                if len(batch.deliveries) >= BATCH_EVENTS:
                    break
                if time.monotonic() - begun > self._span:
                    break
        except Problem as problem:  # what came before it is landed first
            batch.ended_by = problem
        if batch.deliveries:
            self._look_back(place, beyond, int(batch.deliveries[0].offset or 0))
            last = batch.deliveries[-1]
            batch.place = place.at(int(last.offset or 0), mark_of(last))
        elif beyond and batch.ended_by is None:
            batch.ended_by = GapDetected(beyond, None)
        return batch

    def _goes_on_behind(self, place: Place) -> bool:
        """Say whether the log holds a message behind a place."""
        last = self.last_offset(GLANCE_SECONDS)
        return last is not None and (place.offset is None or last > place.offset)

    def _goes_on_at(self, place: Place) -> int | None:
        """Return where the log goes on; None if that is behind the place, where the reader looks itself."""
        return 0 if place.offset is None else progress.beyond_gap(self._con(), place)

    def _look_back(self, place: Place, beyond: int | None, first: int) -> None:
        """Say what was gone before this life of the log was ever read, or behind a known gap."""
        if beyond is not None and first > beyond:
            self._note_gap(place, 0 if place.offset is None else place.offset + 1, first)

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
        shown = self._goes_on_at(place) or int(place.offset or 0)
        last = self.last_offset()
        if last is None or last >= shown:
            raise Unavailable(
                f"The log does not show offset {shown} at present.",
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
