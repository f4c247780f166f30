"""Opportunities and quotes, from the first stage to the order."""

from datetime import timedelta

import pytest

from chassis.errors import Conflict, Invalid, NotFound, StaleVersion
from services.sales.tables import Opportunity, Order, Quote, QuoteLine, StageStay
from tests.support.erp import post_product
from tests.support.sales import DAY

A_DEAL = {"customer_id": "c1", "title": "Desks", "amount_minor": 120_000, "currency": "USD"}


def opened(sales, token, **fields):
    return sales.call("open_opportunity", token, **A_DEAL | fields)


def step(sales, token, method, one, **fields):
    return sales.call(method, token, opportunity_id=one["id"], version=one["version"], **fields)


def drafted(sales, token, one, **fields):
    (product,) = sales.call("find_records", token, kind="product")["items"]
    line = {"product_id": product["id"], "quantity": 3, "unit_price": "10.005", "discount": "0.1"}
    draft = {"currency": "USD", "valid_until": DAY + timedelta(days=30), "lines": [line]}
    return sales.call("draft_quote", token, opportunity_id=one["id"], **draft | fields)


def settle(sales, token, method, quote):
    return sales.call(method, token, quote_id=quote["id"], version=quote["version"])


class TestStages:
    def test_opens_at_the_first_stage_as_the_customers_owners(self, sales, director):
        one = opened(sales, director, expected_close_on="2017-06-01")

        assert (one["stage"], one["win_chance"], one["owner_id"], one["version"]) == (
            "prospecting", 10, "r1", 1,
        )  # fmt: skip
        (told,) = sales.told("sales.opportunity.opened.v1")
        assert (told["expected_close_on"], told["amount_minor"]) == ("2017-06-01", 120_000)
        assert "Desks" not in str(told)

    @pytest.mark.spec("SAL-05")
    def test_reports_where_it_stands_and_how_it_came_there(self, sales, director):
        one = opened(sales, director, expected_close_on="2017-03-11")
        sales.clock.pass_(days=2)
        one = step(sales, director, "move_stage", one, stage="qualification")
        sales.clock.pass_(days=1)
        one = step(sales, director, "move_stage", one, stage="proposal")
        sales.clock.pass_(hours=6)

        report = sales.call("stage_report", director, opportunity_id=one["id"])

        assert (report["stage"], report["win_chance"], report["seconds_in_stage"]) == (
            "proposal", 50, 6 * 3600,
        )  # fmt: skip
        assert report["seconds_open"] == 3 * 86_400 + 6 * 3600
        assert report["seconds_to_expected_close"] == (6 * 24 + 9) * 3600
        assert [(s["from_stage"], s["to_stage"], s["seconds"]) for s in report["history"]] == [
            ("prospecting", "qualification", 172_800), ("qualification", "proposal", 86_400),
        ]  # fmt: skip
        assert report["history"][0]["actor"] == "person:d1"
        assert report["seconds_usually_needed"] is None

    def test_reports_the_time_that_the_stages_ahead_usually_take(self, sales, director):
        for days in (2, 4):
            one = opened(sales, director)
            for stage in ("qualification", "proposal", "negotiation"):
                sales.clock.pass_(days=days)
                one = step(sales, director, "move_stage", one, stage=stage)
            sales.clock.pass_(days=1)
            step(sales, director, "win_opportunity", one)

        one = opened(sales, director)
        one = step(sales, director, "move_stage", one, stage="proposal")
        sales.clock.pass_(days=1)

        report = sales.call("stage_report", director, opportunity_id=one["id"])
        assert report["seconds_usually_needed"] == (3 + 1 - 1) * 86_400

    def test_a_chance_by_hand_outlives_the_stage_until_it_is_given_back(self, sales, director):
        one = step(sales, director, "revise_opportunity", opened(sales, director), win_chance=35)
        one = step(sales, director, "move_stage", one, stage="negotiation")
        assert (one["win_chance"], one["is_chance_by_hand"]) == (35, True)

        one = step(sales, director, "revise_opportunity", one, win_chance=None, amount_minor=5)

        assert (one["win_chance"], one["is_chance_by_hand"], one["amount_minor"]) == (80, False, 5)
        assert len(sales.told("sales.opportunity.revised.v1")) == 2

    def test_is_lost_only_with_a_reason_and_keeps_its_last_stage(self, sales, director):
        one = step(sales, director, "move_stage", opened(sales, director), stage="proposal")
        with pytest.raises(Invalid):
            step(sales, director, "lose_opportunity", one)

        lost = step(sales, director, "lose_opportunity", one, reason="price", note="Ada said no")

        assert (lost["stage"], lost["last_open_stage"], lost["win_chance"]) == (
            "lost",
            "proposal",
            0,
        )
        (told,) = sales.told("sales.opportunity.lost.v1")
        assert (told["reason"], told["last_stage"]) == ("price", "proposal")
        assert "Ada said" not in str(told)
        card = sales.call("customer_card", director, customer_id=one["customer_id"])
        (closed,) = card["opportunities"]["closed"]
        assert (closed["stage"], closed["lost_reason"]) == ("lost", "price")
        assert (closed["closed_at"], card["opportunities"]["open"]) == (lost["closed_at"], [])
        with pytest.raises(Conflict) as closed:
            step(sales, director, "revise_opportunity", lost, amount_minor=1)
        assert closed.value.code == "sales.opportunity.closed"

    def test_is_won_with_the_length_of_its_cycle(self, sales, director):
        one = opened(sales, director)
        sales.clock.pass_(days=10)

        won = step(sales, director, "win_opportunity", one)

        assert (won["stage_type"], won["win_chance"]) == ("won", 100)
        assert [told["seconds_open"] for told in sales.told("sales.opportunity.won.v1")] == [
            864_000
        ]

    def test_is_neither_moved_to_its_end_nor_on_an_old_version(self, sales, director):
        one = opened(sales, director)

        with pytest.raises(Conflict):
            step(sales, director, "move_stage", one, stage="won")
        with pytest.raises(NotFound):
            step(sales, director, "move_stage", one, stage="unheard_of")
        step(sales, director, "move_stage", one, stage="proposal")
        with pytest.raises(StaleVersion):
            step(sales, director, "move_stage", one, stage="negotiation")
        assert len(sales.rows(StageStay)) == 1

    def test_is_not_opened_with_a_customer_that_nobody_told_of(self, sales, director):
        with pytest.raises(NotFound):
            opened(sales, director, customer_id="nobody")

        assert sales.rows(Opportunity) == []


class TestQuotes:
    @pytest.fixture
    def one(self, sales, director):
        post_product(sales)
        return opened(sales, director)

    def test_goes_from_draft_to_order(self, sales, director, one):
        quote = drafted(sales, director, one)
        assert (quote["status"], quote["total_minor"], quote["owner_id"]) == ("draft", 2701, "r1")
        quote = settle(sales, director, "send_quote", quote)

        quote = settle(sales, director, "accept_quote", quote)

        (won,) = sales.rows(Opportunity)
        assert (won.stage_type.value, won.amount_minor) == ("won", 2701)
        assert [told["total_minor"] for told in sales.told("sales.quote.accepted.v1")] == [2701]
        order = settle(sales, director, "order_quote", quote)
        assert (order["external_system"], order["external_id"], order["total_minor"]) == (
            "crm", quote["id"], 2701,
        )  # fmt: skip
        with pytest.raises(Conflict):
            settle(sales, director, "order_quote", quote | {"version": quote["version"] + 1})
        assert len(sales.rows(Order)) == 1

    def test_a_draft_is_written_anew_and_a_sent_quote_is_not(self, sales, director, one):
        quote = drafted(sales, director, one)
        (product,) = sales.call("find_records", director, kind="product")["items"]
        lines = [
            {"product_id": product["id"], "quantity": 1, "unit_price": "0.125"},
            {"product_id": product["id"], "quantity": 1, "unit_price": "0.135"},
        ]
        anew = {"currency": "USD", "valid_until": DAY + timedelta(days=9), "lines": lines}

        quote = sales.call(
            "redraft_quote", director, quote_id=quote["id"], version=quote["version"], **anew
        )

        found = sales.call("quote_with_lines", director, quote_id=quote["id"])
        assert [(x["place"], x["unit_price"], x["amount_minor"]) for x in found["lines"]] == [
            (1, "0.125", 12), (2, "0.135", 14),
        ]  # fmt: skip
        assert found["quote"]["total_minor"] == 26
        sent = settle(sales, director, "send_quote", quote)
        with pytest.raises(Conflict) as late:
            sales.call(
                "redraft_quote", director, quote_id=sent["id"], version=sent["version"], **anew
            )
        assert late.value.code == "sales.quote.not_draft"
        assert len(sales.rows(QuoteLine)) == 2

    def test_runs_out_by_itself(self, sales, director, one):
        quote = settle(sales, director, "send_quote", drafted(sales, director, one))
        sales.clock.pass_(days=30)

        assert sales.fire() == 1

        assert sales.rows(Quote)[0].status.value == "expired"
        assert len(sales.told("sales.quote.expired.v1")) == 1
        with pytest.raises(Conflict) as late:
            settle(sales, director, "accept_quote", quote | {"version": quote["version"] + 1})
        assert late.value.code == "sales.quote.expired"
        assert sales.rows(Opportunity)[0].stage_type.value == "open"

    def test_is_not_accepted_before_it_was_sent_or_after_the_end(self, sales, director, one):
        with pytest.raises(Conflict) as early:
            settle(sales, director, "accept_quote", drafted(sales, director, one))
        assert early.value.code == "sales.quote.not_sent"

        quote = settle(sales, director, "send_quote", drafted(sales, director, one))
        step(sales, director, "lose_opportunity", one, reason="timing")
        with pytest.raises(Conflict) as late:
            settle(sales, director, "accept_quote", quote)
        assert late.value.code == "sales.opportunity.closed"
        assert sales.told("sales.quote.accepted.v1") == []

    def test_refuses_floats_strangers_and_the_past(self, sales, director, one):
        (product,) = sales.call("find_records", director, kind="product")["items"]
        line = {"product_id": product["id"], "quantity": 1, "unit_price": "1"}
        for wrong in (
            {"lines": [line | {"unit_price": 1.5}]},
            {"lines": [line | {"unit_price": "-1"}]},
            {"lines": [line | {"discount": "1.01"}]},
            {"lines": [line | {"product_id": "stranger"}]},
            {"lines": []},
            {"valid_until": DAY},
            {"currency": "Dollar"},
        ):
            with pytest.raises((Invalid, Conflict)):
                drafted(sales, director, one, **wrong)

        assert sales.rows(Quote) == [] == sales.rows(QuoteLine)
