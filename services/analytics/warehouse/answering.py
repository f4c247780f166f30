"""The door: a local socket where named questions are answered by a pool of readers."""

import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
from marshmallow import fields
from marshmallow.validate import Length, Range

from chassis.envelope import Undecodable
from chassis.errors import Invalid, NotFound, Problem, Unavailable, to_wire
from chassis.logs import get_logger
from chassis.schemas import Accepted, loaded
from services.analytics.warehouse import metrics, wire
from services.analytics.warehouse.question import MAX_ROWS, Question
from services.analytics.warehouse.store import Store

READERS = 4
MAX_WAITING = 64
REQUEST_SECONDS = 5.0  # to send a question, once connected
ANSWER_SECONDS = 10.0  # to take an answer
UNREADABLE = "warehouse.question.unreadable"

log = get_logger(__name__)


class Asked(Accepted):
    """A question as it comes through the door."""

    ask = fields.String(required=True, validate=Length(1, 100))
    parameters = fields.Dict(keys=fields.String(), load_default=dict)
    timeout_seconds = fields.Float(
        load_default=10.0, validate=Range(0, wire.MAX_SECONDS, min_inclusive=False)
    )


class Door:
    """Answer on a local socket until told to stop.

    ``as_of`` says up to which instant the log is known.
    """

    def __init__(
        self,
        path: Path,
        store: Store,
        questions: Mapping[str, Question],
        as_of: Callable[[], datetime | None],
    ) -> None:
        self._path, self._store, self._questions, self._as_of = path, store, questions, as_of
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="warehouse-reader")
        self._room = threading.BoundedSemaphore(MAX_WAITING)
        self._thread = threading.Thread(target=self._accept, name="warehouse-door", daemon=True)
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin to answer; only this user may ask. The file is open, so the path is ours.

        :raises OSError: if the socket cannot be made there.
        """
        self._path.unlink(missing_ok=True)  # of a process that was killed
        before = os.umask(0o177)
        try:
            self._listener.bind(str(self._path))
        finally:
            os.umask(before)
        self._listener.listen(MAX_WAITING)
        self._thread.start()

    def stop(self) -> None:
        """Take no more questions, and finish those that run."""
        self._stopping.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._path.unlink(missing_ok=True)
        self._pool.shutdown(wait=True)

    def alive(self) -> str | None:
        """Say whether the thread that takes questions has ended."""
        if self._stopping.is_set() or self._thread.is_alive():
            return None
        return "The thread that takes questions has ended."

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                continue  # closed by stop(), or no descriptor is free just now
            if self._room.acquire(blocking=False):
                future = self._pool.submit(self._answer, connection)
                future.add_done_callback(partial(self._reply, connection))
            else:
                busy = Unavailable("Too many questions at once.", code="warehouse.busy")
                _send(connection, _framed({"error": to_wire(busy)}))

    def _answer(self, connection: socket.socket) -> bytes:
        asked = loaded(Asked(), _received(connection))
        question = self._questions.get(asked["ask"])
        if question is None:
            raise NotFound(
                f"There is no question {asked['ask']}.", code="warehouse.question.unknown"
            )
        parameters = loaded(question.accepts, asked["parameters"])
        as_of = self._as_of()
        with metrics.QUESTIONS.labels(question.name).time():
            rows = self._run(question, parameters, asked["timeout_seconds"])
        if isinstance(rows, list) and len(rows) > MAX_ROWS:
            raise Invalid(
                f"The answer has {len(rows)} rows; {MAX_ROWS} is the most. Ask for less, or page.",
                code="warehouse.answer.too_long",
            )
        return _framed({"rows": rows, "as_of": as_of})

    def _run(self, question: Question, parameters: dict[str, Any], seconds: float) -> object:
        give_up = time.monotonic() + seconds
        with self._store.reading() as con:
            timer = threading.Timer(max(give_up - time.monotonic(), 0), con.interrupt)
            timer.start()
            try:
                return question.run(con, parameters)
            except duckdb.InterruptException as late:
                raise Unavailable(
                    f"{question.name} took longer than {seconds:g} s.", code="warehouse.timeout"
                ) from late
            except duckdb.OutOfMemoryException as full:
                raise Unavailable(
                    f"{question.name} needs more memory than the warehouse has.",
                    code="warehouse.memory",
                ) from full
            finally:
                timer.cancel()

    def _reply(self, connection: socket.socket, future: "Future[bytes]") -> None:
        self._room.release()
        error = future.exception()
        if isinstance(error, EOFError | OSError):
            connection.close()  # whoever asked has gone
            return
        if error is not None and not isinstance(error, Problem):
            log.error("bug", where="answer", exc_info=error)
        _send(connection, _framed({"error": to_wire(error)}) if error else future.result())


def _received(connection: socket.socket) -> dict[str, object]:
    connection.settimeout(REQUEST_SECONDS)
    try:
        given = wire.receive(connection, wire.MAX_REQUEST)
    except (wire.TooLong, Undecodable) as wrong:
        raise Invalid(f"That is no question: {wrong}.", code=UNREADABLE) from wrong
    if not isinstance(given, dict):
        raise Invalid("That is no question: it is no object.", code=UNREADABLE)
    return given


def _framed(answer: dict[str, object]) -> bytes:
    try:
        return wire.frame(answer, wire.MAX_ANSWER)
    except wire.TooLong as long:
        raise Invalid(
            f"The answer is too long: {long}.", code="warehouse.answer.too_long"
        ) from long


def _send(connection: socket.socket, answer: bytes) -> None:
    with connection, suppress(OSError):
        connection.settimeout(ANSWER_SECONDS)
        connection.sendall(answer)
