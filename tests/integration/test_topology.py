"""The topology on a real broker: applied, compared, and a handler's queue moved."""

import contextlib

import httpx
import pika
import pytest

from chassis.errors import Conflict, Forbidden, NotFound, Unavailable
from chassis.plain.stream import StreamReader
from chassis.topology import names
from chassis.topology.apply import WrongTopology, apply
from chassis.topology.build import build
from chassis.topology.check import check
from chassis.topology.migrate import migrate
from chassis.topology.shapes import HandlerShape, ServiceShape
from contracts.partners import load_partners
from contracts.plain import PLAIN
from tests.support.bus import SHAPES, Bus, bus, fresh_bus
from tests.support.plain import whole
from tests.support.waiting import eventually

__all__ = ["bus", "fresh_bus"]
QUEUE = "sales.customers.q1"


def publish(bus: Bus, exchange: str, key: str, body: bytes = b"{}") -> None:
    with contextlib.closing(bus.connect()) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        properties = pika.BasicProperties(delivery_mode=2, message_id=body.decode())
        channel.basic_publish(exchange, key, body, properties, mandatory=True)


class TestApply:
    def test_applied_twice_nothing_differs(self, bus: Bus) -> None:
        bus.apply(bus.topology)

        assert check(bus.topology, bus.amqp_uri, bus.admin_uri) == []

    def test_refuses_a_queue_with_other_arguments(self, fresh_bus: Bus) -> None:
        with contextlib.closing(fresh_bus.connect()) as connection:
            channel = connection.channel()
            channel.queue_delete(QUEUE)
            channel.queue_declare(QUEUE, durable=True)

        with pytest.raises(WrongTopology, match=r"inequivalent arg .* 'sales\.customers\.q1'"):
            apply(fresh_bus.topology, fresh_bus.amqp_uri)

    def test_without_the_management_api_it_leaves_users_alone(self, bus: Bus) -> None:
        done = apply(bus.topology, bus.amqp_uri)

        assert done.users == []
        assert done.warnings == ["No management API was given: users and rights were left alone."]

    def test_without_administrator_rights_it_leaves_users_alone(self, bus: Bus) -> None:
        monitor = httpx.URL(bus.admin_uri).copy_with(
            username="monitor", password="secret-of-monitor"
        )

        done = apply(bus.topology, bus.amqp_uri, str(monitor))

        assert done.users == []
        assert done.warnings[0].endswith("is no administrator. Users and rights were left alone.")

    def test_a_service_may_not_apply(self, bus: Bus) -> None:
        with pytest.raises(Forbidden, match="ACCESS_REFUSED"):
            apply(bus.topology, bus.uri_of("sales"))

    def test_says_when_the_management_api_is_not_there(self, bus: Bus) -> None:
        with pytest.raises(Unavailable, match="cannot be reached"):
            apply(bus.topology, bus.amqp_uri, "http://a:b@127.0.0.1:9")


class TestCheck:
    def test_names_every_difference(self, fresh_bus: Bus) -> None:
        with contextlib.closing(fresh_bus.connect()) as connection:
            channel = connection.channel()
            channel.queue_delete("accounts.parked")
            channel.exchange_delete("sales.private")
            channel.queue_unbind("crm.log", "crm.events", "#")
            channel.queue_bind(QUEUE, "accounts.private", "accounts.contact.#")
            channel.queue_delete("sales.erp_orders.q1")
            channel.queue_declare("sales.erp_orders.q1", durable=True)
            channel.queue_declare(
                "sales.old_name.q1", durable=True, arguments={"x-queue-type": "quorum"}
            )

        found = check(fresh_bus.topology, fresh_bus.amqp_uri, fresh_bus.admin_uri)

        other = [line for line in found if "sales.erp_orders.q1 has other arguments" in line]
        assert len(other) == 1
        assert "x-queue-type" in other[0] or "x-delivery-limit" in other[0] or "x-dead" in other[0]
        assert sorted(set(found) - set(other)) == [
            "Binding accounts.park -> accounts.parked () is missing.",
            "Binding accounts.private -> sales.customers.q1 (accounts.contact.#) is declared by nobody.",
            "Binding crm.events -> crm.log (#) is missing.",
            "Binding crm.inbound -> sales.erp_orders.q1 (erp.order.upsert.v1) is missing.",
            "Binding sales.redeliver -> sales.erp_orders.q1 (sales.erp_orders.q1) is missing.",
            "Exchange sales.private is missing.",
            "Queue accounts.parked is missing.",
            "Queue sales.old_name.q1 has no declared handler: it fills and nobody reads it.",
        ]

    def test_apply_mends_what_can_be_mended_without_loss(self, fresh_bus: Bus) -> None:
        with contextlib.closing(fresh_bus.connect()) as connection:
            channel = connection.channel()
            channel.queue_delete("accounts.parked")
            channel.queue_unbind("crm.log", "crm.events", "#")
            channel.queue_bind(QUEUE, "accounts.private", "accounts.contact.#")

        done = fresh_bus.apply(fresh_bus.topology)

        assert done.unbound == ["accounts.private -> sales.customers.q1 (accounts.contact.#)"]
        assert check(fresh_bus.topology, fresh_bus.amqp_uri, fresh_bus.admin_uri) == []

    def test_names_users_and_rights_that_differ(self, fresh_bus: Bus) -> None:
        admin = httpx.URL(fresh_bus.admin_uri)
        vhost = fresh_bus.amqp_uri.rpartition("/")[2]
        with httpx.Client(
            base_url=f"http://{admin.host}:{admin.port}/api/",
            auth=(admin.username, admin.password),
            trust_env=False,
        ) as http:
            wider = {"configure": ".*", "write": ".*", "read": "^$"}
            http.put(f"permissions/{vhost}/erp", json=wider).raise_for_status()
            http.delete(f"topic-permissions/{vhost}/sales").raise_for_status()
        shapes = (*SHAPES, ServiceShape("newcomer"))
        wanted = build(shapes, load_partners(), tuple(PLAIN.values()))

        found = check(wanted, fresh_bus.amqp_uri, fresh_bus.admin_uri)

        users = [line for line in found if line.startswith("User")]
        assert users == [
            "User sales has another topic right on nameko-rpc than declared.",
            "User sales has another topic right on sales.events than declared.",
            "User sales has another topic right on sales.private than declared.",
            "User sales has another topic right on crm.outbound than declared.",
            "User newcomer is missing.",
            "User erp has another configure right than declared.",
            "User erp has another write right than declared.",
            "User erp has another read right than declared.",
            "User operator has another write right than declared.",
            "User operator has another read right than declared.",
            "User operator has another topic right on nameko-rpc than declared.",
        ]

    def test_a_user_without_password_is_not_made(self, fresh_bus: Bus) -> None:
        wanted = build((*SHAPES, ServiceShape("newcomer")), load_partners())

        done = apply(wanted, fresh_bus.amqp_uri, fresh_bus.admin_uri, {})

        assert "newcomer" not in done.users
        assert done.warnings == ["User newcomer has no password and was not created."]
        assert "sales" in done.users


class TestRoutes:
    def test_a_tier_gives_a_message_back_to_its_handler(self, bus: Bus) -> None:
        publish(bus, names.retry_tier("sales", 1), QUEUE, b"waits")

        assert bus.depth(QUEUE) == 0
        eventually(lambda: bus.depth(QUEUE) == 1)
        with contextlib.closing(bus.connect("sales")) as connection:
            method, _, body = connection.channel().basic_get(QUEUE, auto_ack=True)
        assert (body, method.exchange, method.routing_key) == (b"waits", "sales.redeliver", QUEUE)

    def test_a_rejected_message_is_parked(self, bus: Bus) -> None:
        publish(bus, "accounts.private", "accounts.customer.created.v1", b"bad")

        with contextlib.closing(bus.connect("sales")) as connection:
            channel = connection.channel()
            method, _, _ = channel.basic_get(QUEUE)
            channel.basic_reject(method.delivery_tag, requeue=False)

            eventually(lambda: bus.depth("sales.parked") == 1)
        with contextlib.closing(bus.connect()) as connection:
            connection.channel().queue_purge("sales.parked")

    def test_a_message_that_comes_back_too_often_is_parked(self, bus: Bus) -> None:
        publish(bus, "accounts.private", "accounts.customer.created.v1", b"poison")

        deliveries = 0
        with contextlib.closing(bus.connect("sales")) as connection:
            channel = connection.channel()
            while bus.depth("sales.parked") == 0:
                method, _, _ = channel.basic_get(QUEUE)
                if method is not None:
                    deliveries += 1
                    channel.basic_nack(method.delivery_tag, requeue=True)

        assert deliveries == names.DELIVERY_LIMIT + 1
        with contextlib.closing(bus.connect()) as connection:
            connection.channel().queue_purge("sales.parked")

    def test_events_reach_the_log_and_private_ones_do_not(self, bus: Bus) -> None:
        publish(bus, "accounts.private", "accounts.customer.created.v1", b"private")
        publish(bus, "accounts.events", "accounts.customer.created.v1", b"told")

        with StreamReader(bus.uri_of("operator"), place="first") as reader:
            seen = [(entry.exchange, entry.body) for entry in whole(reader)]

        assert seen == [("accounts.events", b"told")]
        with contextlib.closing(bus.connect()) as connection:
            connection.channel().queue_purge(QUEUE)

    def test_a_partner_that_stands_still_loses_its_oldest_and_blocks_nobody(self, bus: Bus) -> None:
        body = b"x" * 5_000_000
        with contextlib.closing(bus.connect("sales")) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            for number in range(20):
                properties = pika.BasicProperties(delivery_mode=2, message_id=str(number))
                channel.basic_publish(
                    "crm.outbound", "erp.order.accepted.v1", body, properties, mandatory=True
                )
        with contextlib.closing(bus.connect("erp")) as connection:
            channel = connection.channel()
            count = channel.queue_declare("partner.erp.q1", passive=True).method.message_count
            _, properties, _ = channel.basic_get("partner.erp.q1")

        assert count == 13  # 13 x 5 MB fit into 64 MiB
        assert properties.message_id == "7"
        with contextlib.closing(bus.connect()) as connection:
            connection.channel().queue_purge("partner.erp.q1")


class TestMigrate:
    def test_moves_the_messages_of_a_renamed_handler(self, fresh_bus: Bus) -> None:
        for number in range(5):
            publish(
                fresh_bus, "accounts.private", "accounts.customer.created.v1", str(number).encode()
            )
        publish(fresh_bus, names.retry_tier("sales", 5), QUEUE, b"waiting in a tier")
        renamed = HandlerShape("customer_refs", (("accounts.private", "accounts.customer.#"),))
        shapes = (
            SHAPES[0],
            ServiceShape("sales", (renamed, *SHAPES[1].handlers[1:]), SHAPES[1].calls),
        )
        wanted = build(shapes, load_partners())
        fresh_bus.apply(wanted)

        done = migrate(
            fresh_bus.amqp_uri,
            fresh_bus.admin_uri,
            QUEUE,
            "sales.customer_refs.q1",
            settle_seconds=10,
        )

        assert done.moved in {5, 6}  # the one that waits to be tried again may be there by then
        eventually(lambda: fresh_bus.depth("sales.customer_refs.q1") == 6)
        assert check(wanted, fresh_bus.amqp_uri, fresh_bus.admin_uri) == []

    def test_moves_what_its_sender_signed_and_let_it_not_expire(self, fresh_bus: Bus) -> None:
        signed = pika.BasicProperties(user_id="accounts", expiration="300000", type="kept")
        with contextlib.closing(fresh_bus.connect("accounts")) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            channel.basic_publish("accounts.private", "accounts.customer.created.v1", b"{}", signed)

        done = migrate(
            fresh_bus.amqp_uri, fresh_bus.admin_uri, QUEUE, "sales.erp_orders.q1", settle_seconds=5
        )

        assert done.moved == 1
        with contextlib.closing(fresh_bus.connect()) as connection:
            _, found, _ = connection.channel().basic_get("sales.erp_orders.q1", auto_ack=True)
        assert (found.user_id, found.expiration, found.type) == (None, None, "kept")

    def test_refuses_while_somebody_reads_the_old_queue(self, fresh_bus: Bus) -> None:
        with contextlib.closing(fresh_bus.connect()) as connection:
            connection.channel().basic_consume(QUEUE, lambda *_: None)

            with pytest.raises(Conflict, match="still has 1 consumers"):
                migrate(fresh_bus.amqp_uri, fresh_bus.admin_uri, QUEUE, "sales.erp_orders.q1")

    def test_refuses_an_unknown_queue(self, bus: Bus) -> None:
        with pytest.raises(NotFound, match=r"Queue sales\.nothing\.q1 is missing"):
            migrate(bus.amqp_uri, bus.admin_uri, "sales.nothing.q1", QUEUE)
