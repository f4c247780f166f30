"""The gateway as a process: uvicorn on a thread of its own, one connection to the broker."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Mapping

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from chassis.config import PlainSettings
from chassis.logs import get_logger
from chassis.tokens import Signer
from services.gateway.config import Own
from services.gateway.doors.app import Hall, build
from services.gateway.doors.calls import Asker, Bus
from services.gateway.doors.rows import rows
from services.gateway.openapi import document
from services.gateway.service import Gateway

log = get_logger(__name__)

MAX_CONNECTIONS = 1000
MAX_HEAD_BYTES = 16 * 1024
HEAD_SECONDS = 10.0
IDLE_SECONDS = 5
DRAIN_SECONDS = 15
BEAT_SECONDS = 0.5
STUCK_SECONDS = 15.0
START_SECONDS = 10.0


class Bounded(H11Protocol):
    """HTTP/1.1 that gives up on whoever does not finish a request's head in time."""

    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        super().on_response_complete()
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        if self._waiting is not None:
            self._waiting.cancel()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _give_up(self) -> None:
        # The head is not all there yet, or the answer is out and a body still trickles in.
        if self.conn.their_state is h11.IDLE or self.conn.our_state is h11.DONE:
            self.transport.close()


class Server:
    """The HTTP server, its listener and the client of the bus; started and drained together."""

    def __init__(self, settings: PlainSettings, own: Own) -> None:
        self._port = own.http_port
        self._client = Asker(settings.amqp_uri, name=settings.name)
        bus = Bus(self._client, Signer(settings.signing_key, settings.name), settings.name)
        app = build(rows(Gateway), Hall(bus, document(), own))
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=Bounded,
                ws="none",
                lifespan="off",
                loop="asyncio",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                limit_concurrency=MAX_CONNECTIONS,
                timeout_keep_alive=IDLE_SECONDS,
                timeout_graceful_shutdown=DRAIN_SECONDS,
                h11_max_incomplete_event_size=MAX_HEAD_BYTES,
            )
        )
        self._listener: socket.socket | None = None
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)
        self._beat = time.monotonic()

    @property
    def port(self) -> int:
        """Return the port that is listened on."""
        return int(self._listener.getsockname()[1]) if self._listener else 0

    def start(self) -> None:
        """Connect to the broker and begin to answer.

        :raises Problem: if the broker cannot be reached or does not let us in.
        :raises OSError: if somebody else listens on the port, or the server does not come up.
        """
        self._listener = _listening(self._port)
        self._client.start()
        self._thread.start()
        give_up = time.monotonic() + START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > give_up:
                raise OSError("The HTTP server did not come up.")
            self._thread.join(0.02)
        log.info("listening", http_port=self.port)

    def checks(self) -> Mapping[str, Callable[[], str | None]]:
        """Return what readiness asks."""
        return {"broker": self._client.complaint, "http": self.alive}

    def alive(self) -> str | None:
        """Say whether the server's thread has ended or hangs."""
        if not self._thread.is_alive():
            return "the HTTP server has ended"
        silent = time.monotonic() - self._beat
        return f"the HTTP server hangs for {silent:.0f} s" if silent > STUCK_SECONDS else None

    def stop(self) -> None:
        """Take nothing new, answer what was asked, leave the broker."""
        self._server.should_exit = True
        self._thread.join(DRAIN_SECONDS + IDLE_SECONDS)
        self._client.close()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        assert self._listener is not None, "start() listens first"
        beating = asyncio.create_task(self._pulse())
        await self._server.serve(sockets=[self._listener])
        beating.cancel()

    async def _pulse(self) -> None:
        while True:
            self._beat = time.monotonic()
            await asyncio.sleep(BEAT_SECONDS)


def _listening(port: int) -> socket.socket:
    try:
        return socket.create_server(("", port), backlog=MAX_CONNECTIONS)
    except OSError as taken:
        raise OSError(f"The HTTP port {port} is taken.") from taken


def make(settings: PlainSettings, own: Own) -> Server:
    """Make the gateway of its settings.

    :raises WrongKey: if the signing key is none.
    """
    return Server(settings, own)
