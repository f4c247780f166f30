"""Where the ERP's verdicts come in: one thread that keeps them and says what is still open."""

import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from chassis.envelope import Undecodable
from chassis.errors import Problem, Refused, Unavailable
from chassis.plain.consume import Consumer
from chassis.plain.consume import Verdict as Fate
from chassis.plain.delivery import Delivery
from demo.erp.ledger import Ledger, Verdict

QUEUE: Final = "partner.erp.q1"
OWN_KEYS: Final = "erp."  # verdicts; whatever else comes is an event that partners hear
STOP_SECONDS: Final = 10.0
_ACCEPTED: Final = ".accepted.v1"
_REFUSED: Final = ".refused.v1"


class Desk:
    """Keep every verdict in the ledger before it is acknowledged."""

    def __init__(self, amqp_uri: str, file: Path) -> None:
        self._consumer = Consumer(amqp_uri, QUEUE, handler=self._handle, decide=self._set_aside)
        self._thread = threading.Thread(target=self._run, name="verdicts", daemon=True)
        self._changed = threading.Condition()
        self._awaited: set[str] = set()
        self._ledger = Ledger(file)  # only the thread uses it
        self._problem: Problem | None = None
        self._heard = 0

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the verdict in hand and end; safe to call twice."""
        self._consumer.stop()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def expect(self, message_ids: Iterable[str]) -> None:
        """Await a verdict for these messages; call it before they are sent."""
        with self._changed:
            self._awaited.update(message_ids)

    @property
    def outstanding(self) -> int:
        """Count the verdicts that are awaited."""
        with self._changed:
            return len(self._awaited)

    def wait(self, limit: int, patience_seconds: float) -> bool:
        """Wait until at most ``limit`` verdicts are awaited; False if none came for too long.

        :raises Problem: if the desk cannot listen any more.
        """
        with self._changed:
            heard, give_up = self._heard, time.monotonic() + patience_seconds
            while len(self._awaited) > limit:
                if self._problem is not None:
                    raise self._problem
                if self._heard != heard:
                    heard, give_up = self._heard, time.monotonic() + patience_seconds
                if not self._changed.wait(max(0.0, give_up - time.monotonic())):
                    return False
            return True

    def _run(self) -> None:
        try:
            self._consumer.run()
        except Problem as problem:
            self._fail(problem)
        finally:
            self._ledger.close()
            self._fail(Unavailable("The verdict desk is closed.", code="erp.desk_closed"))

    def _fail(self, problem: Problem) -> None:
        with self._changed:
            self._problem = self._problem or problem
            self._changed.notify_all()

    def _handle(self, delivery: Delivery) -> None:
        key = delivery.routing_key
        if not key.startswith(OWN_KEYS):
            envelope = delivery.envelope()
            self._ledger.note_heard(envelope.id, key, envelope.subject)
            return
        verdict = read_verdict(key, delivery.data())
        self._ledger.note_verdicts([verdict])
        with self._changed:
            self._awaited.discard(verdict.message_id)
            self._heard += 1
            self._changed.notify_all()

    def _set_aside(self, delivery: Delivery, _: Refused | Undecodable) -> Fate:
        self._ledger.note_stray(delivery.routing_key, delivery.body)
        return Fate.DISCARD


def read_verdict(key: str, data: object) -> Verdict:
    """Read what was told back.

    :raises Undecodable: if it is not a verdict.
    """
    if not isinstance(data, dict) or not key.endswith((_ACCEPTED, _REFUSED)):
        raise Undecodable(f"{key} is not a verdict")
    accepted = key.endswith(_ACCEPTED)
    try:
        return Verdict(
            message_id=str(data["message_id"]),
            accepted=accepted,
            outcome=str(data["outcome" if accepted else "code"]),
            reason=str(data.get("reason", "")),
        )
    except KeyError as missing:
        raise Undecodable(f"a verdict lacks {missing.args[0]}") from missing
