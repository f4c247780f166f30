"""Every customer is concluded anew: by orders of before classes were decided, and by new thresholds."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from chassis.tables import PROCESSES
from contracts.sales import OrderPlaced
from services.accounts.processes import classes as rounds
from services.accounts.usecases import timeline
from services.accounts.usecases.customers import awaited
from tests.support.accounts import HEADER, Desk, a_customer, a_row
from tests.support.sales import StandingClock
from tests.support.standing import buy

TODAY = datetime(2017, 6, 1, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _today(clock: StandingClock) -> None:
    clock.instant = TODAY


def on_timeline(desk: Desk, customer_id: str, order_id: str, days_ago: int) -> None:
    """Let an order come in as before classes were decided: onto the timeline, and nowhere else."""
    placed = OrderPlaced(
        order_id=order_id, version=1, external_system="erp", external_id=order_id, revision=1,
        customer_id=customer_id, ordered_on=str((TODAY - timedelta(days=days_ago)).date()),
        currency="USD", total_minor=100, line_count=0, lines=(), status="placed",
    )  # fmt: skip
    with desk.work() as work:
        timeline.note_order(work, awaited(work, customer_id), placed)


def again(desk: Desk) -> None:
    """Conclude everybody anew."""
    desk.ask("reclassify_customers")
    desk.run()


def stood(desk: Desk, customer_id: str) -> tuple[str, str]:
    """Return class and stage."""
    found = desk.ask("get_record", kind="customer", id=customer_id)
    return found["lifecycle"], found["stage"]


def thresholds(desk: Desk, churn_days: int) -> None:
    version = desk.ask("class_policy")["version"]
    desk.ask("set_class_policy", version=version, new_days=90, churn_days=churn_days,
             loyal_orders=2, loyal_satisfaction="highly_satisfied", satisfaction_days=730)  # fmt: skip
    desk.run()


class TestOldOrders:
    @pytest.mark.parametrize(
        ("days_ago", "concluded"),
        [
            ((10,), ("new", "customer")),
            ((200, 150), ("regular", "repeat")),
            ((900, 800), ("churned", "lost")),
        ],
    )
    def test_are_counted_for_class_and_stage(
        self, desk: Desk, days_ago: tuple[int, ...], concluded: tuple[str, str]
    ) -> None:
        id_ = a_customer(desk)["customer_id"]
        for number, days in enumerate(days_ago):
            on_timeline(desk, id_, f"o{number}", days)
        before = stood(desk, id_)

        again(desk)

        assert (before, stood(desk, id_)) == (("potential", "suspect"), concluded)
        explained = desk.ask("explain_class", customer_id=id_)
        assert explained["facts"]["orders"] == len(days_ago)

    def test_twice_changes_nothing(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        on_timeline(desk, id_, "o1", 200)
        on_timeline(desk, id_, "o2", 100)
        again(desk)
        before = everything(desk)

        again(desk)

        assert everything(desk) == before

    def test_what_sales_tells_later_of_one_stands(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        on_timeline(desk, id_, "o1", 10)
        again(desk)

        buy(desk, id_, id_="o1", version=2, on="2017-05-22", status="cancelled")

        assert stood(desk, id_)[0] == "potential"
        assert desk.ask("explain_class", customer_id=id_)["facts"]["orders"] == 0

    def test_more_than_one_round_takes_are_all_counted_and_survive_a_death(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rounds, "CHUNK", 2)
        ids = [a_customer(desk)["customer_id"] for _ in range(5)]
        for number, id_ in enumerate(ids):
            on_timeline(desk, id_, f"o{number}", 10)
        looks: list[object] = []
        look = rounds.classes.look_again

        def dies_in_the_second_round(work: Any, customer: Any) -> None:
            looks.append(customer)
            if len(looks) == 3:
                raise Killed
            look(work, customer)

        monkeypatch.setattr(rounds.classes, "look_again", dies_in_the_second_round)
        desk.ask("reclassify_customers")
        with pytest.raises(Killed):
            desk.run()
        half = sum(stood(desk, id_)[0] == "new" for id_ in ids)
        monkeypatch.setattr(rounds.classes, "look_again", look)

        with desk.runtime.database.begin() as session:
            session.execute(update(PROCESSES).values(next_try=0.0))
        desk.run()

        assert (half, desk.count("bought_orders")) == (2, 5)
        assert {stood(desk, id_) for id_ in ids} == {("new", "customer")}
        assert desk.count("stage_changes") == 5


class TestThresholds:
    def test_that_end_a_churn_bring_the_stage_back(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        buy(desk, id_, id_="o1", on="2016-10-01")
        buy(desk, id_, id_="o2", on="2016-11-01")
        bought = stood(desk, id_)
        thresholds(desk, churn_days=100)
        gone = stood(desk, id_)

        thresholds(desk, churn_days=365)

        assert (bought, gone) == (("regular", "repeat"), ("churned", "lost"))
        assert stood(desk, id_) == ("regular", "repeat")
        last = desk.ask("stage_history", customer_id=id_)["items"][0]
        assert (last["previous_stage"], last["stage"], last["reason"]) == (
            "lost", "repeat", "churn_ended",
        )  # fmt: skip

    def test_bring_nobody_back_who_said_no(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        buy(desk, id_, id_="o1", on="2017-05-01")
        version = desk.ask("get_record", kind="customer", id=id_)["version"]
        desk.ask("move_customer_stage", customer_id=id_, version=version, stage="lost",
                 reason="price")  # fmt: skip

        thresholds(desk, churn_days=400)
        again(desk)

        assert stood(desk, id_) == ("new", "lost")

    def test_leave_the_class_of_who_never_bought_as_it_was_told(self, desk: Desk) -> None:
        desk.imported(f"{HEADER},lifecycle\r\n{a_row(1)},loyal\r\n".encode())
        (told,) = desk.ask("find_records", kind="customer")["items"]

        thresholds(desk, churn_days=400)
        again(desk)

        assert (told["lifecycle"], stood(desk, told["id"])[0]) == ("loyal", "loyal")


class Killed(BaseException):
    """What a process that is killed leaves behind: nothing, wherever it was."""


def everything(desk: Desk) -> tuple[list[Any], int, int]:
    """Return all customers, and how many events and steps there are."""
    items = desk.ask("find_records", kind="customer")["items"]
    return items, desk.count("outbox"), desk.count("stage_changes")
