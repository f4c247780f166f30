"""A handler's queue as the models see it: the chassis' own handler between a played broker and the rows."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from chassis.aside import Failure, copy_of
from chassis.envelope import Envelope, encode
from chassis.frames import Message
from chassis.subscribe import Handler
from chassis.topology.names import redeliver_exchange
from tests.support.model import NEVER, Place


@dataclass
class Post:
    """One message as the broker has it."""

    body: bytes
    properties: dict[str, Any]
    where: dict[str, Any]


@dataclass
class Queue:
    """A handler's queue with its retry tiers and its parking, and the process that consumes it.

    The handler is the chassis' own (``chassis.subscribe.Handler``); ``aside`` keeps a copy or does
    not, and is told which by ``keeps``: "kept", "kept unheard" (the confirm is lost) or "lost".
    """

    place: Place
    row: str
    ready: list[Post] = field(default_factory=list)
    parked: list[Post] = field(default_factory=list)
    keeps: str = "kept"

    def __post_init__(self) -> None:
        self.name = f"{self.place.runtime.service}.{self.row}.q1"
        self._taken: Post | None = None

    def deliver(self, number: int, death: str = NEVER, *, ack: str = "sent") -> None:
        """Give the handler a message, if there is one; the ack may be lost, then it comes again."""
        if not self.ready:
            return
        self._taken = post = self.ready[number % len(self.ready)]
        self._ack = ack
        handler = Handler(self.name, self.place.runtime.service)
        handler.container = handler.queue_consumer = handler.aside = self
        message = Message(post.body, channel=SimpleNamespace(connection=None), **post.properties)
        message.delivery_info = post.where
        self.place.attempt(lambda: handler.handle_message(message), death)

    # -- what the handler asks of its container and its wire -----------------------------------------

    @property
    def service_name(self) -> str:
        return self.place.runtime.service

    def spawn_worker(
        self, entrypoint: Any, args: Any, _kwargs: Any, *, handle_result: Any, **_: Any
    ) -> None:
        failed = None
        try:
            self.place.bound.handlers[self.row](*args)
        except Exception:  # noqa: BLE001  # as the container's worker does
            failed = sys.exc_info()
        handle_result(SimpleNamespace(entrypoint=entrypoint), None, failed)

    def ack_message(self, _message: Message) -> None:
        if self._ack == "sent" and self._taken in self.ready:
            self.ready.remove(self._taken)

    def retry(self, message: Message, failure: Failure, _seconds: int) -> bool:
        return self._keep(self.ready, message, failure)

    def park(self, message: Message, failure: Failure) -> bool:
        return self._keep(self.parked, message, failure)

    def lane(self, _source: Any) -> Any:
        return SimpleNamespace(release=lambda: None)

    def _keep(self, where: list[Post], message: Message, failure: Failure) -> bool:
        if self.keeps == "lost":
            return False
        copy = copy_of(message, failure, for_a_person=where is self.parked)
        back = {"exchange": redeliver_exchange(self.service_name), "routing_key": self.name}
        known = dict(copy.properties) | {"application_headers": copy.headers}
        where.append(Post(message.body, known, back | {"redelivered": False, "delivery_tag": 1}))
        return self.keeps == "kept"


def a_post(id_: str, exchange: str, known: Envelope, data: Mapping[str, Any]) -> Post:
    """Make the message of an event as its relay would publish it."""
    return Post(
        encode(data),
        {"message_id": id_, "application_headers": known.headers()},
        {"exchange": exchange, "routing_key": known.type, "redelivered": False, "delivery_tag": 1},
    )
