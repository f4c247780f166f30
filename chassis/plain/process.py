"""The frame of a plain process: settings, logs, ops port, signals, an orderly end."""

import signal
import sys
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol, TypeVar

from prometheus_client import generate_latest

from chassis import VERSION, metrics
from chassis.config import ConfigError, PlainSettings, environment, read_plain
from chassis.envelope import encode
from chassis.errors import Problem
from chassis.logs import configure, get_logger
from chassis.tokens import WrongKey

EXIT_FAILED, EXIT_USAGE = 1, 2
REQUEST_SECONDS = 2.0
WATCH_SECONDS = 1.0

Own = TypeVar("Own")
Check = Callable[[], str | None]  # None is well; otherwise a sentence
log = get_logger(__name__)


class Plain(Protocol):
    """A process of plain threads, as its frame sees it."""

    def start(self) -> None:
        """Begin; return when everything runs."""

    def checks(self) -> Mapping[str, Check]:
        """Return what readiness asks, by name."""

    def alive(self) -> str | None:
        """Say what makes it worth killing, such as a thread that has ended; None is well."""

    def stop(self) -> None:
        """Drain: take nothing new, end what runs, send what is kept."""


def run(
    name: str,
    *,
    own: type[Own],
    make: Callable[[PlainSettings, Own], Plain],
    environ: Mapping[str, str] | None = None,
) -> int:
    """Run a plain process until it is told to stop; return the exit status.

    A thread of it that has ended ends the process, with status 1: whoever started it starts it anew.
    """
    stopping = threading.Event()
    try:
        settings, its = read_plain(name, environ or environment(), own)
        configure(name, settings.log_level)
        plain = make(settings, its)
    except (ConfigError, WrongKey) as wrong:
        print(wrong, file=sys.stderr)
        return EXIT_USAGE
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        with _Ops(name, settings.ops_port, plain):
            plain.start()
            metrics.SERVICE_INFO.labels(name, VERSION).set(1)
            log.info("started", ops_port=settings.ops_port, version=VERSION)
            complaint = _watch(plain, stopping)
            log.info("stopping", reason=complaint or "told to")
            plain.stop()
    except (Problem, OSError) as failed:
        print(failed, file=sys.stderr)
        return EXIT_FAILED
    if complaint:
        print(complaint, file=sys.stderr)
        return EXIT_FAILED
    log.info("stopped")
    return 0


def _watch(plain: Plain, stopping: threading.Event) -> str | None:
    """Wait for the signal, or for a thread that must run and has ended."""
    while not stopping.wait(WATCH_SECONDS):
        complaint = plain.alive()
        if complaint is not None:
            return complaint
    return None


class _Ops:
    """The ops port: /livez, /readyz, /metrics, and nothing of the business."""

    def __init__(self, name: str, port: int, plain: Plain) -> None:
        class Handler(_Handler):
            process = plain
            process_name = name

        try:
            self._server = ThreadingHTTPServer(("0.0.0.0", port), Handler)  # noqa: S104  # node's probes
        except OSError as taken:
            raise OSError(f"The ops port {port} is taken.") from taken
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="ops", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    process: Plain
    process_name: str
    timeout = REQUEST_SECONDS

    def do_GET(self) -> None:
        """Answer a probe or a scrape."""
        if self.path == "/metrics":
            self._answer(200, "text/plain; version=0.0.4; charset=utf-8", generate_latest())
        elif self.path == "/livez":
            complaint = self.process.alive()
            text = f"{complaint or 'alive'}\n".encode()
            self._answer(503 if complaint else 200, "text/plain", text)
        elif self.path == "/readyz":
            checks = self.process.checks()
            wrong = {name: said for name, check in checks.items() if (said := check())}
            body = {"ready": not wrong, "service": self.process_name, "wrong": wrong}
            self._answer(503 if wrong else 200, "application/json", encode(body))
        else:
            self._answer(404, "text/plain", b"/livez /readyz /metrics\n")

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing: a probe every few seconds is no news."""

    def _answer(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
