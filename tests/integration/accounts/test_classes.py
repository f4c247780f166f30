"""A customer's class follows from what others tell, from time, and from thresholds."""

from typing import Any

import pytest

from chassis import timers
from chassis.errors import Conflict, Forbidden, Invalid, Unavailable
from tests.support.accounts import Desk, a_customer, a_staff
from tests.support.sales import DAY, StandingClock
from tests.support.standing import buy, say

POLICY = {
    "new_days": 90, "churn_days": 365, "loyal_orders": 2,
    "loyal_satisfaction": "highly_satisfied", "satisfaction_days": 730,
}  # fmt: skip


@pytest.fixture
def clock(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> StandingClock:
    """The business clock, which stands at the first of March 2017 until a test moves it."""
    clock = StandingClock()
    monkeypatch.setattr(desk.runtime, "clock", clock)
    return clock


@pytest.fixture
def customer(desk: Desk, clock: StandingClock) -> str:
    """Somebody who never bought."""
    return str(a_customer(desk)["customer_id"])


def class_of(desk: Desk, customer_id: str) -> str:
    """Return of which class somebody is."""
    return str(desk.ask("get_record", kind="customer", id=customer_id)["lifecycle"])


def changes(desk: Desk) -> list[tuple[str, str]]:
    """Return what was told of classes."""
    told = desk.told("accounts.customer.class_changed.v1")
    return [(one["previous_class"], one["customer_class"]) for one in told]


class TestFacts:
    @pytest.mark.spec("ACC-19")
    def test_make_somebody_new_loyal_and_churned_and_tell_each(
        self, desk: Desk, customer: str, clock: StandingClock
    ) -> None:
        buy(desk, customer, "o1", "2017-02-01")
        buy(desk, customer, "o2", "2017-02-20")
        say(desk, customer, "highly_satisfied")
        clock.pass_(days=366)
        timers.fire_due(desk.runtime)

        assert changes(desk) == [("potential", "new"), ("new", "loyal"), ("loyal", "churned")]
        last = desk.told("accounts.customer.class_changed.v1")[-1]
        assert (last["orders"], last["first_order_on"], last["last_order_on"]) == (
            2, "2017-02-01", "2017-02-20",
        )  # fmt: skip
        assert last["reasons"] == ["last_order>365d"]
        assert class_of(desk, customer) == "churned"
        recorded = desk.told("accounts.customer.recorded.v1")
        assert [(one["lifecycle"], one["stage"]) for one in recorded] == [
            ("potential", "suspect"), ("new", "customer"), ("new", "repeat"), ("loyal", "repeat"),
            ("churned", "lost"),
        ]  # fmt: skip

    def test_an_order_brings_back_who_was_gone(self, desk: Desk, customer: str) -> None:
        buy(desk, customer, "o1", "2015-02-01")

        buy(desk, customer, "o2", "2017-02-20")

        assert changes(desk) == [("potential", "churned"), ("churned", "regular")]

    def test_a_cancelled_order_never_was(self, desk: Desk, customer: str) -> None:
        buy(desk, customer)

        buy(desk, customer, version=2, status="cancelled")
        buy(desk, customer, version=1)

        assert changes(desk) == [("potential", "new"), ("new", "potential")]
        assert desk.count("timers") == 0

    def test_the_newest_version_of_an_order_counts_whatever_comes_first(
        self, desk: Desk, customer: str
    ) -> None:
        buy(desk, customer, version=3, on="2015-02-20")

        buy(desk, customer, version=2, on="2017-02-20")

        assert class_of(desk, customer) == "churned"

    def test_an_order_that_turns_out_to_be_anothers_counts_there(
        self, desk: Desk, customer: str
    ) -> None:
        other = str(a_customer(desk)["customer_id"])
        buy(desk, customer)

        buy(desk, other, version=2)

        assert (class_of(desk, customer), class_of(desk, other)) == ("potential", "new")

    def test_what_was_said_last_counts(self, desk: Desk, customer: str) -> None:
        buy(desk, customer, "o1", "2017-02-01")
        buy(desk, customer, "o2", "2017-02-20")
        say(desk, customer, "dissatisfied", survey_id="s2")

        say(desk, customer, "highly_satisfied", answered_at=DAY.replace(month=2))

        assert class_of(desk, customer) == "new"

    def test_told_twice_is_told_once(self, desk: Desk, customer: str) -> None:
        for _ in range(2):
            buy(desk, customer)

        assert changes(desk) == [("potential", "new")]

    def test_wait_for_a_customer_that_is_not_known_yet(self, desk: Desk) -> None:
        with pytest.raises(Unavailable):
            buy(desk, "nobody-yet")
        with pytest.raises(Unavailable):
            say(desk, "nobody-yet", "satisfied")

        assert (desk.count("bought_orders"), desk.count("survey_answers")) == (0, 0)


class TestExplain:
    def test_says_why_somebody_is_churned_and_by_which_thresholds(
        self, desk: Desk, customer: str
    ) -> None:
        buy(desk, customer, on="2015-02-20")

        shown = desk.ask("explain_class", customer_id=customer)

        assert (shown["customer_class"], shown["reasons"]) == ("churned", ["last_order>365d"])
        assert shown["facts"] == {
            "orders": 1, "first_on": "2015-02-20", "last_on": "2015-02-20",
            "satisfaction": None, "answered_on": None,
        }  # fmt: skip
        assert shown["policy"] == {"version": 0, **POLICY}

    def test_says_when_it_may_change_by_itself(self, desk: Desk, customer: str) -> None:
        buy(desk, customer, on="2017-03-01")

        assert desk.ask("explain_class", customer_id=customer)["turns_on"] == "2017-05-31"


class TestClassPolicy:
    def test_a_change_sorts_everybody_anew(self, desk: Desk, customer: str) -> None:
        others = [str(a_customer(desk)["customer_id"]) for _ in range(2)]
        for number, one in enumerate([customer, *others]):
            buy(desk, one, f"o{number}", f"2017-02-{10 + number}")

        desk.ask("set_class_policy", version=0, **POLICY | {"new_days": 10, "churn_days": 18})
        desk.run()

        assert [class_of(desk, one) for one in (customer, *others)] == [
            "churned", "regular", "regular",
        ]  # fmt: skip
        assert desk.ask("class_policy")["version"] == 1
        (told,) = desk.told("accounts.record.changed.v1")
        assert (told["kind"], told["verb"], told["fields"]["churn_days"]) == (
            "class_policy", "created", "18",
        )  # fmt: skip

    def test_only_the_version_that_was_read_is_changed(self, desk: Desk) -> None:
        desk.ask("set_class_policy", version=0, **POLICY | {"loyal_orders": 3})

        with pytest.raises(Conflict) as refused:
            desk.ask("set_class_policy", version=0, **POLICY)

        assert refused.value.detail == {"your_version": 0, "version": 1}
        assert desk.ask("class_policy")["loyal_orders"] == 3

    @pytest.mark.parametrize(
        "wrong", [{"new_days": 366}, {"loyal_orders": 0}, {"loyal_satisfaction": "happy"}]
    )
    def test_refuses_thresholds_that_part_nobody(self, desk: Desk, wrong: dict[str, Any]) -> None:
        with pytest.raises(Invalid):
            desk.ask("set_class_policy", version=0, **POLICY | wrong)

        assert desk.count("class_policies") == 0

    def test_is_an_admins_to_change_and_everybodys_to_read(self, desk: Desk) -> None:
        director = desk.token_of(a_staff(desk, role="sales_director")["id"])
        admin = desk.token_of(a_staff(desk, role="admin")["id"])

        assert desk.ask("class_policy", as_=director)["version"] == 0
        with pytest.raises(Forbidden):
            desk.ask("set_class_policy", as_=director, version=0, **POLICY)
        desk.ask("set_class_policy", as_=admin, version=0, **POLICY)
