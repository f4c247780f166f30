"""What customers have of our products: by hand, and as orders say."""

from typing import Any

import pytest

from chassis.errors import Conflict, Invalid, NotFound, StaleVersion, Unavailable
from contracts.sales import OrderLine, OrderPlaced, OrderRevised
from tests.support.accounts import Desk, a_customer, a_staff


def a_line(key: str, sku: str, quantity: int = 1) -> OrderLine:
    """Write a line of an order."""
    return OrderLine(
        line_key=key, product_id=f"id of {sku}", quantity=quantity, discount="0",
        amount_minor=100, sku=sku,
    )  # fmt: skip


def sold(desk: Desk, customer_id: str, *lines: OrderLine, version: int = 1, **more: Any) -> None:
    """Let accounts hear of an order in its first or in a later version."""
    kind = OrderPlaced if version == 1 else OrderRevised
    told = {
        "order_id": "o1", "external_system": "erp", "external_id": "CA-1", "revision": version,
        "ordered_on": "2017-03-02", "currency": "USD", "total_minor": 1, "line_count": len(lines),
        "status": "placed",
    }  # fmt: skip
    event = kind(customer_id=customer_id, version=version, lines=lines, **told | more)
    desk.hear("sales_made", event)


def has(desk: Desk, customer_id: str, **asked: Any) -> list[tuple[str, int]]:
    """Return what a customer has."""
    found = desk.ask("assets_of", customer_id=customer_id, **asked)["items"]
    return sorted((one["sku"], one["quantity"]) for one in found)


class TestByHand:
    @pytest.mark.spec("ACC-39")
    def test_a_customer_has_what_is_noted_until_it_is_gone(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        desk.ask("record_asset", customer_id=id_, sku="DESK-1", quantity=2, since="2016-05-01")
        old = desk.ask("record_asset", customer_id=id_, sku="LAMP-1", serial="S 77")

        desk.ask("update_asset", asset_id=old["id"], version=1, changes={"until": "2017-01-01"})

        assert has(desk, id_) == [("DESK-1", 2)]
        assert has(desk, id_, former=True) == [("DESK-1", 2), ("LAMP-1", 1)]
        card = desk.ask("customer_card", customer_id=id_)["assets"]["items"]
        assert [(one["sku"], one["source"]) for one in card] == [("DESK-1", "manual")]
        told = desk.told("accounts.record.changed.v1")
        assert [(one["kind"], one["verb"]) for one in told] == [
            ("asset", "created"), ("asset", "created"), ("asset", "updated"),
        ]  # fmt: skip
        assert "S 77" not in str(told)

    def test_refuses_what_went_before_it_came_and_a_stale_version(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        one = desk.ask("record_asset", customer_id=id_, sku="DESK-1", since="2016-05-01")

        with pytest.raises(Invalid):
            desk.ask("update_asset", asset_id=one["id"], version=1,
                     changes={"until": "2016-05-01"})  # fmt: skip
        with pytest.raises(StaleVersion):
            desk.ask("remove_asset", asset_id=one["id"], version=2)

        assert has(desk, id_) == [("DESK-1", 1)]

    def test_a_mistake_is_taken_back(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        one = desk.ask("record_asset", customer_id=id_, sku="DESK-1")

        desk.ask("remove_asset", asset_id=one["id"], version=1)

        assert desk.count("assets") == 0

    def test_is_seen_and_changed_only_by_who_sees_the_customer(self, desk: Desk) -> None:
        """Pain point 5."""
        id_ = a_customer(desk)["customer_id"]
        one = desk.ask("record_asset", customer_id=id_, sku="DESK-1")
        rep = desk.token_of(a_staff(desk)["id"])

        for method, asked in (
            ("assets_of", {"customer_id": id_}),
            ("record_asset", {"customer_id": id_, "sku": "X"}),
            ("update_asset", {"asset_id": one["id"], "version": 1, "changes": {"sku": "X"}}),
            ("remove_asset", {"asset_id": one["id"], "version": 1}),
        ):
            with pytest.raises(NotFound):
                desk.ask(method, as_=rep, **asked)

        assert has(desk, id_) == [("DESK-1", 1)]


class TestFromOrders:
    @pytest.mark.spec("ACC-39")
    def test_each_line_is_there_once_however_often_it_is_told(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]

        for _ in range(2):
            sold(desk, id_, a_line("1", "DESK-1", 2), a_line("2", "LAMP-1"))

        assert has(desk, id_) == [("DESK-1", 2), ("LAMP-1", 1)]
        (one, _) = desk.ask("assets_of", customer_id=id_)["items"]
        assert (one["source"], one["order_id"], one["since"]) == ("order", "o1", "2017-03-02")

    def test_a_later_version_corrects_it_in_whatever_order_they_come(self, desk: Desk) -> None:
        first, second = (a_customer(desk)["customer_id"] for _ in range(2))
        lines = {
            1: [a_line("1", "DESK-1", 2), a_line("2", "LAMP-1")],
            2: [a_line("1", "DESK-1", 5), a_line("3", "SOFA-1"), a_line("4", "REBATE", -1)],
        }

        for id_, order, versions in ((first, "a", (1, 2)), (second, "b", (2, 1))):
            for version in versions:
                sold(desk, id_, *lines[version], version=version, order_id=order)

        assert has(desk, first) == has(desk, second) == [("DESK-1", 5), ("SOFA-1", 1)]

    def test_a_cancelled_order_leaves_nothing(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        sold(desk, id_, a_line("1", "DESK-1"))

        sold(desk, id_, a_line("1", "DESK-1"), version=2, status="cancelled")

        assert has(desk, id_, former=True) == []

    def test_a_later_version_may_be_of_another_customer(self, desk: Desk) -> None:
        wrong, right = (a_customer(desk)["customer_id"] for _ in range(2))
        sold(desk, wrong, a_line("1", "DESK-1"))

        sold(desk, right, a_line("1", "DESK-1"), version=2)

        assert (has(desk, wrong), has(desk, right)) == ([], [("DESK-1", 1)])

    def test_waits_for_a_customer_that_is_not_known_yet(self, desk: Desk) -> None:
        with pytest.raises(Unavailable):
            sold(desk, "nobody-yet", a_line("1", "DESK-1"))

        assert (desk.count("assets"), desk.count("asset_orders")) == (0, 0)

    def test_by_hand_a_serial_and_an_end_are_told_of_it_and_nothing_else(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        sold(desk, id_, a_line("1", "DESK-1"))
        (one,) = desk.ask("assets_of", customer_id=id_)["items"]

        for method, more in (("update_asset", {"changes": {"sku": "X"}}), ("remove_asset", {})):
            with pytest.raises(Conflict) as refused:
                desk.ask(method, asset_id=one["id"], version=1, **more)
            assert refused.value.code == "accounts.asset.kept_by_orders"
        desk.ask("update_asset", asset_id=one["id"], version=1, changes={"serial": "S 78"})
        sold(desk, id_, a_line("1", "DESK-1", 3), version=2)

        (after,) = desk.ask("assets_of", customer_id=id_)["items"]
        assert (after["serial"], after["quantity"]) == ("S 78", 3)
