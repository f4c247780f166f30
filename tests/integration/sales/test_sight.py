"""Who sees what of sales, and what the whole adds up to."""

import pytest

from chassis.cursors import MAX_PAGE
from chassis.errors import Forbidden, NotFound
from services.sales.tables import Opportunity
from tests.support.erp import a_line, an_order, post, post_product
from tests.support.sales import know_customer

A_DEAL = {"title": "Desks", "amount_minor": 100, "currency": "USD"}
# customer -> owner, team, territory
OWNERS = {
    "c1": ("r1", "t1", "west"),
    "c2": ("r2", "t1", "north"),
    "c3": ("r3", "t2", "west"),
    "c4": ("r4", "t2", "north"),
}


@pytest.fixture
def house(sales):
    """One opportunity and one order of each of four customers, of all combinations."""
    post_product(sales)
    director = sales.person("d1", "sales_director")
    for number, (id_, (owner, team, territory)) in enumerate(OWNERS.items(), start=1):
        know_customer(sales, id_, sequence=2, owner_id=owner, team_id=team, territory_id=territory)
        sales.call("open_opportunity", director, customer_id=id_, **A_DEAL)
        lines = [a_line(number, amount_minor=number * 10)]
        post(
            sales,
            an_order(
                order_id=f"CA-{number}", customer_external_id=f"ERP-{id_}", lines=lines,
                ordered_on=f"2017-0{number}-01",
            ),
        )  # fmt: skip
    return sales


def seen(house, token, kind):
    found = house.call("find_records", token, kind=kind)["items"]
    return sorted(one["customer_id"] for one in found)


class TestVisibility:
    @pytest.mark.parametrize(
        ("role", "who", "expected"),
        [
            ("rep", "r1", ["c1"]),  # own
            ("supervisor", "s1", ["c1", "c2", "c3"]),  # team t1 and territory west
            ("sales_director", "d1", ["c1", "c2", "c3", "c4"]),  # all
            ("general_manager", "g1", ["c1", "c2", "c3", "c4"]),
            ("data_analyst", "a1", ["c1", "c2", "c3", "c4"]),
        ],
    )
    def test_each_role_finds_counts_and_sums_what_it_may_see(self, house, role, who, expected):
        token = house.person(who, role)

        assert seen(house, token, "opportunity") == seen(house, token, "order") == expected
        stages = house.call("funnel", token)["opportunities"]
        assert [(s["count"], s["amounts"]) for s in stages if s["stage"] == "prospecting"] == [
            (len(expected), {"USD": 100 * len(expected)})
        ]
        months = house.call("orders_by_month", token)["months"]
        assert sum(month["amount_minor"] for month in months) == sum(
            10 * int(id_[1]) for id_ in expected
        )

    def test_relationship_staff_see_their_teams_orders_only(self, house):
        token = house.person("x1", "relationship_staff", team="t2", territories=())

        assert seen(house, token, "order") == ["c3", "c4"]
        with pytest.raises(Forbidden):
            seen(house, token, "opportunity")

    def test_what_is_somebody_elses_does_not_exist(self, house):
        rep = house.person("r1", "rep")
        theirs = next(o for o in house.rows(Opportunity) if o.customer_id == "c2")

        with pytest.raises(NotFound):
            house.call("get_record", rep, kind="opportunity", id=theirs.id)
        with pytest.raises(NotFound):
            house.call("stage_report", rep, opportunity_id=theirs.id)
        with pytest.raises(NotFound):
            house.call("win_opportunity", rep, opportunity_id=theirs.id, version=theirs.version)

    def test_nothing_is_opened_for_somebody_elses_customer(self, house):
        with pytest.raises(Forbidden) as foreign:
            house.call("open_opportunity", house.person("r1", "rep"), customer_id="c2", **A_DEAL)

        assert foreign.value.code == "sales.customer.not_yours"
        assert len(house.rows(Opportunity)) == 4

    def test_sums_of_the_whole_book_need_sight_of_the_whole_book(self, house):
        for who, role in (("r1", "rep"), ("s1", "supervisor")):
            with pytest.raises(Forbidden):
                house.call("totals", house.person(who, role))

        told = house.call("totals", house.person("a1", "data_analyst"))
        assert (told["orders"], told["lines"], told["amounts"]) == (4, 4, {"USD": 100})


class TestReads:
    def test_pages_through_orders_by_day_without_gaps(self, house):
        director = house.person("d1", "sales_director")
        asked = {"kind": "order", "sort": "ordered_on", "descending": True, "limit": 3}

        first = house.call("find_records", director, **asked)
        second = house.call("find_records", director, **asked, after=first["next"])

        days = [one["ordered_on"] for page in (first, second) for one in page["items"]]
        assert days == ["2017-04-01", "2017-03-01", "2017-02-01", "2017-01-01"]
        assert second["next"] is None
        assert MAX_PAGE == 200

    def test_sums_orders_by_month_within_a_period(self, house):
        found = house.call(
            "orders_by_month", house.person("d1", "sales_director"), since="2017-02-01",
            until="2017-04-01", external_system="erp",
        )  # fmt: skip

        assert found["months"] == [
            {"month": "2017-02", "currency": "USD", "orders": 1, "amount_minor": 20},
            {"month": "2017-03", "currency": "USD", "orders": 1, "amount_minor": 30},
        ]

    def test_the_funnel_shows_every_stage_and_every_kind_of_status(self, house):
        funnel = house.call("funnel", house.person("d1", "sales_director"))

        assert [one["type"] for one in funnel["leads"]] == [
            "open", "ongoing", "on_hold", "converted", "lost",
        ]  # fmt: skip
        assert [one["stage"] for one in funnel["opportunities"]] == [
            "prospecting", "qualification", "proposal", "negotiation", "won", "lost",
        ]  # fmt: skip

    def test_the_card_shows_each_section_with_its_freshness(self, house):
        card = house.call("customer_card", house.person("d1", "sales_director"), customer_id="c1")

        assert [one["amount_minor"] for one in card["opportunities"]["open"]] == [100]
        assert card["orders"]["sums"] == [{"currency": "USD", "orders": 1, "amount_minor": 10}]
        assert [one["external_id"] for one in card["orders"]["last"]] == ["CA-1"]
        assert card["orders"]["as_of"] == card["as_of"] == "2017-03-01T09:00:00.000000Z"
        assert card["leads"] == {"permitted": True, "items": [], "as_of": None}
        assert card["copy"] == {"known": True, "version": 2}

    def test_the_card_says_which_sections_are_not_for_the_caller(self, house):
        marketer = house.call("customer_card", house.person("m1", "marketer"), customer_id="c1")
        stranger = house.call("customer_card", house.person("r9", "rep"), customer_id="c1")

        assert marketer["orders"] == {"permitted": False}
        assert marketer["leads"]["permitted"] is True
        assert (stranger["orders"]["last"], stranger["orders"]["sums"]) == ([], [])

    def test_a_stranger_to_an_order_does_not_get_its_lines(self, house):
        order = house.call("find_records", house.person("r2", "rep"), kind="order")["items"][0]

        assert house.call("order_with_lines", house.person("r2", "rep"), order_id=order["id"])[
            "lines"
        ]
        with pytest.raises(NotFound):
            house.call("order_with_lines", house.person("r1", "rep"), order_id=order["id"])
