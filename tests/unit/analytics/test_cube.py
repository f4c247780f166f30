"""The sales cube: totals at their own grain, and every cell down to its rows."""

from datetime import timedelta
from importlib import import_module

import pytest

from chassis.errors import Invalid
from contracts.accounts import CustomerOwnerChanged, CustomerUpdated
from demo import history
from tests.support.analytics import NOW, a_customer, a_line, a_product, an_order


def updated(customer_id, **fields):
    """Return a customer that was changed."""
    return CustomerUpdated(**{"customer_id": customer_id, "version": 2, "kind": "person"} | fields)


def cells(answer):
    """Return the cells by where they are."""
    return {tuple(sorted(cell["at"].items())): cell for cell in answer["cells"]}


def drilled(warehouse, cell, limit=200):
    """Return all rows behind a cell, page by page, and the sums that came with them."""
    found, after, sums = [], None, None
    while True:
        page = warehouse.ask("cube_rows", as_of=NOW, cell=cell, limit=limit, after=after)
        found += page["items"]
        sums, after = page["sums"], page["next"]
        if after is None:
            return found, sums


class TestCube:
    @pytest.mark.spec("ANA-13")
    def test_counts_distinct_customers_at_every_grain_anew(self, superstore):
        found = cells(superstore.ask("cube", as_of=NOW, by=["region", "category"]))

        regions = [cell for at, cell in found.items() if [name for name, _ in at] == ["region"]]
        assert found[()]["customers"] == 793
        assert sum(cell["customers"] for cell in regions) == 2501
        assert (found[()]["lines"], found[()]["orders"]) == (9994, 5009)
        assert found[()]["amount_minor"] == 229_720_065
        assert len(found) == (4 + 1) * (3 + 1)

    @pytest.mark.spec("ANA-13")
    @pytest.mark.parametrize(
        "by", [["region", "category"], ["year", "region"], ["category", "month"]]
    )
    def test_adds_up_what_is_additive_at_every_level(self, superstore, by):
        answer = superstore.ask("cube", as_of=NOW, by=by)
        found = cells(answer)

        for name in by:
            level = [cell for at, cell in found.items() if [key for key, _ in at] == [name]]
            for measure in ("lines", "quantity", "amount_minor"):
                assert sum(cell[measure] for cell in level) == found[()][measure]
        leaves = [cell for at, cell in found.items() if len(at) == len(by)]
        assert sum(cell["amount_minor"] for cell in leaves) == 229_720_065

    def test_equals_what_the_file_says(self, superstore):
        whole = history.read()
        expected = {}
        for order in whole.orders:
            for line in order.lines:
                key = (("category", line.category), ("region", order.ship_to.region))
                expected[key] = expected.get(key, 0) + line.amount_minor

        found = cells(superstore.ask("cube", as_of=NOW, by=["region", "category"]))

        assert {at: found[at]["amount_minor"] for at in expected} == expected

    def test_a_ratio_is_of_the_cells_own_sums(self, superstore):
        total = cells(superstore.ask("cube", as_of=NOW, by=[]))[()]

        assert total["average_order_minor"] == round(229_720_065 / 5009)

    def test_rolls_time_up_from_months_to_quarters_and_years(self, superstore):
        months = cells(superstore.ask("cube", as_of=NOW, by=["year", "quarter", "month"]))
        year = months[(("year", 2016),)]["amount_minor"]
        quarters = [months[(("quarter", n), ("year", 2016))]["amount_minor"] for n in range(1, 5)]
        first = sum(
            months[(("month", f"2016-0{n}"), ("quarter", 1), ("year", 2016))]["amount_minor"]
            for n in range(1, 4)
        )

        assert sum(quarters) == year
        assert first == quarters[0]

    @pytest.mark.spec("ANA-13")
    @pytest.mark.parametrize(
        "cell",
        [
            {},
            {"region": "West"},
            {"region": "South", "category": "Technology", "year": 2015},
            {"category": "Furniture", "month": "2017-11"},
        ],
    )
    def test_drills_down_to_the_rows_that_made_a_cell(self, superstore, cell):
        in_cube = cells(superstore.ask("cube", as_of=NOW, by=list(cell)))[
            tuple(sorted(cell.items()))
        ]

        rows, sums = drilled(superstore, cell)

        assert {name: in_cube[name] for name in sums} == sums
        assert len({(row["order_id"], row["line_key"]) for row in rows}) == in_cube["lines"]
        assert sum(row["amount_minor"] for row in rows) == in_cube["amount_minor"]
        assert sum(row["quantity"] for row in rows) == in_cube["quantity"]
        assert len({row["customer_id"] for row in rows}) == in_cube["customers"]
        assert len({row["order_id"] for row in rows}) == in_cube["orders"]

    def test_a_slice_is_the_same_cell(self, superstore):
        whole = cells(superstore.ask("cube", as_of=NOW, by=["region", "category"]))
        west = cells(superstore.ask("cube", as_of=NOW, by=["category"], where={"region": "West"}))

        at = (("category", "Furniture"), ("region", "West"))
        assert west[(("category", "Furniture"),)]["amount_minor"] == whole[at]["amount_minor"]
        assert west[()]["customers"] == whole[(("region", "West"),)]["customers"]

    def test_keeps_what_has_no_value_in_a_cell_of_its_own(self, warehouse):
        warehouse.tell(a_product("p1", "Desks"))
        warehouse.tell(
            an_order("o1", "a", 100, lines=(a_line("1", 60), a_line("2", 40, "unheard of"))),
            an_order("o2", "a", 7, "1999-01-01", ship_region=None),
        )

        found = cells(warehouse.ask("cube", as_of=NOW, by=["category", "year"]))

        assert found[()]["amount_minor"] == 107
        assert found[(("category", None),)]["amount_minor"] == 40
        assert found[(("year", None),)]["amount_minor"] == 7
        rows, sums = drilled(warehouse, {"category": None})
        assert [row["product_id"] for row in rows] == ["unheard of"]
        assert sums["amount_minor"] == 40

    @pytest.mark.parametrize(
        ("as_of", "expected"),
        [
            ("2018-01-02T09:00:00Z", {(): 100, ("Desks",): 100, ("consumer",): 100}),
            ("2018-01-03T09:00:00Z", {(): 100, ("Chairs",): 100, (None,): 100}),
        ],
    )
    def test_what_was_told_later_moves_nothing_in_an_earlier_cube(self, warehouse, as_of, expected):
        warehouse.tell(a_product("p1", "Desks"), a_customer("c1", segment="consumer"))
        warehouse.tell(an_order("o1", "c1", 100))
        moved = a_product("p1", "Chairs"), updated("c1", segment=None)
        warehouse.tell(*moved, at=NOW + timedelta(days=2))

        answers = [
            warehouse.ask("cube", as_of=as_of, by=[name]) for name in ("category", "segment")
        ]

        assert {
            tuple(cell["at"].values()): cell["amount_minor"]
            for answer in answers
            for cell in answer["cells"]
        } == expected

    def test_a_change_of_owner_leaves_a_customer_in_their_segment(self, warehouse):
        warehouse.tell(a_customer("c1", segment="consumer"), an_order("o1", "c1", 100))
        warehouse.tell(
            CustomerOwnerChanged(
                customer_id="c1", version=2, previous_owner_id=None, owner_id="r1", team_id=None,
                territory_id=None, reason="manual",
            )
        )  # fmt: skip

        rows, sums = drilled(warehouse, {"segment": "consumer"})

        assert [row["order_id"] for row in rows] == ["o1"]
        assert sums["amount_minor"] == 100

    def test_pages_are_whole_and_bounded(self, superstore):
        cell = {"region": "West", "category": "Technology"}

        by_sevens, _ = drilled(superstore, cell | {"year": 2014}, limit=7)
        at_once, _ = drilled(superstore, cell | {"year": 2014})

        assert by_sevens == at_once
        with pytest.raises(Invalid):
            superstore.ask("cube_rows", cell=cell, limit=201)

    def test_refuses_what_is_no_dimension_or_no_value_of_one(self, superstore):
        for wrong in (
            {"by": ["customer_id"]},
            {"by": ["region", "region"]},
            {"by": ["region", "state", "year", "month"]},
            {"by": ["region; DROP TABLE raw_event"]},
            {"where": {"year": "2016"}},
            {"where": {"region": 5}},
            {"where": {"sku": "x"}},
        ):
            with pytest.raises(Invalid):
                superstore.ask("cube", **wrong)
        with pytest.raises(Invalid):
            superstore.ask("cube_rows", cell={"region": {"$ne": "West"}})

    def test_refuses_more_cells_than_an_answer_holds(self, superstore, monkeypatch):
        module = import_module("services.analytics.warehouse.methods.cube")
        monkeypatch.setattr(module, "MAX_ROWS", 5)
        whole = superstore.ask("cube", as_of=NOW, by=["region"])["cells"]

        with pytest.raises(Invalid) as refused:
            superstore.ask("cube", as_of=NOW, by=["state"])

        assert len(whole) == 5  # four regions and their total
        assert refused.value.code == "analytics.cube.too_many_cells"

    def test_of_nothing_is_empty(self, warehouse):
        assert warehouse.ask("cube")["cells"] == []
        assert warehouse.ask("cube_rows")["sums"]["average_order_minor"] is None
