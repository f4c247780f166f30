"""A connection to the broker that cannot hang: bounded, watched, reconnected."""

import contextlib
import random
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator

import amqp
import eventlet
from amqp.exceptions import AMQPError, ChannelError, RecoverableConnectionError
from amqp.spec import Basic
from eventlet.event import Event
from kombu.utils.url import parse_url

from chassis.errors import Invalid, Unavailable
from chassis.frames import METHOD, Connection
from chassis.logs import get_logger

HEARTBEAT_SECONDS = 10
CONNECT_SECONDS = 5.0
CLOSE_SECONDS = 2.0
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0
HEALTHY_SECONDS = 10.0  # a connection that lived this long starts the pauses anew
CHECKS_PER_HEARTBEAT = 4
SETTLE_SECONDS = 0.05
USER_TIMEOUT_MS = 10_000  # unacknowledged bytes; py-amqp's one second cuts a lossy line
DEFAULT_PORT, DEFAULT_TLS_PORT = 5672, 5671
MAX_SHORT_STRING = 255

BROKER_ERRORS = (AMQPError, OSError, eventlet.Timeout)

log = get_logger(__name__)


class _Stopped(Exception):
    """Wake the reading greenthread to close its connection."""


class Link(ABC):
    """One connection, kept by one greenthread that alone reads from it.

    Subclasses say what is set up on it and hear when it is lost, blocked or a channel failed.
    """

    def __init__(self) -> None:
        self.connected = False
        self.blocked = False
        self._uri, self._name, self._heartbeat = "", "", float(HEARTBEAT_SECONDS)
        self._stopping = False
        self._up = Event()
        self._thread: eventlet.greenthread.GreenThread | None = None

    def start(self, uri: str, name: str, *, heartbeat: float = HEARTBEAT_SECONDS) -> None:
        """Begin to connect in the background."""
        self.aim(uri, name, heartbeat=heartbeat)
        self._thread = eventlet.spawn(self.run)

    def aim(self, uri: str, name: str, *, heartbeat: float = HEARTBEAT_SECONDS) -> None:
        """Say where to connect; somebody else gives the greenthread that calls ``run``."""
        self._uri, self._name, self._heartbeat = uri, name, heartbeat

    def wait_connected(self, seconds: float) -> bool:
        """Wait until the connection is set up and tell whether it is."""
        if not self.connected and seconds > 0:
            self._up.wait(timeout=seconds)
        return self.connected

    def stop(self) -> None:
        """Close the connection in good order, bounded."""
        again, self._stopping = self._stopping, True
        thread = self._thread
        if thread is None or thread.dead:
            return
        if not again:  # a second one would break off the closing
            eventlet.kill(thread, _Stopped)
        with eventlet.Timeout(CONNECT_SECONDS + CLOSE_SECONDS, False):
            thread.wait()

    def run(self) -> None:
        """Keep the connection until stopped."""
        self._thread = eventlet.getcurrent()
        with contextlib.suppress(_Stopped):
            waits = pauses()
            while not self._stopping:
                born = time.monotonic()
                try:
                    self._live()
                except BROKER_ERRORS as lost:
                    if time.monotonic() - born > HEALTHY_SECONDS:
                        waits = pauses()
                    self._pause(next(waits), lost)

    def _pause(self, seconds: float, lost: BaseException) -> None:
        log.warning(
            "broker connection lost",
            link=self._name,
            reason=f"{type(lost).__name__}: {lost}",
            retry_seconds=round(seconds, 2),
        )
        eventlet.sleep(seconds)

    def _live(self) -> None:
        connection = self._connect()
        watchdog = None
        try:
            with eventlet.Timeout(CONNECT_SECONDS):
                self._ready(connection)
            watchdog = eventlet.spawn(watch, connection, self._name)
            self._mark(up=True)
            self._read(connection)
        finally:
            if watchdog is not None:
                watchdog.kill()
            self._mark(up=False)
            self._lost()
            _discard(connection, politely=self._stopping)

    def _connect(self) -> Connection:
        return open_connection(
            self._uri,
            self._name,
            heartbeat=self._heartbeat,
            on_blocked=self._hear_blocked,
            on_unblocked=self._hear_unblocked,
        )

    def _read(self, connection: Connection) -> None:
        read_frame, on_frame = connection.transport.read_frame, connection.on_inbound_frame
        while True:
            try:
                while True:
                    on_frame(read_frame())
            except ChannelError as failed:
                # py-amqp has opened the channel anew, empty, by the time it tells us.
                if not self._channel_failed(failed):
                    raise

    def _mark(self, *, up: bool) -> None:
        self.connected, self.blocked = up, False
        if up:
            self._up.send()
        elif self._up.ready():
            self._up = Event()

    def _hear_blocked(self, _reason: str) -> None:
        log.error("broker refuses publishes", link=self._name)
        self.blocked = True
        self._publishing_blocked()

    def _hear_unblocked(self) -> None:
        log.info("broker accepts publishes again", link=self._name)
        self.blocked = False

    @abstractmethod
    def _ready(self, connection: Connection) -> None:
        """Set up what is needed on a new connection."""

    def _lost(self) -> None:  # noqa: B027 - a hook
        """Hear that everything on the connection is gone."""

    def _publishing_blocked(self) -> None:  # noqa: B027 - a hook
        """Hear that nothing published now is taken until further notice."""

    def _channel_failed(self, _error: ChannelError) -> bool:
        """Say whether the connection may go on."""
        return False


def open_connection(
    uri: str, name: str, *, heartbeat: float, on_blocked: object = None, on_unblocked: object = None
) -> Connection:
    """Connect within ``CONNECT_SECONDS``; errors are those of ``BROKER_ERRORS``."""
    parts = parse_url(uri)
    tls = parts["transport"] in {"amqps", "pyamqps"}
    port = parts["port"] or (DEFAULT_TLS_PORT if tls else DEFAULT_PORT)
    connection = Connection(
        host=f"{parts['hostname'] or '127.0.0.1'}:{port}",
        userid=parts["userid"] or "guest",
        password=parts["password"] or "guest",
        login_method="PLAIN",
        virtual_host=parts["virtual_host"] or "/",
        ssl=tls,
        connect_timeout=CONNECT_SECONDS,
        heartbeat=heartbeat,
        client_properties={"connection_name": name},
        socket_settings={socket.TCP_USER_TIMEOUT: USER_TIMEOUT_MS},
        on_blocked=on_blocked,
        on_unblocked=on_unblocked,
    )
    with contextlib.ExitStack() as undo:
        undo.callback(connection.collect)
        with eventlet.Timeout(CONNECT_SECONDS):
            connection.connect()
        undo.pop_all()
    return connection


def raw_channel(connection: Connection) -> amqp.Channel:
    """Open a channel that leaves bodies as the bytes they are."""
    channel = connection.channel()
    channel.auto_decode = False
    return channel


def publish(
    channel: amqp.Channel,
    exchange: str,
    routing_key: str,
    message: amqp.Message,
    *,
    mandatory: bool,
) -> None:
    """Write a message; py-amqp would read before each write, and steal the reader's frames.

    :raises Unavailable: if the connection has just gone.
    """
    arguments = b"".join(
        (b"\0\0", short(exchange), short(routing_key), b"\1" if mandatory else b"\0")
    )
    try:
        write_method(channel, Basic.Publish, arguments, message)
    except (AMQPError, OSError) as gone:
        raise Unavailable("The broker is not reachable.", code="broker.unreachable") from gone


def write_method(
    channel: amqp.Channel,
    method: tuple[int, int],
    arguments: bytes,
    content: amqp.Message | None = None,
) -> None:
    """Write a method that has no answer, its arguments encoded already.

    :raises AMQPError: or OSError, if the connection has gone.
    """
    connection = channel.connection
    if connection is None:
        raise RecoverableConnectionError("connection already closed")
    connection.frame_writer(METHOD, channel.channel_id, method, arguments, content)


def short(text: str) -> bytes:
    """Encode a short string.

    :raises Invalid: if it is longer than AMQP allows.
    """
    encoded = text.encode()
    if len(encoded) > MAX_SHORT_STRING:
        raise Invalid("A name on the broker has at most 255 bytes.", code="broker.name")
    return bytes((len(encoded),)) + encoded


def pauses() -> Iterator[float]:
    """Yield the seconds before each next attempt: doubling, capped, between half and whole."""
    ceiling = FIRST_PAUSE_SECONDS
    while True:
        yield ceiling * random.uniform(0.5, 1)  # noqa: S311 - only to keep processes apart
        ceiling = min(ceiling * 2, LONGEST_PAUSE_SECONDS)


def watch(connection: Connection, name: str) -> None:
    """Send heartbeats, and shut the socket when the broker has been silent for two of them.

    The reader cannot do this itself: on a line that is held open but dead it waits for ever, and
    so does every attempt to close a channel.
    """
    if not connection.heartbeat:
        return
    period = connection.heartbeat / CHECKS_PER_HEARTBEAT
    seen, silent = connection.bytes_recv, 0
    while silent <= 2 * CHECKS_PER_HEARTBEAT:
        asleep = time.monotonic()
        eventlet.sleep(period)
        if time.monotonic() - asleep > 2 * period:
            # Our own process stood still: what has arrived meanwhile is read first.
            eventlet.sleep(SETTLE_SECONDS)
        silent = 0 if connection.bytes_recv != seen else silent + 1
        seen = connection.bytes_recv
        try:
            with eventlet.Timeout(connection.heartbeat):
                connection.send_heartbeat()
        except BROKER_ERRORS:
            break
    log.error("broker is silent, connection cut", link=name)
    connection.sever()


def _discard(connection: Connection, *, politely: bool) -> None:
    if politely:
        # The broker has then taken every acknowledgement that was written before.
        with contextlib.suppress(*BROKER_ERRORS), eventlet.Timeout(CLOSE_SECONDS):
            connection.close()
    connection.sever()
    connection.collect()
