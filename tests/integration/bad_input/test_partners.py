"""What an outside system gets wrong: it is told why, or the message is parked; the books stay."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from contracts.erp import CUSTOMER_UPSERT, INBOUND, ORDER_UPSERT, PRODUCT_UPSERT
from deploy.local.house import House
from tests.support.couriers import SECONDS, Courier, raw, stored
from tests.support.doors import Door
from tests.support.waiting import eventually

VERDICTS = "partner.erp.q1"
BOOKS = ("orders", "order_lines", "products")
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def erp(running_house: House, door: Door) -> Iterator[Courier]:
    """The ERP, with one customer, one product and revision 2 of one order in the books."""
    customer = {"name": "Buyer", "country": "US", "external_ids": {"erp": "ERP-1"}}
    door.call("accounts.register_customer", customer)
    opened = Courier(running_house, "erp")
    product = {"product_id": "OFF-1", "revision": 1, "name": "Stapler"}
    assert verdict_on(opened, PRODUCT_UPSERT, product)[1]["outcome"] == "created"
    # The customer may still be on its way to sales: then the order waits and is tried again.
    opened.send(INBOUND, ORDER_UPSERT, an_order(), message_id="first")
    assert heard(opened) == {"erp.order.accepted.v1", "sales.order.placed.v1"}
    yield opened
    opened.close()


def heard(erp: Courier) -> set[str]:
    """Take a verdict and the order that was placed, in whatever order they come."""
    return {str(erp.take(VERDICTS)[0].type) for _ in range(2)}


def verdict_on(
    erp: Courier, key: str, body: object, message_id: str | None = None
) -> tuple[str, dict[str, Any]]:
    """Post a message and return what the house says of it."""
    id_ = message_id or str(uuid.uuid4())
    erp.send(INBOUND, key, body, message_id=id_)
    properties, told = erp.take(VERDICTS)
    verdict: dict[str, Any] = json.loads(told)
    assert verdict["message_id"] == id_
    return str(properties.type), verdict


def a_line(**fields: Any) -> dict[str, Any]:
    return {"row_id": 1, "product_id": "OFF-1", "quantity": 2, "amount_minor": 1000} | fields


def an_order(lines: list[dict[str, Any]] | None = None, **fields: Any) -> dict[str, Any]:
    order = {
        "order_id": "CA-1", "revision": 2, "ordered_on": "2017-03-01", "currency": "USD",
        "customer_external_id": "ERP-1", "lines": lines or [a_line()], "total_minor": 1000,
    }  # fmt: skip
    return order | fields


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "a number as text": (
        an_order([a_line(quantity="2")], revision=3), "invalid.fields",
        "The input is not valid: lines.0.quantity: not a valid integer.",
    ),
    "a text as number": (an_order(currency=840, revision=3), "invalid.fields", "currency"),
    "a day that is none": (an_order(ordered_on="2017-02-30"), "invalid.fields", "ordered_on"),
    "no lines": (an_order() | {"lines": []}, "invalid.fields", "lines"),
    "an unknown field": (an_order(colour="red"), "invalid.fields", "colour: unknown field"),
    "a negative amount": (
        an_order([a_line(amount_minor=-1)], total_minor=-1, revision=3), "invalid.fields",
        "amount_minor",
    ),
    "a negative quantity": (
        an_order([a_line(quantity=-2)], revision=3), "invalid.fields", "quantity",
    ),
    "an unknown product": (
        an_order([a_line(product_id="NO-1")], revision=3), "sales.order.unknown_product", "",
    ),
    "a sum that is none": (an_order(total_minor=1, revision=3), "sales.order.total_mismatch", ""),
    "a revision with another content": (
        an_order([a_line(amount_minor=5)], total_minor=5), "sales.order.revision_conflict", "",
    ),
}  # fmt: skip


class TestRefused:
    @pytest.mark.parametrize("case", REFUSED)
    def test_is_told_why_and_nothing_is_entered(
        self, running_house: House, erp: Courier, case: str
    ) -> None:
        body, code, words = REFUSED[case]
        before = stored(running_house, "sales", *BOOKS)

        type_, verdict = verdict_on(erp, ORDER_UPSERT, body)

        assert type_ == "erp.order.refused.v1"
        assert (verdict["external_id"], verdict["code"]) == ("CA-1", code)
        assert words in verdict["reason"]
        assert stored(running_house, "sales", *BOOKS) == before

    def test_an_older_revision_changes_nothing(self, running_house: House, erp: Courier) -> None:
        before = stored(running_house, "sales", *BOOKS)

        old = an_order([a_line(amount_minor=7)], total_minor=7, revision=1)
        type_, verdict = verdict_on(erp, ORDER_UPSERT, old)

        assert (type_, verdict["outcome"]) == ("erp.order.accepted.v1", "superseded")
        assert stored(running_house, "sales", *BOOKS) == before

    def test_told_again_is_not_answered_again(self, running_house: House, erp: Courier) -> None:
        wrong = an_order(colour="red")
        verdict_on(erp, ORDER_UPSERT, wrong, "told-twice")

        erp.send(INBOUND, ORDER_UPSERT, wrong, message_id="told-twice")
        type_, verdict = verdict_on(erp, ORDER_UPSERT, an_order())

        assert (type_, verdict["outcome"]) == ("erp.order.accepted.v1", "unchanged")
        assert erp.depth(VERDICTS) == 0


PARKED: dict[str, tuple[object, dict[str, Any], str]] = {
    "no message id": (an_order(revision=9), {}, "inbound.message_id"),
    "no JSON": (b"\xff{", {"message_id": "m"}, "event.undecodable"),
    "no body": (b"", {"message_id": "m"}, "event.undecodable"),
    "no object": ([1], {"message_id": "m"}, "event.undecodable"),
    "too large": (b" " * (MEBIBYTE + 1), {"message_id": "m"}, "inbound.body_too_large"),
}


class TestParked:
    @pytest.mark.parametrize("case", PARKED)
    def test_is_what_says_nothing_that_could_be_answered(
        self, running_house: House, erp: Courier, operator: Courier, case: str
    ) -> None:
        body, properties, code = PARKED[case]
        before = stored(running_house, "sales", *BOOKS)

        erp.send(INBOUND, ORDER_UPSERT, body, **properties)

        found, kept = operator.take("sales.parked")
        assert found.headers["x-reason-code"] == code
        assert found.headers["x-handler"] == "sales.erp_orders.q1"
        assert kept == raw(body)
        assert stored(running_house, "sales", *BOOKS) == before

    def test_is_what_a_carbon_copy_brings_under_a_key_of_another_handler(
        self, running_house: House, erp: Courier, operator: Courier
    ) -> None:
        # The broker checks the right to the routing key alone, and so does not see this key.
        product = {"product_id": "OFF-1", "revision": 1, "name": "Stapler"}
        before = stored(running_house, "sales", *BOOKS)

        erp.send(
            INBOUND, PRODUCT_UPSERT, product, message_id="copied", headers={"CC": [ORDER_UPSERT]}
        )

        found, _ = operator.take("sales.parked")
        properties, verdict = erp.take(VERDICTS)
        assert found.headers["x-reason-code"] == "inbound.routing_key"
        assert found.headers["x-handler"] == "sales.erp_orders.q1"
        assert found.headers["x-first-routing-key"] == PRODUCT_UPSERT
        assert properties.type == "erp.product.accepted.v1"
        assert json.loads(verdict)["outcome"] == "unchanged"
        assert stored(running_house, "sales", *BOOKS) == before

    def test_until_a_person_replays_it(
        self, running_house: House, erp: Courier, operator: Courier
    ) -> None:
        """What is parked keeps everything that is needed to take it after all."""
        erp.send(INBOUND, ORDER_UPSERT, b"{", message_id="mended")
        found, _ = operator.take("sales.parked")

        operator.send(
            "sales.redeliver", found.headers["x-handler"], an_order(),
            message_id=found.message_id, headers=found.headers,
        )  # fmt: skip

        properties, told = erp.take(VERDICTS)
        assert properties.type == "erp.order.accepted.v1"
        assert json.loads(told)["message_id"] == "mended"


def test_a_partner_that_waits_for_a_customer_is_not_refused(
    running_house: House, erp: Courier, door: Door
) -> None:
    """What may still come is waited for in the tiers, neither refused nor parked nor lost."""
    order = an_order([a_line(row_id=2)], order_id="CA-2", customer_external_id="ERP-2")
    erp.send(INBOUND, ORDER_UPSERT, order, message_id="early")
    eventually(lambda: set_aside(running_house, "early", "retried"), seconds=SECONDS)

    customer = {"name": "Late", "country": "US", "external_ids": {"erp": "ERP-2"}}
    door.call("accounts.register_customer", customer)

    assert heard(erp) == {"erp.order.accepted.v1", "sales.order.placed.v1"}


def set_aside(house: House, message_id: str, outcome: str) -> bool:
    """Tell whether sales' log says that a message was set aside."""
    lines = (house.directory / "log" / "sales.log").read_text().splitlines()
    facts = map(json.loads, lines)
    return any(
        (one.get("message_id"), one.get("outcome")) == (message_id, outcome) for one in facts
    )


class TestPainPoint23CustomersByKey:
    """Syncing CRM and ERP breaks, and retries make duplicates (pain point 23)."""

    def test_a_retry_makes_no_second_customer(self, erp: Courier, door: Door) -> None:
        customer = {"customer_id": "ERP-23", "revision": 1, "name": "Ada King", "country": "GB"}

        first = verdict_on(erp, CUSTOMER_UPSERT, customer, "ada-1")
        erp.send(INBOUND, CUSTOMER_UPSERT, customer, message_id="ada-1")  # no verdict: it had one
        again = verdict_on(erp, CUSTOMER_UPSERT, customer)
        later = verdict_on(erp, CUSTOMER_UPSERT, customer | {"revision": 2, "city": "London"})
        older = verdict_on(erp, CUSTOMER_UPSERT, customer | {"city": "Paris"})

        assert [type_ for type_, _ in (first, again, later, older)] == [
            "erp.customer.accepted.v1"
        ] * 4
        assert [told["outcome"] for _, told in (first, again, later, older)] == [
            "created", "unchanged", "revised", "superseded",
        ]  # fmt: skip
        assert len({told["customer_id"] for _, told in (first, again, later, older)}) == 1
        assert door.count("accounts", "external_ids", "key = 'ERP-23'") == 1
        assert door.count("accounts", "customers", "city = 'London'") == 1

    def test_a_customer_that_cannot_be_is_refused_in_words(self, erp: Courier, door: Door) -> None:
        wrong = {"customer_id": "ERP-24", "revision": 1, "name": "X", "country": "England"}

        type_, told = verdict_on(erp, CUSTOMER_UPSERT, wrong)

        assert (type_, told["code"], told["external_id"], told["revision"]) == (
            "erp.customer.refused.v1", "invalid.fields", "ERP-24", 1,
        )  # fmt: skip
        assert door.count("accounts", "external_ids", "key = 'ERP-24'") == 0
