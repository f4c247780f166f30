"""What services declare about themselves, and what the broker is to hold because of it."""

from dataclasses import dataclass, field
from enum import StrEnum

from chassis.topology import names

DEFAULT_PREFETCH = 10
Argument = str | int | bool


class WrongShape(ValueError):
    """Say which declarations contradict each other."""


@dataclass(frozen=True, slots=True)
class HandlerShape:
    """One handler of events: the bindings of its queue and how many messages it holds at once."""

    name: str
    bindings: tuple[tuple[str, str], ...]  # (exchange, routing key)
    prefetch: int = DEFAULT_PREFETCH
    version: int = 1  # of the queue's arguments

    def queue(self, service: str) -> str:
        """Name the queue it consumes."""
        return names.handler_queue(service, self.name, self.version)


@dataclass(frozen=True, slots=True)
class ServiceShape:
    """What one service needs of the broker."""

    name: str
    handlers: tuple[HandlerShape, ...] = ()
    calls: tuple[str, ...] = ()  # "accounts": every method of it; "accounts.identify": that one


class ExchangeKind(StrEnum):
    """How an exchange routes."""

    TOPIC = "topic"
    DIRECT = "direct"
    FANOUT = "fanout"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One durable exchange."""

    name: str
    kind: ExchangeKind


@dataclass(frozen=True, slots=True)
class Queue:
    """One durable queue; ``unlimited`` means that returning a message may never remove it."""

    name: str
    arguments: dict[str, Argument] = field(default_factory=dict)
    unlimited: bool = False

    def arguments_on(self, broker_version: str) -> dict[str, Argument]:
        """Return the arguments for a broker of this version.

        Since 4.0 the default limit is 20 and -1 lifts it; 3.10.8 accepts -1 without complaint and
        then drops the message at its first return (measured), so there the argument is left out.
        """
        major = broker_version.partition(".")[0]
        if not self.unlimited or not major.isdecimal() or int(major) < 4:  # noqa: PLR2004 - a release
            return dict(self.arguments)
        return self.arguments | {"x-delivery-limit": -1}


@dataclass(frozen=True, slots=True, order=True)
class Binding:
    """One way from an exchange to a queue or to another exchange."""

    source: str
    target: str
    key: str
    to_exchange: bool = False


@dataclass(frozen=True, slots=True)
class TopicRight:
    """Which routing keys of a topic exchange a user may publish and bind (patterns)."""

    exchange: str
    write: str
    read: str


@dataclass(frozen=True, slots=True)
class User:
    """One broker user and all it may do (patterns over names of queues and exchanges)."""

    name: str
    configure: str
    write: str
    read: str
    topics: tuple[TopicRight, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Topology:
    """Everything that the broker holds for the house."""

    services: tuple[str, ...]
    exchanges: tuple[Exchange, ...]
    queues: tuple[Queue, ...]
    bindings: tuple[Binding, ...]
    users: tuple[User, ...]
