"""Who may do what on the broker: one user per service, partner and tool, and no more than needed.

RabbitMQ asks for configure to declare or delete, for write to publish (and, on a queue, to bind it),
for read to consume (and, on an exchange, to bind to it). Where a topic right exists for an exchange,
the routing key must match too. Nobody may write to amq.default, from which every queue is reached.
"""

import re
from collections.abc import Iterator, Sequence

from chassis.topology import names
from chassis.topology.shapes import ServiceShape, TopicRight, User
from contracts.calls import CALLS
from contracts.partners import Partner
from contracts.plain import PlainProcess

NOTHING = "^$"
STOCK_REPLY_QUEUE = r"rpc\.reply-standalone_rpc_proxy_?.*"


def users(shapes: Sequence[ServiceShape], partners: Sequence[Partner]) -> Iterator[User]:
    """Describe every user of the house."""
    for shape in shapes:
        yield _service(shape, partners)
    for partner in partners:
        yield _partner(partner)
    yield _operator(shapes)
    # Reading a queue's depth needs no right but to log in.
    yield User(names.MONITOR, NOTHING, NOTHING, NOTHING, tags=("management",))


def plain_users(plain: Sequence[PlainProcess]) -> Iterator[User]:
    """Describe the user of every process beside the services."""
    for process in plain:
        yield _plain(process)


def matching(*alternatives: str) -> str:
    """Write one pattern that matches exactly these alternatives as whole names."""
    return f"^({'|'.join(alternatives)})$" if alternatives else NOTHING


def starting(*alternatives: str) -> str:
    """Write one pattern that matches whatever begins with one of these."""
    return f"^({'|'.join(alternatives)})" if alternatives else NOTHING


def _service(shape: ServiceShape, partners: Sequence[Partner]) -> User:
    name = shape.name
    handlers = [re.escape(handler.queue(name)) for handler in shape.handlers]
    rpc, reply = re.escape(names.rpc_queue(name)), _own_replies(name)
    verdicts = _verdicts(name, partners)
    tells = [names.events_exchange(name), names.private_exchange(name), names.park_exchange(name)]
    tells += [names.retry_tier(name, seconds) for seconds in names.RETRY_TIERS_SECONDS]
    tells += [names.RPC_EXCHANGE, *([names.OUTBOUND_EXCHANGE] if verdicts else [])]
    topics = [
        TopicRight(
            names.RPC_EXCHANGE,
            write=starting(*_callees(shape.calls), r"reply\.", names.STOCK_REPLY_KEY + "$"),
            read=starting(rf"{name}\.", reply),
        ),
        # Else it could tell another service's event through its own exchange, into the log.
        TopicRight(names.events_exchange(name), write=rf"^{name}\.", read=NOTHING),
        TopicRight(names.private_exchange(name), write=rf"^{name}\.", read=NOTHING),
    ]
    if verdicts:
        exact = matching(*map(re.escape, verdicts))
        topics.append(TopicRight(names.OUTBOUND_EXCHANGE, write=exact, read=NOTHING))
    return User(
        name,
        # To configure its own queues is what lets it see at start that their arguments are right.
        configure=matching(rpc, f"{reply}.+", *handlers),
        write=matching(rpc, f"{reply}.+", *map(re.escape, tells)),
        # What it parked it may take away again, when somebody is erased (chassis/sweeping.py).
        read=matching(
            rpc,
            f"{reply}.+",
            re.escape(names.RPC_EXCHANGE),
            *handlers,
            re.escape(names.parked_queue(name)),
        ),
        topics=tuple(topics),
    )


def _plain(process: PlainProcess) -> User:
    reply = _own_replies(process.name)
    called = CALLS.get(process.name, {})
    calls = [f"{service}.{method}" for service, methods in called.items() for method in methods]
    own, tells, reads, topics = [], [], [], []
    if calls:
        own.append(f"{reply}.+")
        tells.append(names.RPC_EXCHANGE)
        reads.append(names.RPC_EXCHANGE)
        write = starting(*_callees(sorted(calls)))
        topics.append(TopicRight(names.RPC_EXCHANGE, write=write, read=starting(reply)))
    if process.tells:
        for exchange in (names.events_exchange(process.name), names.private_exchange(process.name)):
            tells.append(re.escape(exchange))
            topics.append(TopicRight(exchange, write=rf"^{process.name}\.", read=NOTHING))
    if process.reads_log:
        reads.append(re.escape(names.LOG_STREAM))
    return User(
        process.name,
        configure=matching(*own),
        write=matching(*own, *tells),
        read=matching(*own, *reads),
        topics=tuple(topics),
    )


def _partner(partner: Partner) -> User:
    reply = _own_replies(partner.user)
    configure, write, read = [], [], [re.escape(names.partner_queue(partner.name))]
    topics = []
    if partner.sends:
        write.append(re.escape(names.INBOUND_EXCHANGE))
        exact = matching(*(re.escape(line.key) for line in partner.sends))
        topics.append(TopicRight(names.INBOUND_EXCHANGE, write=exact, read=NOTHING))
    if partner.calls:
        configure.append(f"{reply}.+")
        replies = [f"{reply}.+"]
        keys = [reply]
        if partner.stock_nameko:
            configure += [STOCK_REPLY_QUEUE, names.RPC_EXCHANGE]
            replies.append(STOCK_REPLY_QUEUE)
            keys.append(names.STOCK_REPLY_KEY + "$")
        write += [names.RPC_EXCHANGE, *replies]
        read += [names.RPC_EXCHANGE, *replies]
        calls = starting(*_callees(partner.calls))
        topics.append(TopicRight(names.RPC_EXCHANGE, write=calls, read=starting(*keys)))
    return User(
        partner.user, matching(*configure), matching(*write), matching(*read), tuple(topics)
    )


def _operator(shapes: Sequence[ServiceShape]) -> User:
    reply = _own_replies(names.OPERATOR)
    services = [shape.name for shape in shapes]
    redeliver = [re.escape(names.redeliver_exchange(name)) for name in services]
    parked = [re.escape(names.parked_queue(name)) for name in services]
    calls = starting(*_callees(services))
    return User(
        names.OPERATOR,
        configure=matching(f"{reply}.+"),
        write=matching(f"{reply}.+", names.RPC_EXCHANGE, *redeliver),
        read=matching(f"{reply}.+", names.RPC_EXCHANGE, re.escape(names.LOG_STREAM), *parked),
        topics=(TopicRight(names.RPC_EXCHANGE, write=calls, read=starting(reply)),),
    )


def _own_replies(user: str) -> str:
    return re.escape(names.reply_queue(user, ""))


def _callees(calls: Sequence[str]) -> list[str]:
    return [re.escape(call) + "$" if "." in call else rf"{re.escape(call)}\." for call in calls]


def _verdicts(service: str, partners: Sequence[Partner]) -> list[str]:
    lines = [line for partner in partners for line in partner.sends if line.service == service]
    return sorted({verdict for line in lines for verdict in line.verdicts})
