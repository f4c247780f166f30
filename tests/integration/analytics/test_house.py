"""Analytics in a running house: the log, the warehouse's own process, the socket, the bus."""

import pytest

from chassis.errors import NotFound
from deploy.local.house import Kind
from tests.support.doors import Door
from tests.support.places import opened_house
from tests.support.waiting import eventually

NEEDED = ("accounts", "sales", "analytics", "warehouse")
DESKS = [
    {"sku": "D-1", "quantity": 1, "amount_minor": 70_000},
    {"sku": "D-1", "quantity": 2, "amount_minor": 5_00},
]


@pytest.fixture(scope="module")
def door(tmp_path_factory, session_broker):
    """The way into a house with the four that this takes."""
    folder = tmp_path_factory.mktemp("house")
    with opened_house(folder, Kind.SQLITE, session_broker, None, NEEDED) as opened:
        opened.up()
        way_in = Door(opened)
        yield way_in
        way_in.client.close()


@pytest.fixture(scope="module")
def customers(door):
    """Three customers, of whom one bought."""
    found = [
        door.call("accounts.register_customer", {"name": name, "kind": "person"})["customer_id"]
        for name in ("Ada Ames", "Bo Beck", "Cy Cole")
    ]
    product = {"sku": "D-1", "name": "Desk", "category": "Furniture", "active": True}
    door.call("sales.create_record", {"kind": "product", "values": product})
    order = {"customer_id": found[0], "ordered_on": "2017-06-01", "currency": "USD"}
    eventually(lambda: _placed(door, order | {"lines": DESKS}), because="sales knows the customer")
    return found


def _placed(door, order):
    try:
        return door.call("sales.place_order", order)
    except NotFound:
        return None


class TestARunningHouse:
    @pytest.mark.spec("ANA-04")
    def test_reconciles_the_warehouse_with_the_books(self, door, customers):
        def settled():
            answer = door.call("analytics.reconcile", {})
            return answer if answer.get("verdict") == "equal" else None

        answer = eventually(settled, because="it has read all of it")

        counted = {one["measure"]: one["warehouse"] for one in answer["measures"]}
        assert counted == {"orders": 1, "lines": 2, "amount.USD": 70_500, "line_amount.USD": 70_500}

    @pytest.mark.spec("ANA-20")
    def test_scores_everybody_it_has_heard_of(self, door, customers):
        eventually(
            lambda: door.call("analytics.pyramid", {})["population"] == 3,
            because="the warehouse has heard of three customers",
        )

        run = door.call("analytics.score_customers", {})

        assert (run["population"], run["tiers"]["vip"], run["tiers"]["small"]) == (3, 1, 2)
        card = door.call("analytics.customer_card", {"customer_id": customers[0]})
        assert (card["score"]["tier"], card["score"]["spend_minor"]) == ("vip", 70_500)

    def test_answers_what_was_sold_and_drills_down(self, door, customers):
        cube = door.call("analytics.cube", {"by": ["category"]})

        (total, furniture) = cube["cells"]
        assert (furniture["at"], furniture["amount_minor"]) == ({"category": "Furniture"}, 70_500)
        assert total["customers"] == 1
        rows = door.call("analytics.cube_rows", {"cell": {"category": "Furniture"}})
        assert sum(row["amount_minor"] for row in rows["items"]) == 70_500

    def test_says_how_far_the_warehouse_is(self, door, customers):
        def settled():
            status = door.call("analytics.warehouse_status", {})
            return status if status["lag_events"] == 0 else None

        status = eventually(settled, because="it has read what the scores told")

        assert (status["gaps"], status["quarantined"]) == (0, 0)
        assert status["heard_until"] is not None
