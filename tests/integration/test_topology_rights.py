"""What a stolen credential can do on the bus: nothing but its owner's own work."""

import contextlib
import uuid
from collections.abc import Callable

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker, ProbableAuthenticationError

from chassis.envelope import Undecodable
from chassis.plain.stream import StreamReader
from tests.support.bus import Bus, bus
from tests.support.plain import whole

__all__ = ["bus"]
ACCESS_REFUSED = 403
Act = Callable[[BlockingChannel], object]
CREATED = "accounts.customer.created.v1"
BARE_UUID = str(uuid.uuid4())


def publish(exchange: str, key: str, **properties: object) -> Act:
    def act(channel: BlockingChannel) -> None:
        channel.confirm_delivery()
        channel.basic_publish(exchange, key, b"{}", pika.BasicProperties(**properties))

    return act


def consume(queue: str) -> Act:
    return lambda channel: channel.basic_consume(queue, lambda *_: None)


def get(queue: str) -> Act:
    return lambda channel: channel.basic_get(queue, auto_ack=True)


def bind(queue: str, exchange: str, key: str) -> Act:
    return lambda channel: channel.queue_bind(queue, exchange, key)


def reply_queue(name: str, key: str) -> Act:
    def act(channel: BlockingChannel) -> None:
        channel.queue_declare(name, exclusive=True, auto_delete=True)
        channel.queue_bind(name, "nameko-rpc", key)
        channel.basic_consume(name, lambda *_: None, auto_ack=True)

    return act


def declare(queue: str, **arguments: object) -> Act:
    return lambda channel: channel.queue_declare(
        queue, exclusive=True, auto_delete=True, arguments=arguments
    )


FORBIDDEN: list[tuple[str, str, Act]] = [
    # what every stolen credential would try first
    ("sales", "write to the default exchange", publish("", "rpc-accounts")),
    ("accounts", "write to the default exchange", publish("", "sales.customers.q1")),
    ("erp", "write to the default exchange", publish("", "sales.erp_orders.q1")),
    ("notebook", "write to the default exchange", publish("", "rpc-sales")),
    ("operator", "write to the default exchange", publish("", "sales.customers.q1")),
    ("monitor", "write to the default exchange", publish("", "sales.customers.q1")),
    ("sales", "use the predefined exchanges", publish("amq.topic", "x")),
    # forging events
    ("sales", "tell another service's event", publish("accounts.events", CREATED)),
    ("sales", "tell another service's private event", publish("accounts.private", CREATED)),
    ("sales", "tell a foreign type through its own exchange", publish("sales.events", CREATED)),
    ("sales", "tell a foreign type in private", publish("sales.private", CREATED)),
    ("sales", "write to the collected events", publish("crm.events", "sales.order.placed.v1")),
    ("erp", "tell an event", publish("sales.events", "sales.order.placed.v1")),
    ("accounts", "tell a verdict", publish("crm.outbound", "erp.order.accepted.v1")),
    ("sales", "tell another verdict", publish("crm.outbound", "erp.invoice.accepted.v1")),
    ("sales", "play the partner", publish("crm.inbound", "erp.order.upsert.v1")),
    ("erp", "send what it may not", publish("crm.inbound", "erp.payment.upsert.v1")),
    ("erp", "send for another partner", publish("crm.inbound", "notebook.order.upsert.v1")),
    ("notebook", "send anything", publish("crm.inbound", "notebook.order.upsert.v1")),
    # reading what is not one's own
    ("sales", "read another's requests", consume("rpc-accounts")),
    ("accounts", "read another's handler queue", consume("sales.customers.q1")),
    ("accounts", "get from another's handler queue", get("sales.customers.q1")),
    ("accounts", "purge another's handler queue", lambda c: c.queue_purge("sales.customers.q1")),
    ("accounts", "delete another's queue", lambda c: c.queue_delete("sales.customers.q1")),
    ("accounts", "read another's parked messages", get("sales.parked")),
    ("sales", "read the log", consume("crm.log")),
    ("erp", "read the log", consume("crm.log")),
    ("erp", "read another partner's queue", get("partner.notebook.q1")),
    ("erp", "read a handler queue", get("sales.erp_orders.q1")),
    ("operator", "read a handler queue", get("sales.customers.q1")),
    ("operator", "read requests", get("rpc-sales")),
    ("monitor", "read a queue", get("sales.customers.q1")),
    # the processes beside the services
    ("cti", "tell a service's event", publish("sales.events", "sales.order.placed.v1")),
    ("cti", "tell a foreign type", publish("cti.private", "telephony.call.ended.v1")),
    ("cti", "call anybody", publish("nameko-rpc", "accounts.identify")),
    ("cti", "read the log", consume("crm.log")),
    ("gateway", "call a method outside its graph", publish("nameko-rpc", "accounts.identify")),
    ("gateway", "tell an event", publish("sales.events", "sales.lead.created.v1")),
    ("gateway", "answer in place of a service", publish("nameko-rpc", "reply.sales.x")),
    ("gateway", "listen to another's replies", reply_queue("reply.gateway.x", "reply.sales.x")),
    ("warehouse", "read a handler queue", consume("sales.customers.q1")),
    ("warehouse", "tell an event", publish("sales.events", "sales.order.placed.v1")),
    ("warehouse", "call anybody", publish("nameko-rpc", "sales.totals")),
    ("accounts", "tell what the bridge tells", publish("cti.private", "cti.call.offered.v1")),
    # listening in
    ("sales", "bind to foreign events", bind("sales.customers.q1", "accounts.events", "#")),
    (
        "sales",
        "bind a reply queue to events",
        reply_queue("reply.sales.x", "accounts.find_matches"),
    ),
    ("sales", "listen to another's replies", reply_queue("reply.sales.y", "reply.accounts.z")),
    ("sales", "listen to all replies", reply_queue("reply.sales.w", "reply.#")),
    ("sales", "listen to everything", reply_queue("reply.sales.v", "#")),
    ("sales", "listen to a stock caller", reply_queue("reply.sales.u", BARE_UUID)),
    ("sales", "take another's reply queue", declare("reply.accounts.x")),
    ("notebook", "listen to requests", reply_queue("reply.notebook.x", "accounts.*")),
    # calling
    ("sales", "call a method outside its graph", publish("nameko-rpc", "accounts.erase_customer")),
    ("accounts", "call anybody", publish("nameko-rpc", "sales.capture_lead")),
    ("erp", "call anybody", publish("nameko-rpc", "sales.capture_lead")),
    ("operator", "answer in place of a service", publish("nameko-rpc", "reply.sales.x")),
    ("notebook", "answer in place of a service", publish("nameko-rpc", "reply.sales.x")),
    # making the broker carry it there
    (
        "sales",
        "dead-letter into foreign events",
        declare("reply.sales.a", **{"x-dead-letter-exchange": "accounts.events"}),
    ),
    (
        "sales",
        "dead-letter into the default exchange",
        declare("reply.sales.b", **{"x-dead-letter-exchange": ""}),
    ),
    # changing the house
    ("sales", "delete the RPC exchange", lambda c: c.exchange_delete("nameko-rpc")),
    ("sales", "delete its own exchange", lambda c: c.exchange_delete("sales.events")),
    ("sales", "declare an exchange", lambda c: c.exchange_declare("sales.other")),
    ("sales", "declare any queue", declare("anything")),
    ("sales", "redeliver by itself", publish("sales.redeliver", "sales.customers.q1")),
    ("sales", "park for another", publish("accounts.park", "")),
    ("operator", "declare a handler queue", declare("sales.customers.q1")),
    ("erp", "declare its queue", declare("partner.erp.q2")),
]

PERMITTED: list[tuple[str, str, Act]] = [
    ("accounts", "tell its event", publish("accounts.events", CREATED)),
    ("accounts", "tell its private event", publish("accounts.private", CREATED)),
    ("accounts", "receive replies", reply_queue("reply.accounts.1", "reply.accounts.1")),
    ("accounts", "read its requests", consume("rpc-accounts")),
    ("accounts", "answer a service", publish("nameko-rpc", "reply.sales.1")),
    ("accounts", "answer a stock caller", publish("nameko-rpc", BARE_UUID)),
    ("sales", "call what the graph says", publish("nameko-rpc", "accounts.find_matches")),
    ("sales", "read its handler queue", consume("sales.customers.q1")),
    ("sales", "tell the verdict", publish("crm.outbound", "erp.order.refused.v1")),
    ("sales", "let a message wait", publish("sales.retry.120", "sales.customers.q1")),
    ("sales", "read its parked messages", lambda c: c.basic_get("sales.parked")),
    ("sales", "park a message", publish("sales.park", "sales.customers.q1")),
    ("erp", "send an order", publish("crm.inbound", "erp.order.upsert.v1")),
    ("erp", "read its queue", consume("partner.erp.q1")),
    ("operator", "call every service", publish("nameko-rpc", "sales.board")),
    ("operator", "receive replies", reply_queue("reply.operator.1", "reply.operator.1")),
    ("operator", "read parked messages", lambda c: c.basic_get("sales.parked")),
    ("operator", "replay a message", publish("sales.redeliver", "sales.customers.q1")),
    ("notebook", "call", publish("nameko-rpc", "accounts.find_matches")),
    ("notebook", "read its queue", consume("partner.notebook.q1")),
    ("cti", "tell a call", publish("cti.private", "cti.call.offered.v1")),
    ("cti", "tell of its link", publish("cti.events", "cti.link.lost.v1")),
    ("gateway", "call what the graph says", publish("nameko-rpc", "sales.capture_lead")),
    ("gateway", "receive replies", reply_queue("reply.gateway.1", "reply.gateway.1")),
    ("monitor", "see a depth", lambda c: c.queue_declare("sales.parked", passive=True)),
]


def _name(case: object) -> str:
    return str(case).replace(" ", "_") if isinstance(case, str) else ""


@pytest.mark.parametrize(("user", "what", "act"), FORBIDDEN, ids=_name)
def test_may_not(bus: Bus, user: str, what: str, act: Act) -> None:
    with (
        contextlib.closing(bus.connect(user)) as connection,
        pytest.raises(ChannelClosedByBroker) as refused,
    ):
        act(connection.channel())

    assert refused.value.reply_code == ACCESS_REFUSED, what


@pytest.mark.parametrize(("user", "what", "act"), PERMITTED, ids=_name)
def test_may(bus: Bus, user: str, what: str, act: Act) -> None:
    with contextlib.closing(bus.connect(user)) as connection:
        act(connection.channel())

        connection.process_data_events(0)
        assert connection.is_open, what


def test_a_foreign_type_in_a_cc_header_is_seen_through(bus: Bus) -> None:
    # The broker checks topic rights on the routing key alone: a CC header routes past them.
    act = publish(
        "sales.events",
        "sales.order.placed.v1",
        headers={"CC": [CREATED], "ce-type": CREATED, **_envelope()},
    )
    with contextlib.closing(bus.connect("sales")) as connection:
        act(connection.channel())

    with StreamReader(bus.uri_of("operator"), place="first") as reader:
        forged = [entry for entry in whole(reader) if entry.headers.get("ce-type") == CREATED]

    assert [entry.exchange for entry in forged] == ["sales.events"]
    with pytest.raises(
        Undecodable, match=r"accounts\.customer\.created\.v1 came through sales\.events"
    ):
        forged[0].envelope()


def test_a_cc_header_does_not_choose_another_method(bus: Bus) -> None:
    # It reaches the callee's queue, but under the routing key that the broker did check: the callee
    # takes the method from there and finds none.
    act = publish("nameko-rpc", "reply.nobody.x", headers={"CC": ["sales.capture_lead"]})
    with contextlib.closing(bus.connect("sales")) as connection:
        connection.channel().queue_purge("rpc-sales")

    with contextlib.closing(bus.connect("accounts")) as connection:
        act(connection.channel())

    with contextlib.closing(bus.connect("sales")) as connection:
        method, _, _ = connection.channel().basic_get("rpc-sales", auto_ack=True)

    assert method.routing_key == "reply.nobody.x"


def test_a_wrong_password_does_not_get_in(bus: Bus) -> None:
    with pytest.raises(ProbableAuthenticationError):
        pika.BlockingConnection(pika.URLParameters(bus.uri_of("sales").replace("secret", "guess")))


def _envelope() -> dict[str, str]:
    names = ("id", "source", "time", "subject", "dataschema", "correlationid", "causationid")
    return {f"ce-{name}": "x" for name in names} | {"ce-specversion": "1.0", "ce-sequence": "1"}
