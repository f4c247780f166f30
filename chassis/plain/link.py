"""One broker connection on a thread of its own: heartbeats while idle, reconnect by itself."""

import threading
from collections.abc import Callable

import pika
from pika.adapters.select_connection import IOLoop

from chassis.errors import Forbidden, Problem, Unavailable
from chassis.logs import get_logger
from chassis.plain.connection import (
    ENDED_EARLY,
    PATIENCE_SECONDS,
    blocked,
    delays,
    explain,
    parameters,
)

log = get_logger(__name__)

STOP_SECONDS = 5.0


class Link:
    """Keep one connection open and run all that touches it on one thread.

    ``opened(connection)`` opens channels and then calls ``ready()`` or ``refuse(problem)``;
    ``lost(problem)`` hears that what is in flight gets no answer: the connection is gone, or it is
    blocked by an alarm (then ``blocked`` is set); ``unblocked()`` that the alarm is over. All run on
    the link's thread.
    """

    def __init__(
        self,
        amqp_uri: str,
        *,
        name: str,
        opened: Callable[[pika.SelectConnection], None],
        lost: Callable[[Problem], None],
        unblocked: Callable[[], None] = lambda: None,
    ) -> None:
        self._parameters = parameters(amqp_uri, name=name)
        self._opened, self._lost, self._unblocked = opened, lost, unblocked
        self._loop = IOLoop()
        self._thread = threading.Thread(target=self._run, name=f"{name}-link", daemon=True)
        self._connection: pika.SelectConnection | None = None
        self._delays = delays()
        self._is_ready = threading.Event()
        self._changed = threading.Event()  # ready, or refused for good
        self._stopping = False
        self.problem: Problem | None = None  # why there is no connection at present
        self._refusal: Problem | None = None  # why the next end of the connection will be our doing
        self.blocked: Unavailable | None = None  # an alarm at the broker

    @property
    def user(self) -> str:
        """Return the broker user of this connection."""
        return str(getattr(self._parameters.credentials, "username", "?"))

    def start(self, patience_seconds: float = PATIENCE_SECONDS) -> None:
        """Connect and wait until it is ready.

        :raises Unavailable: if the broker does not answer in time.
        :raises Forbidden: if the broker does not let this user in.
        """
        self._thread.start()
        self._loop.add_callback_threadsafe(self._connect)
        self._changed.wait(patience_seconds)
        if not self._is_ready.is_set():
            problem = self.problem or self._late()
            self.stop()
            raise problem

    def ready(self) -> None:
        """Note that channels are open and work can begin (on the link's thread)."""
        self._delays = delays()
        self.problem = None
        self._is_ready.set()
        self._changed.set()

    def refuse(self, problem: Problem) -> None:
        """Give the connection up: the broker does not allow what we need (on the link's thread)."""
        self.problem = self._refusal = problem
        self._changed.set()
        self.later(0, self.drop)

    def drop(self) -> None:
        """Close the connection in order to open another one (on the link's thread)."""
        if self._connection is not None and self._connection.is_open:
            self._connection.close()

    def call(self, task: Callable[[], None]) -> None:
        """Run a task on the link's thread as soon as possible."""
        if self._stopping or not self._thread.is_alive():
            raise self.problem or Unavailable("The connection is closed.", code="broker.closed")
        self._loop.add_callback_threadsafe(task)

    def later(self, seconds: float, task: Callable[[], None]) -> object:
        """Run a task after a while (only from the link's thread); return its handle."""
        handle: object = self._loop.call_later(seconds, task)
        return handle

    def forget(self, handle: object) -> None:
        """Drop a task that was to run later (only from the link's thread)."""
        self._loop.remove_timeout(handle)

    def stop(self) -> None:
        """Close the connection and end the thread; safe to call twice."""
        if self._stopping:
            return
        self._stopping = True
        if self._thread.is_alive():
            self._loop.add_callback_threadsafe(self._close)
            self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        try:
            while not self._runs():
                pass
        finally:  # also when a callback failed: nobody may wait for an answer that cannot come
            self.problem = self.problem or Unavailable(
                "The connection ended.", code="broker.closed"
            )
            self._is_ready.clear()
            self._changed.set()
            self._lost(self.problem)
            self._loop.close()

    def _runs(self) -> bool:
        """Run the loop to its end; False if pika lost a connection in a way that it has no word for.

        Of one that is open, pika says it in words: then it was a callback of ours that failed.
        """
        try:
            self._loop.start()
        except ENDED_EARLY as error:
            if self._connection is not None and self._connection.is_open:
                log.exception("callback failed")
                self.drop()
            else:
                self._on_failed(self._connection, error)
            return False
        return True

    def _connect(self) -> None:
        if not self._stopping:
            self._connection = pika.SelectConnection(
                self._parameters,
                on_open_callback=self._on_open,
                on_open_error_callback=self._on_failed,
                on_close_callback=self._on_closed,
                custom_ioloop=self._loop,
            )

    def _on_open(self, connection: pika.SelectConnection) -> None:
        connection.add_on_connection_blocked_callback(self._on_blocked)
        connection.add_on_connection_unblocked_callback(self._on_unblocked)
        self._opened(connection)

    def _on_failed(self, connection: object, error: BaseException | str) -> None:
        if connection is not self._connection:
            return  # it was given up before
        reason = error if isinstance(error, BaseException) else Unavailable(error)
        self._down(explain(reason, self._parameters), refused_is_final=not self._is_ready.is_set())

    def _on_closed(self, _: object, error: BaseException) -> None:
        problem, self._refusal = self._refusal or explain(error, self._parameters), None
        self._down(problem, refused_is_final=False)

    def _down(self, problem: Problem, *, refused_is_final: bool) -> None:
        self.problem, self.blocked = problem, None
        self._lost(problem)
        if self._stopping:
            self._loop.stop()
        elif refused_is_final and isinstance(problem, Forbidden):
            self._changed.set()
        else:
            self._loop.call_later(next(self._delays), self._connect)

    def _on_blocked(
        self, _: object, frame: pika.frame.Method[pika.spec.Connection.Blocked]
    ) -> None:
        self.blocked = blocked(str(frame.method.reason))
        self._lost(self.blocked)

    def _on_unblocked(self, *_: object) -> None:
        self.blocked = None
        self._unblocked()

    def _close(self) -> None:
        connection = self._connection
        if connection is None or connection.is_closed:
            self._loop.stop()
        elif not connection.is_closing:
            connection.close()  # also one that is still opening; the loop ends when it has closed

    def _late(self) -> Unavailable:
        where = f"{self._parameters.host}:{self._parameters.port}"
        return Unavailable(
            f"The broker at {where} did not answer in time.", code="broker.unreachable"
        )
