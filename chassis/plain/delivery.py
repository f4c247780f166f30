"""One message as it was received."""

from collections.abc import Mapping
from dataclasses import dataclass

import pika

from chassis.envelope import Envelope, Undecodable, decode

_OWNED = (".events", ".private")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One received message; ``offset`` is its place in the log, if it came from there."""

    exchange: str
    routing_key: str
    body: bytes
    properties: pika.BasicProperties
    redelivered: bool = False
    offset: int | None = None

    @property
    def headers(self) -> Mapping[str, object]:
        """Return the headers."""
        found: Mapping[str, object] = self.properties.headers or {}
        return found

    @property
    def message_id(self) -> str:
        """Return the id that is the same on every resend; empty if the sender gave none."""
        return str(self.headers.get("ce-id") or self.properties.message_id or "")

    def data(self) -> object:
        """Read the body.

        :raises Undecodable: if it is not JSON.
        """
        return decode(self.body)

    def envelope(self) -> Envelope:
        """Read the envelope and check that the event came through its owner's own exchange.

        Routing keys in a CC header pass the broker's topic rights, so a service could put a foreign
        type into the log through its own exchange; the exchange's name cannot be forged.

        :raises Undecodable: if a header is missing, malformed or claims a foreign type.
        """
        envelope = Envelope.of(self.headers)
        owner, dot, channel = self.exchange.rpartition(".")
        if dot + channel in _OWNED and envelope.type.partition(".")[0] != owner:
            raise Undecodable(f"{envelope.type} came through {self.exchange}")
        return envelope
