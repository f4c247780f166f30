"""The outbox relay: committed events go to the broker in order and leave when it has confirmed."""

import time
from collections.abc import Callable

import eventlet
from amqp.exceptions import ChannelError, NotFound
from eventlet.event import Event

from chassis import metrics
from chassis.broker import BROKER_ERRORS, Link, pauses, raw_channel
from chassis.database import Database
from chassis.errors import Problem, Unavailable
from chassis.frames import Connection
from chassis.logs import get_logger
from chassis.outbox import OutboxRow, delete_sent, read_outbox
from chassis.outgoing import Window, Writer, encode_publish
from chassis.topology.names import LOG_STREAM

WINDOW = 500  # publishes that the broker has not confirmed
BATCH = 500  # rows read or deleted at a time
CHUNK = 50  # publishes written at a time, so that other greenthreads get their turn
POLL_SECONDS = 1.0  # the safety net: every wake-up may be lost
LINGER_SECONDS = 0.05  # confirmed rows wait for company before they are deleted
CONFIRM_SECONDS = 20.0
NACKED_SECONDS = 1.0
DRAIN_PAUSE_SECONDS = 0.02
LOG_SECONDS = 3.0  # of a connection without the log; the next begins after a pause
LOG_PAUSE_SECONDS = 0.1

log = get_logger(__name__)


def attempt(action: Callable[[], object], what: str) -> Exception | None:
    """Run one round of something that must go on; return what went wrong, a bug is logged here."""
    try:
        action()
    except Problem as problem:
        return problem
    except Exception as bug:  # one round may fail, the loop may not end
        log.exception("bug", where=what)
        return bug
    return None


class Signal:
    """Wake one waiting greenthread; a signal given while nobody waits is kept."""

    def __init__(self) -> None:
        self._event = Event()

    def give(self) -> None:
        """Wake the waiter."""
        if not self._event.ready():
            self._event.send()

    def wait(self, seconds: float) -> bool:
        """Wait for a signal, at most so long; say whether there was one."""
        if not self._event.ready():
            self._event.wait(timeout=max(seconds, 0))
        given: bool = self._event.ready()
        if given:
            self._event = Event()
        return given


def await_log(connection: Connection) -> None:
    """Wait until the broker has its log.

    A node that starts lets clients in before it has found its streams again. What is published then
    is confirmed, lies in every other queue, and the log never gets it (seen on 3.10).

    :raises NotFound: if it is not there in time.
    """
    channel, give_up = connection.channel(), time.monotonic() + LOG_SECONDS
    while True:
        try:
            channel.queue_declare(LOG_STREAM, passive=True)
        except NotFound:  # py-amqp has opened the channel anew
            if time.monotonic() > give_up:
                raise
            eventlet.sleep(LOG_PAUSE_SECONDS)
        else:
            channel.close()
            return


class Relay(Link):
    """Publish the outbox of one database while this process leads it.

    Two that run at once lose nothing; they may send twice and out of order, which consumers absorb.
    There is no ``mandatory``: an event in private may have no listener yet.
    """

    def __init__(self, database: Database, service: str) -> None:
        super().__init__()
        self.leads: Callable[[], bool] = lambda: True
        self._database, self._service = database, service
        self._stir = Signal()
        self._hungry = True  # there may be rows that have not been read
        self._hold_until = 0.0
        self._window = Window()
        self._confirmed: list[int] = []
        self._confirmed_since = 0.0
        self._connection: Connection | None = None
        self._writer: Writer | None = None
        self._channel_id = 0
        self._pump: eventlet.greenthread.GreenThread | None = None
        self._ending = False  # the pump; the connection it needs for that stops after it
        self._count = {
            outcome: metrics.OUTBOX_PUBLISHED.labels(service, outcome)
            for outcome in ("confirmed", "nacked", "lost")
        }
        self._delay = metrics.OUTBOX_DELAY.labels(service)
        self._is_blocked = metrics.BROKER_BLOCKED.labels(service)

    @property
    def alive(self) -> bool:
        """Whether the relay runs: what readiness asks."""
        return self._pump is not None and not self._pump.dead

    def begin(self, amqp_uri: str) -> None:
        """Connect and relay in the background."""
        self._pump = eventlet.spawn(self._work)
        self.start(amqp_uri, f"{self._service} relay")

    def wake(self) -> None:
        """Look at once: something was committed."""
        self._hungry = True
        self._stir.give()

    def drain(self, seconds: float) -> bool:
        """Wait until everything committed is confirmed and deleted; say whether it is."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.connected and self.leads():
            if not self._window and not self._confirmed and not read_outbox(self._database, 1):
                return True
            self.wake()
            eventlet.sleep(DRAIN_PAUSE_SECONDS)
        return False

    def end(self) -> None:
        """Stop publishing, delete what is confirmed, close the connection."""
        self._ending = True
        self._stir.give()
        if self._pump is not None:
            with eventlet.Timeout(CONFIRM_SECONDS, False):
                self._pump.wait()
        self.stop()

    # -- the pump: one greenthread that reads, publishes and deletes ---------------------------

    def _work(self) -> None:
        waits = pauses()
        while not self._ending:
            failure = attempt(self._turn, "relay")
            if failure is None:
                waits = pauses()
                self._rest()
                continue
            self._hungry = True
            if isinstance(failure, Problem):
                log.warning("relay waits", code=failure.code, reason=failure.message)
            eventlet.sleep(next(waits))
        attempt(self._delete, "relay")

    def _turn(self) -> None:
        self._check_confirms()
        waited = time.monotonic() - self._confirmed_since
        if len(self._confirmed) >= BATCH // 2 or waited >= LINGER_SECONDS:
            self._delete()
        if self._hungry and self._may_publish() and self.leads():
            self._publish(self._fetch())

    def _rest(self) -> None:
        if self._hungry and self._may_publish() and self.leads():
            return
        if self._confirmed:
            self._stir.wait(self._confirmed_since + LINGER_SECONDS - time.monotonic())
        elif not self._stir.wait(POLL_SECONDS):
            self._hungry = True

    def _may_publish(self) -> bool:
        held = time.monotonic() < self._hold_until
        return self.connected and not self.blocked and not self._ending and not held

    def _fetch(self) -> list[OutboxRow]:
        self._hungry = False
        known = self._window.positions().union(self._confirmed)
        rows = read_outbox(self._database, BATCH + len(known))
        self._hungry = self._hungry or len(rows) == BATCH + len(known)
        return [row for row in rows if row.position not in known]

    def _publish(self, rows: list[OutboxRow]) -> None:
        for start in range(0, len(rows), CHUNK):
            while len(self._window) > WINDOW - CHUNK and self._may_publish():
                self._stir.wait(POLL_SECONDS)
                self._check_confirms()
            if not self._may_publish():
                self._hungry = True
                return
            self._write(rows[start : start + CHUNK])
            eventlet.sleep(0)

    def _write(self, rows: list[OutboxRow]) -> None:
        connection, writer = self._connection, self._writer
        assert connection is not None
        assert writer is not None
        frame_max = connection.frame_max
        frames = []
        for row in rows:
            frames.append(encode_publish(row, self._service, self._channel_id, frame_max))
            self._window.note(row)
        try:
            writer.write(b"".join(frames))
        except BROKER_ERRORS as gone:
            raise Unavailable("The broker is not reachable.", code="broker.unreachable") from gone

    def _delete(self) -> None:
        positions = self._confirmed[:]
        if positions:
            delete_sent(self._database, positions)
            # More may have been confirmed meanwhile.
            del self._confirmed[: len(positions)]
            self._confirmed_since = time.monotonic()

    def _check_confirms(self) -> None:
        late = self._window.oldest_seconds() > CONFIRM_SECONDS
        if late and not self.blocked and self._connection is not None:
            log.error("broker does not confirm, connection cut", seconds=CONFIRM_SECONDS)
            self._connection.sever()

    # -- what the connection tells, on its own greenthread --------------------------------------

    def _ready(self, connection: Connection) -> None:
        await_log(connection)
        channel = raw_channel(connection)
        channel.confirm_select()
        channel.events["basic_ack"].add(self._hear_ack)
        channel.events["basic_nack"].add(self._hear_nack)
        self._channel_id = channel.channel_id
        self._writer = connection.frame_writer = Writer(connection)
        self._connection = connection
        self._is_blocked.set(0)

    def _mark(self, *, up: bool) -> None:
        super()._mark(up=up)
        self.wake()

    def _lost(self) -> None:
        self._connection = self._writer = None
        # They are still in the outbox.
        self._count["lost"].inc(self._window.restart())

    def _channel_failed(self, error: ChannelError) -> bool:
        log.error("broker refuses a publish", reason=str(error))
        return False

    def _publishing_blocked(self) -> None:
        self._is_blocked.set(1)

    def _hear_unblocked(self) -> None:
        super()._hear_unblocked()
        self._is_blocked.set(0)
        self._window.start_clock()
        self.wake()

    def _hear_ack(self, tag: int, multiple: bool) -> None:
        settled, now = self._window.settle(tag, multiple), time.time()
        if not self._confirmed:
            self._confirmed_since = time.monotonic()
        for row in settled:
            self._confirmed.append(row.position)
            self._delay.observe(max(now - row.recorded_at, 0.0))
        self._count["confirmed"].inc(len(settled))
        self._stir.give()

    def _hear_nack(self, tag: int, multiple: bool) -> None:
        settled = self._window.settle(tag, multiple)
        log.warning("broker did not take an event", count=len(settled))
        self._count["nacked"].inc(len(settled))
        self._hold_until = time.monotonic() + NACKED_SECONDS
        self.wake()
