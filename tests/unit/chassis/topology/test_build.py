"""The topology as a description, before any broker sees it."""

import re

import pytest

from chassis.topology.build import build
from chassis.topology.shapes import HandlerShape, Queue, ServiceShape, Topology, User, WrongShape
from contracts.partners import Inbound, Partner

HEARS = (("accounts.events", "accounts.customer.#"),)
ORDERS = HandlerShape("erp_orders", (("crm.inbound", "erp.order.upsert.v1"),))


def a_partner(**changes: object) -> Partner:
    fields: dict[str, object] = {
        "name": "erp",
        "user": "erp",
        "sends": (Inbound("erp.order.upsert.v1", "sales", "erp_orders"),),
        "hears": (),
        "hears_private": (),
        "calls": (),
        "stock_nameko": False,
        "queue_bytes": 1000,
    }
    return Partner(**(fields | changes))


def arguments(found: Topology, queue: str) -> dict[str, object]:
    return dict(next(one for one in found.queues if one.name == queue).arguments)


def user(found: Topology, name: str) -> User:
    return next(one for one in found.users if one.name == name)


class TestBuild:
    def test_a_handler_gets_a_quorum_queue_that_parks_what_kills_it(self) -> None:
        found = build(
            [ServiceShape("accounts"), ServiceShape("sales", (HandlerShape("x", HEARS),))], []
        )

        assert arguments(found, "sales.x.q1") == {
            "x-queue-type": "quorum",
            "x-delivery-limit": 20,
            "x-dead-letter-exchange": "sales.park",
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        }

    def test_a_tier_gives_back_to_the_handlers_of_its_service(self) -> None:
        found = build([ServiceShape("sales")], [])

        assert arguments(found, "sales.retry.30") == {
            "x-queue-type": "quorum",
            "x-message-ttl": 30_000,
            "x-dead-letter-exchange": "sales.redeliver",
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        }

    def test_handler_queues_have_no_length_limit_and_partners_have(self) -> None:
        shapes = [ServiceShape("accounts"), ServiceShape("sales", (ORDERS,))]

        found = build(shapes, [a_partner()])

        limited = {one.name for one in found.queues if "x-max-length-bytes" in one.arguments}
        assert limited == {"crm.log", "partner.erp.q1"}
        assert arguments(found, "partner.erp.q1")["x-overflow"] == "drop-head"

    def test_private_events_are_bound_to_entitled_partners_and_never_to_the_log(self) -> None:
        partner = a_partner(
            sends=(),
            hears=("accounts.team.created.v1",),
            hears_private=("accounts.customer.created.v1",),
        )

        found = build([ServiceShape("accounts")], [partner])

        private = [one for one in found.bindings if one.source == "accounts.private"]
        assert [(one.target, one.key) for one in private] == [
            ("partner.erp.q1", "accounts.customer.created.v1")
        ]
        assert [one.source for one in found.bindings if one.target == "crm.events"] == [
            "accounts.events"
        ]

    def test_nobody_may_write_to_the_default_exchange(self) -> None:
        shapes = [ServiceShape("accounts"), ServiceShape("sales", (ORDERS,), ("accounts",))]

        found = build(
            shapes, [a_partner(), a_partner(name="x", user="x", sends=(), calls=("sales",))]
        )

        assert len(found.users) == 6
        # The broker asks for the name amq.default where the client names no exchange.
        assert [one.name for one in found.users if re.search(one.write, "amq.default")] == []

    def test_a_call_may_be_narrowed_to_a_method(self) -> None:
        found = build(
            [ServiceShape("accounts"), ServiceShape("sales", (), ("accounts.identify",))], []
        )

        (rpc,) = (one for one in user(found, "sales").topics if one.exchange == "nameko-rpc")
        assert re.search(rpc.write, "accounts.identify")
        assert re.search(rpc.write, "reply.operator.7")
        assert not re.search(rpc.write, "accounts.identify_all")
        assert not re.search(rpc.write, "accounts.erase")

    @pytest.mark.parametrize(
        ("shapes", "partners", "sentence"),
        [
            ([ServiceShape("crm")], [], "crm cannot be the name"),
            ([ServiceShape("sales"), ServiceShape("sales")], [], "sales cannot be the name"),
            (
                [ServiceShape("erp")],
                [a_partner()],
                "erp cannot be the name of one service or partner",
            ),
            ([ServiceShape("sales", (HandlerShape("retry", HEARS),))], [], "sales.retry cannot be"),
            ([ServiceShape("sales", (HandlerShape("x", ()),))], [], "sales.x is bound to nothing"),
            (
                [ServiceShape("sales", (HandlerShape("x", HEARS),))],
                [],
                "sales.x listens to accounts.events, which nobody owns",
            ),
            (
                [ServiceShape("sales")],
                [a_partner()],
                "erp.order.upsert.v1 is promised to sales.erp_orders, which does not listen to it",
            ),
            (
                [ServiceShape("sales", (ORDERS,))],
                [],
                "sales.erp_orders listens to erp.order.upsert.v1, which no partner may send",
            ),
        ],
    )
    def test_refuses_declarations_that_contradict_each_other(
        self, shapes: list[ServiceShape], partners: list[Partner], sentence: str
    ) -> None:
        with pytest.raises(WrongShape, match=re.escape(sentence)):
            build(shapes, partners)


class TestArgumentsOn:
    @pytest.mark.parametrize(
        ("version", "limit"), [("3.10.8", None), ("3.13.1", None), ("4.0.5", -1), ("4.3.6", -1)]
    )
    def test_lifts_the_delivery_limit_only_where_that_works(
        self, version: str, limit: int | None
    ) -> None:
        queue = Queue("sales.parked", {"x-queue-type": "quorum"}, unlimited=True)

        assert queue.arguments_on(version).get("x-delivery-limit") == limit
