"""An outside system at its own line: it posts until the broker confirms, and hears what it is told."""

import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import pika

from chaos.load.papers import Posting
from chaos.stage import Stage, Stopped
from chassis.envelope import CONTENT_TYPE, Undecodable, encode
from chassis.errors import Problem, Refused, Unavailable
from chassis.plain.consume import Consumer, Verdict
from chassis.plain.delivery import Delivery
from chassis.plain.publish import Publisher
from contracts.erp import INBOUND

USER = "erp"
QUEUE = f"partner.{USER}.q1"
CONFIRM_SECONDS = 5.0
PAUSE_SECONDS = 0.5
HEAR_SECONDS = 90.0  # a dead line is given up after two heartbeats; then it is opened anew
PERSISTENT = 2
PLACED = "sales.order.placed.v1"


class Partner:
    """The ERP: what the broker confirmed is in its ledger, and so is whatever it was told."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._uri = stage.partner_uri(USER)
        self._consumer = Consumer(self._uri, QUEUE, handler=self.hear, decide=self._wonder)
        self._ended = threading.Event()
        self._posted: set[str] = set()
        self._told: dict[str, tuple[str, dict[str, Any]]] = {}  # by message id
        self._events: set[tuple[str, str]] = set()  # (order, event that told of it)
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def start(self) -> None:
        """Connect, and listen until the stage is closed."""
        self._publisher = Publisher(self._uri, name="chaos erp").start()
        self._thread.start()
        self._stage.closing.callback(self.stop)

    def stop(self) -> None:
        """End both connections."""
        self._ended.set()
        self._consumer.stop()
        self._thread.join(PAUSE_SECONDS * 4)
        with suppress(Unavailable):  # what was not confirmed is in nobody's ledger
            self._publisher.close(0)

    def post(self, postings: Iterable[Posting]) -> None:
        """Post until every message is confirmed, in this order and as often as it is listed.

        :raises Stopped: if the load is told to end before that.
        """
        batch = list(postings)
        while not self._is_confirmed(batch):
            self._stage.ledger.count("posted again")
            if self._stage.stop_asking.wait(PAUSE_SECONDS):
                raise Stopped("post")
        for one in batch:
            if one.message_id in self._posted:
                continue
            self._posted.add(one.message_id)
            self._stage.ledger.note(
                "order.posted" if one.is_order else "product.posted",
                one.message_id,
                external_id=one.external_id,
                revision=one.revision,
                verdict=one.verdict,
                body=one.body,
            )

    def has_heard_of(self, message_id: str) -> bool:
        """Tell whether there is a verdict on a message."""
        return message_id in self._told

    def await_verdicts(self, message_ids: Iterable[str], seconds: float = HEAR_SECONDS) -> None:
        """Wait until there is a verdict on each, or for so long."""
        waiting, deadline = set(message_ids), time.monotonic() + seconds
        while waiting := waiting - self._told.keys():
            if time.monotonic() > deadline:
                return
            self._ended.wait(PAUSE_SECONDS)

    def _is_confirmed(self, batch: list[Posting]) -> bool:
        try:
            for posting in batch:
                properties = pika.BasicProperties(
                    message_id=posting.message_id,
                    type=posting.key,
                    app_id=USER,
                    content_type=CONTENT_TYPE,
                    delivery_mode=PERSISTENT,
                )
                self._publisher.publish(INBOUND, posting.key, encode(posting.body), properties)
            self._publisher.flush(CONFIRM_SECONDS)
        except Unavailable:
            return False  # some may be there: the same message id makes it one message
        return True

    # From here on: the listening thread.

    def _listen(self) -> None:
        while not self._ended.wait(PAUSE_SECONDS):
            try:
                self._consumer.run()
            except Problem:  # away for longer than a consumer's patience; ours has no end
                self._stage.ledger.count("listened again")

    def hear(self, delivery: Delivery) -> None:
        """Keep what the house tells; it may tell it again, but never something else.

        :raises Undecodable: if nobody can read it.
        """
        key, data = delivery.routing_key, delivery.data()
        if not isinstance(data, dict):
            raise Undecodable("what was told is no object")
        if key == PLACED:
            self._hear_of_event(str(data.get("order_id")), delivery.message_id)
            return
        message_id = str(data.get("message_id"))
        known = self._told.setdefault(message_id, (key, data))
        if known != (key, data):
            self._stage.ledger.note("order.contradicted", message_id, key=key, told=data)
        elif known[1] is data:  # for the first time
            kind = "order" if key.startswith("erp.order.") else "product"
            self._stage.ledger.note(f"{kind}.answered", message_id, key=key, told=data)

    def _hear_of_event(self, order_id: str, event_id: str) -> None:
        if (order_id, event_id) not in self._events:  # it may come again, as the same event
            self._events.add((order_id, event_id))
            self._stage.ledger.note("order.told", order_id, event_id=event_id)

    def _wonder(self, delivery: Delivery, problem: Refused | Undecodable) -> Verdict:
        self._stage.ledger.note("order.stray", delivery.routing_key, problem=str(problem))
        return Verdict.DISCARD
