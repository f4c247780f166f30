"""Every way in which a record is changed leaves the same row: who, when, through which channel, what."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.accounts import CustomerOwnerChanged
from services.sales.tables import Opportunity, Order, Product, Quote
from tests.support.erp import an_order, post, post_product
from tests.support.leads import A_DEAL, capture, qualified
from tests.support.sales import DAY, know_customer
from tests.support.trail import Entry, entries


def last(sales: Any, id_: str) -> Entry:
    """Return the last row about a record."""
    return [one for one in entries(sales.runtime.database) if one.id == id_][-1]


def said(entry: Entry) -> tuple[str, str, str]:
    """Return the verb, who it was and through which channel."""
    return entry.verb, entry.actor, entry.channel


@pytest.fixture
def boss(linked: Any) -> str:
    """The token of somebody who sees everything and may do all, with accounts next door."""
    return str(linked.person("d1", "sales_director"))


class TestPainPoint18EveryPath:
    """Audit holes (pain point 18): no channel is left out."""

    @pytest.mark.spec("ACC-26")
    def test_a_command(self, linked: Any, boss: str) -> None:
        lead = capture(linked, boss)
        linked.clock.pass_(hours=1)

        linked.call("qualify_lead", boss, lead_id=lead["lead_id"], version=lead["version"])

        entry = last(linked, lead["lead_id"])
        assert said(entry) == ("updated", "person:d1", "rpc:qualify_lead")
        assert (entry.at - DAY).total_seconds() == 3600
        assert entry.changes is not None
        assert entry.changes["status"] == ["new", "working"]

    def test_a_plain_record_by_each_verb(self, sales: Any) -> None:
        admin = sales.person("boss", "admin")
        values = {"sku": "OFF-9", "name": "Desk", "category": "Furniture", "sub_category": "Desks"}
        made = sales.call("create_record", admin, kind="product", values=values)
        one = {"kind": "product", "id": made["id"]}
        sales.call("update_record", admin, **one, version=1, values={"name": "Table"})

        found = [said(each) for each in entries(sales.runtime.database) if each.id == made["id"]]

        assert found == [
            ("created", "person:boss", "rpc:create_record"),
            ("updated", "person:boss", "rpc:update_record"),
        ]
        assert last(sales, made["id"]).changes == {"name": ["Desk", "Table"]}

    def test_a_step_of_a_process_on_behalf_of_who_started_it(self, linked: Any, boss: str) -> None:
        lead = qualified(linked, boss)

        done = linked.call("convert_lead", boss, lead_id=lead["id"], **A_DEAL)

        entry = last(linked, done["opportunity_id"])
        assert said(entry) == ("created", "person:d1", "process:convert_lead")
        assert entry.at == DAY
        assert entry.changes is not None
        assert entry.changes["amount_minor"] == [None, 120_000]

    def test_the_neighbour_that_a_process_asks(self, linked: Any, accounts: Any, boss: str) -> None:
        lead = qualified(linked, boss)

        done = linked.call("convert_lead", boss, lead_id=lead["id"], **A_DEAL)

        entry = last(accounts, done["customer_id"])
        assert said(entry) == ("created", "person:d1", "rpc:register_customer")

    def test_a_handler_of_an_event(self, linked: Any, boss: str) -> None:
        lead = qualified(linked, boss)
        done = linked.call("convert_lead", boss, lead_id=lead["id"], **A_DEAL)
        know_customer(linked, done["customer_id"], sequence=9, owner_id="r2", version=9)

        linked.hear(
            "owner_changes",
            CustomerOwnerChanged(
                customer_id=done["customer_id"], version=9, previous_owner_id=None,
                owner_id="r2", team_id="t1", territory_id="west", reason="assigned",
            ),
        )  # fmt: skip

        entry = last(linked, done["opportunity_id"])
        assert said(entry) == ("updated", "service:sales", "event:owner_changes")
        assert entry.changes is not None
        assert entry.changes["owner_id"][1] == "r2"

    def test_a_timer(self, books: Any, director: str) -> None:
        one = books.call(
            "open_opportunity", director, customer_id="c1", title="Desks", amount_minor=1,
            currency="USD",
        )  # fmt: skip
        (product,) = books.rows(Product)
        line = {"product_id": product.id, "quantity": 1, "unit_price": "1"}
        quote = books.call(
            "draft_quote", director, opportunity_id=one["id"], currency="USD",
            valid_until=DAY + timedelta(days=30), lines=[line],
        )  # fmt: skip
        books.call("send_quote", director, quote_id=quote["id"], version=quote["version"])
        books.clock.pass_(days=30)

        assert books.fire() == 1

        (stored,) = books.rows(Quote)
        entry = last(books, stored.id)
        assert said(entry) == ("updated", "service:sales", "timer:quote.expiry")
        assert entry.changes == {"status": ["sent", "expired"]}
        assert (entry.at - DAY).days == 30

    def test_a_partner(self, books: Any) -> None:
        post(books, an_order())
        post_product(books, revision=2, name="Better stapler")

        (order,), (product,) = books.rows(Order), books.rows(Product)
        assert said(last(books, order.id)) == ("created", "service:sales", "event:erp_orders")
        entry = last(books, product.id)
        assert said(entry) == ("updated", "service:sales", "event:erp_products")
        assert entry.changes is not None
        assert entry.changes["name"] == ["Stapler", "Better stapler"]

    def test_what_is_refused_leaves_nothing(self, linked: Any, boss: str) -> None:
        lead = capture(linked, boss)
        before = len(entries(linked.runtime.database))

        with pytest.raises(Exception, match="changed by somebody else"):
            linked.call("qualify_lead", boss, lead_id=lead["lead_id"], version=99)

        assert len(entries(linked.runtime.database)) == before
        assert linked.rows(Opportunity) == []
