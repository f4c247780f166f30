"""The ops port: /livez, /readyz, /metrics, and nothing of the business.

A native thread accepts, so that liveness is answered while the event loop is stuck; whatever else
is asked is handed to a greenthread, because metrics and checks use green locks.
"""

import os
import time
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Any

import eventlet
from eventlet.green import socket as green_socket
from eventlet.patcher import original
from prometheus_client import generate_latest

from chassis import metrics
from chassis.envelope import encode
from chassis.logs import get_logger

log = get_logger(__name__)
native_socket: Any = original("socket")
native_threading: Any = original("threading")
native_time: Any = original("time")

BEAT_SECONDS = 0.5
STUCK_SECONDS = 15.0
REQUEST_SECONDS = 2.0
MAX_REQUEST = 8192
BACKLOG = 64

Check = Callable[[], str | None]  # None is well; otherwise a sentence


class PortTaken(OSError):
    """Say that the ops port cannot be listened on."""


class Ops:
    """Answer for one process on one port.

    ``checks``: name -> a function that says what is wrong, or None.

    :raises PortTaken: if somebody else listens there.
    """

    def __init__(self, service: str, port: int, checks: Mapping[str, Check]) -> None:
        self._service, self._checks = service, checks
        self._beat = native_time.monotonic()
        self._listener = native_socket.socket(native_socket.AF_INET, native_socket.SOCK_STREAM)
        self._listener.setsockopt(native_socket.SOL_SOCKET, native_socket.SO_REUSEADDR, 1)
        try:
            self._listener.bind(("0.0.0.0", port))  # noqa: S104  # probes come from the node
        except OSError as taken:
            raise PortTaken(f"The ops port {port} is taken.") from taken
        self._listener.listen(BACKLOG)
        self.port: int = self._listener.getsockname()[1]
        self._ready_end, self._native_end = os.pipe()
        os.set_blocking(self._ready_end, False)  # so that the green read yields
        self._threads: list[Any] = []

    def start(self) -> None:
        """Begin to answer."""
        self._threads = [eventlet.spawn(self._pulse), eventlet.spawn(self._serve)]
        native_threading.Thread(target=self._accept, daemon=True, name="ops").start()

    def stop(self) -> None:
        """Stop answering."""
        self._listener.close()
        for thread in self._threads:
            thread.kill()

    def _pulse(self) -> None:
        lag = metrics.HUB_LAG.labels(self._service)
        while True:
            asleep = time.monotonic()
            eventlet.sleep(BEAT_SECONDS)
            lag.set(max(time.monotonic() - asleep - BEAT_SECONDS, 0.0))
            self._beat = native_time.monotonic()

    # -- on the native thread: no green code ------------------------------------------------

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            try:
                connection.settimeout(REQUEST_SECONDS)
                self._sort(connection)
            except OSError:
                connection.close()

    def _sort(self, connection: Any) -> None:
        line = connection.recv(MAX_REQUEST, native_socket.MSG_PEEK)
        if line.startswith(b"GET /livez "):
            silent = native_time.monotonic() - self._beat
            stuck = silent > STUCK_SECONDS
            text = b"stuck\n" if stuck else b"alive\n"
            connection.recv(MAX_REQUEST)
            connection.sendall(_response("503 Stuck" if stuck else "200 OK", "text/plain", text))
            connection.close()
            return
        os.write(self._native_end, connection.detach().to_bytes(4, "big"))

    # -- on greenthreads --------------------------------------------------------------------

    def _serve(self) -> None:
        while True:
            number = int.from_bytes(os.read(self._ready_end, 4), "big")
            eventlet.spawn_n(self._answer, green_socket.socket(fileno=number))

    def _answer(self, connection: Any) -> None:
        try:
            connection.settimeout(REQUEST_SECONDS)
            path = connection.recv(MAX_REQUEST).split(b" ")[1:2]
            connection.sendall(self._page(path[0].decode("ascii", "replace") if path else ""))
        except OSError as gone:
            log.info("ops connection went", reason=str(gone))
        finally:
            connection.close()

    def _page(self, path: str) -> bytes:
        if path == "/metrics":
            return _response(
                "200 OK", "text/plain; version=0.0.4; charset=utf-8", generate_latest()
            )
        if path == "/readyz":
            wrong = {name: said for name, check in self._checks.items() if (said := check())}
            status = "503 Not ready" if wrong else "200 OK"
            body = {"ready": not wrong, "service": self._service, "wrong": wrong}
            return _response(status, "application/json", encode(body))
        return _response("404 Not Found", "text/plain", b"/livez /readyz /metrics\n")


def _response(status: str, content_type: str, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nDate: {formatdate(usegmt=True)}\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
