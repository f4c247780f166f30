"""From the spool to the broker, in order; what the broker has confirmed is forgotten."""

import threading

import orjson
import pika

from chassis.envelope import CONTENT_TYPE
from chassis.errors import Problem, Unavailable
from chassis.logs import get_logger
from chassis.plain.connection import delays
from chassis.plain.publish import Publisher, PublishFailed
from services.telephony.bridge import metrics
from services.telephony.bridge.spool import Row, Spool

log = get_logger(__name__)

BATCH = 400  # below the publisher's window
PATIENCE_SECONDS = 5.0
CONFIRM_SECONDS = 10.0
IDLE_SECONDS = 1.0
MAY_BE_UNHEARD = "cti.link."  # nobody need care for the link; a call that nobody hears is an error


class Sender:
    """One thread that publishes in order and never gives up.

    What was refused goes again, with all behind it: of these some may have arrived already, so a
    later event may come before an earlier one. Each says its place in its call (``seq``).
    """

    def __init__(self, amqp_uri: str, spool: Spool) -> None:
        self._amqp_uri, self._spool = amqp_uri, spool
        self._publisher: Publisher | None = None
        self._woken, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)
        self.problem: str | None = "The broker was not reached yet."

    def start(self) -> None:
        """Begin to publish."""
        self._thread.start()

    def wake(self) -> None:
        """Say that there is something to publish."""
        self._woken.set()

    def alive(self) -> bool:
        """Say whether the thread runs."""
        return self._thread.is_alive()

    def stop(self, seconds: float) -> None:
        """Publish what is kept, as far as time allows, and end; the rest stays in the spool."""
        self._stopping.set()
        self._woken.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        waits = delays()
        while True:
            try:
                busy = self._step()
                waits = delays()
            except Problem as problem:
                self._note(problem)
                if self._stopping.wait(next(waits)):
                    break
                continue
            if not busy and self._stopping.is_set():
                break
            if not busy:
                self._woken.wait(IDLE_SECONDS)
                self._woken.clear()
        self._drop()

    def _step(self) -> bool:
        """Publish some; return whether there was anything."""
        publisher = self._publisher
        if publisher is None:
            publisher = self._publisher = Publisher(self._amqp_uri, name="cti").start(
                PATIENCE_SECONDS
            )
        rows = self._spool.next(BATCH)
        for row in rows:
            publisher.publish(row.exchange, row.routing_key, row.body, _properties(row))
        try:
            publisher.flush(CONFIRM_SECONDS)
        except PublishFailed as failed:
            self._settle(rows, failed)
            raise
        self._settle(rows, None)
        self.problem = None
        return bool(rows)

    def _settle(self, rows: list[Row], failed: PublishFailed | None) -> None:
        """Forget what was confirmed up to the first that was not: the rest goes again, in order."""
        reasons = {one.message.properties.message_id: one.reason for one in failed.failures} if failed else {}  # fmt: skip
        done = []
        for row in rows:
            unheard = "no queue is bound" in reasons.get(row.id, "")
            if row.id in reasons and not (unheard and row.routing_key.startswith(MAY_BE_UNHEARD)):
                break
            metrics.PUBLISHED.labels("unheard" if unheard else "confirmed").inc()
            done.append(row)
        metrics.PUBLISHED.labels("failed").inc(len(rows) - len(done))
        if done:
            self._spool.settle(done)

    def _note(self, problem: Problem) -> None:
        unheard_only = isinstance(problem, PublishFailed) and all(
            one.message.key.startswith(MAY_BE_UNHEARD) for one in problem.failures
        )
        if unheard_only:
            self.problem = None
            return
        if self.problem != problem.message:
            log.warning("not published", reason=problem.message)
        self.problem = problem.message
        if isinstance(problem, Unavailable) and not isinstance(problem, PublishFailed):
            self._drop()

    def _drop(self) -> None:
        publisher, self._publisher = self._publisher, None
        if publisher is not None:
            try:
                publisher.close(0)
            except Problem:
                return  # what was on its way is in the spool and goes again


def _properties(row: Row) -> pika.BasicProperties:
    headers = orjson.loads(row.headers)
    return pika.BasicProperties(
        content_type=CONTENT_TYPE,
        content_encoding="utf-8",
        headers=headers,
        delivery_mode=2,
        message_id=row.id,
        type=row.routing_key,
        app_id="cti",
    )
