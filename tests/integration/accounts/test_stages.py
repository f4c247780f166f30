"""The stage of a customer with its history: by what others tell, and by what people say."""

from datetime import timedelta

import pytest

from chassis import timers
from chassis.errors import Conflict, Forbidden, Invalid, StaleVersion, Unavailable
from contracts.sales import LeadConverted, LeadMatched, OpportunityOpened
from tests.integration.accounts.test_classes import buy, clock, customer
from tests.support.accounts import Desk, a_staff
from tests.support.sales import DAY, StandingClock

__all__ = ["clock", "customer"]  # the fixtures


def match(desk: Desk, customer_id: str) -> None:
    """Let accounts hear that a lead is a customer."""
    desk.hear("leads_heard", LeadMatched(lead_id="l1", version=1, customer_id=customer_id))


def open_opportunity(desk: Desk, customer_id: str) -> None:
    """Let accounts hear of an opportunity."""
    told = OpportunityOpened(
        opportunity_id="p1", version=1, customer_id=customer_id, stage="new", amount_minor=1,
        currency="USD", win_chance=10,
    )  # fmt: skip
    desk.hear("leads_heard", told)


def history(desk: Desk, customer_id: str) -> list[tuple[str, str]]:
    """Return the steps, the first one first."""
    items = desk.ask("stage_history", customer_id=customer_id)["items"]
    return [(one["stage"], one["reason"]) for one in reversed(items)]


def version_of(desk: Desk, customer_id: str) -> int:
    """Return the version of a customer."""
    return int(desk.ask("get_record", kind="customer", id=customer_id)["version"])


def move(desk: Desk, customer_id: str, stage: str, reason: str, **fields: str) -> None:
    """Say how far it is."""
    desk.ask(
        "move_customer_stage", customer_id=customer_id, version=version_of(desk, customer_id),
        stage=stage, reason=reason, **fields,
    )  # fmt: skip


class TestStage:
    @pytest.mark.spec("ACC-34")
    def test_goes_from_the_suspect_to_the_advocate_and_back_with_all_its_history(
        self, desk: Desk, customer: str, clock: StandingClock
    ) -> None:
        match(desk, customer)
        clock.pass_(hours=1)
        open_opportunity(desk, customer)
        clock.pass_(hours=1)
        buy(desk, customer, "o1", "2017-03-01")
        clock.pass_(hours=1)
        buy(desk, customer, "o2", "2017-03-01")
        clock.pass_(hours=1)
        move(desk, customer, "advocate", "recommends_us")
        clock.pass_(hours=1)
        move(desk, customer, "declining", "buys_less")
        clock.pass_(days=366)
        timers.fire_due(desk.runtime)
        clock.pass_(days=10)
        buy(desk, customer, "o3", (DAY + timedelta(days=376)).date().isoformat())

        assert history(desk, customer) == [
            ("prospect", "lead_matched"), ("qualified", "opportunity_opened"),
            ("customer", "first_order"), ("repeat", "repeat_order"),
            ("advocate", "recommends_us"), ("declining", "buys_less"), ("lost", "churned"),
            ("won_back", "ordered_again"),
        ]  # fmt: skip
        told = desk.told("accounts.customer.stage_changed.v1")
        assert [one["stage"] for one in told] == [stage for stage, _ in history(desk, customer)]
        assert told[0]["previous_stage"] == "suspect"
        found = desk.ask("find_records", kind="customer", filters={"stage": "won_back"})["items"]
        assert [one["id"] for one in found] == [customer]

    def test_keeps_who_said_it_and_pages(self, desk: Desk, customer: str) -> None:
        boss = a_staff(desk, role="sales_director")["id"]
        match(desk, customer)
        desk.ask(
            "move_customer_stage", as_=desk.token_of(boss), customer_id=customer,
            version=version_of(desk, customer), stage="lost", reason="no_interest",
        )  # fmt: skip

        first = desk.ask("stage_history", customer_id=customer, limit=1)
        rest = desk.ask("stage_history", customer_id=customer, limit=1, after=first["next"])

        assert sorted(one["actor"] for one in first["items"] + rest["items"]) == sorted(
            [f"person:{boss}", "service:accounts"]
        )
        assert rest["next"] is None

    def test_a_converted_lead_is_qualified(self, desk: Desk, customer: str) -> None:
        told = LeadConverted(
            lead_id="l1", version=2, customer_id=customer, contact_id=None, opportunity_id="p1",
            customer_created=False, seconds_to_convert=60,
        )  # fmt: skip

        desk.hear("leads_heard", told)
        open_opportunity(desk, customer)

        assert history(desk, customer) == [("qualified", "lead_converted")]

    def test_a_cancelled_first_order_takes_it_back(self, desk: Desk, customer: str) -> None:
        buy(desk, customer)

        buy(desk, customer, version=2, status="cancelled")

        assert history(desk, customer) == [
            ("customer", "first_order"),
            ("qualified", "order_cancelled"),
        ]

    def test_a_later_version_of_an_order_is_no_second_one(self, desk: Desk, customer: str) -> None:
        buy(desk, customer)
        buy(desk, customer, version=2)

        assert history(desk, customer) == [("customer", "first_order")]

    def test_nor_is_one_of_the_order_that_won_him_back(self, desk: Desk, customer: str) -> None:
        buy(desk, customer, "o1", "2015-02-20")
        buy(desk, customer, "o2", "2017-03-01")

        buy(desk, customer, "o2", "2017-03-01", version=2)

        assert history(desk, customer) == [("lost", "churned"), ("won_back", "ordered_again")]

    @pytest.mark.parametrize(
        ("stage", "reason", "code"),
        [
            ("advocate", "recommends_us", "accounts.stage.unreachable"),
            ("customer", "assessed", "accounts.stage.by_facts_only"),
            ("lost", "churned", "accounts.stage.by_facts_only"),
        ],
    )
    def test_an_illegal_step_changes_nothing(
        self, desk: Desk, customer: str, stage: str, reason: str, code: str
    ) -> None:
        with pytest.raises((Conflict, Invalid)) as refused:
            move(desk, customer, stage, reason)

        assert refused.value.code == code
        assert (history(desk, customer), version_of(desk, customer)) == ([], 1)

    def test_refuses_what_is_stale_or_not_ones_own(self, desk: Desk, customer: str) -> None:
        agent = desk.token_of(a_staff(desk, role="agent")["id"])

        with pytest.raises(StaleVersion):
            desk.ask("move_customer_stage", customer_id=customer, version=9, stage="prospect",
                     reason="showed_interest")  # fmt: skip
        with pytest.raises(Forbidden):
            move(desk, customer, "prospect", "showed_interest", as_=agent)

        assert desk.count("stage_changes") == 0

    def test_waits_for_a_customer_that_is_not_known_yet(self, desk: Desk) -> None:
        with pytest.raises(Unavailable):
            match(desk, "nobody-yet")

        assert desk.count("inbox") == 0
