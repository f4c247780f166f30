"""Customers are taken from owners who do nothing: by rule, after a warning, by the business clock."""

from datetime import timedelta
from typing import Any

import pytest

from chassis import processes, timers
from chassis.errors import Invalid
from contracts.sales import OpportunityLost, OpportunityOpened
from services.accounts.usecases import drops
from tests.support.accounts import Desk, a_file, a_row, a_staff, a_territory
from tests.support.pools import a_pool, free, owner_of
from tests.support.sales import StandingClock

WARNED = "accounts.customer.drop_warned.v1"
CHANGED = "accounts.customer.owner_changed.v1"


def a_rule(desk: Desk, **terms: Any) -> dict[str, Any]:
    """Set up a rule of thirty days that warns five days before."""
    given = {"name": "Idle", "demand": "follow_up", "days": 30, "warning_days": 5} | terms
    return dict(desk.ask("register_drop_rule", **given))


def pass_days(desk: Desk, clock: StandingClock, days: int) -> None:
    """Let days pass, each with whatever is due on it."""
    for _ in range(days):
        clock.pass_(days=1)
        timers.fire_due(desk.runtime)
        processes.resume_due(desk.runtime)


@pytest.fixture
def rita(desk: Desk) -> str:
    """A rep."""
    return str(a_staff(desk, name="Rita")["id"])


class TestDrop:
    @pytest.mark.spec("ACC-15")
    def test_warns_then_drops_into_the_pool_and_says_by_which_rule(
        self, desk: Desk, clock: StandingClock, rita: str
    ) -> None:
        pool = a_pool(desk, is_explicit=True)
        rule = a_rule(desk, pool_id=pool)
        (one,) = free(desk, 1, owner_id=rita)

        pass_days(desk, clock, 24)
        early = len(desk.told(WARNED))
        pass_days(desk, clock, 1)
        (warned,) = desk.told(WARNED)
        card = desk.ask("customer_card", customer_id=one)["ownership"]
        pass_days(desk, clock, 4)
        still = owner_of(desk, one)
        pass_days(desk, clock, 1)

        assert (early, still, owner_of(desk, one)) == (0, rita, None)
        assert card["drop_warned_at"] == warned["occurred_at"]
        assert (warned["owner_id"], warned["rule_id"], warned["demand"]) == (
            rita, rule["id"], "follow_up",
        )  # fmt: skip
        assert warned["due"] == clock.instant.isoformat(timespec="microseconds")[:-6] + "Z"
        last = desk.ask("ownership_history", customer_id=one)["items"][0]
        assert (last["reason"], last["rule"], last["cause"], last["pool_id"]) == (
            "dropped", f"drop:{rule['id']}", "follow_up", pool,
        )  # fmt: skip
        assert last["actor"] == "service:accounts"
        (told,) = desk.told(CHANGED)
        assert (told["reason"], told["rule"]) == ("dropped", f"drop:{rule['id']}")
        (item,) = desk.ask("pool_customers", pool_id=pool)["items"]
        assert item["customer_id"] == one
        assert desk.count("timers") == 0

    def test_a_meeting_that_is_due_is_not_one_that_took_place(
        self, desk: Desk, clock: StandingClock, rita: str
    ) -> None:
        a_rule(desk, warning_days=0)
        (one,) = free(desk, 1, owner_id=rita)
        first = clock.now() + timedelta(days=1)
        desk.ask("schedule_meetings", customer_id=one, subject="Lunch", cadence="week",
                 starts_at=first.isoformat())  # fmt: skip

        pass_days(desk, clock, 30)

        assert desk.count("interactions", "WHERE kind = 'meeting'") == 5
        assert owner_of(desk, one) is None

    @pytest.mark.spec("ACC-15")
    def test_a_follow_up_starts_the_clock_anew_and_a_campaign_does_not(
        self, desk: Desk, clock: StandingClock, rita: str
    ) -> None:
        a_rule(desk)
        worked_on, mailed = free(desk, 2, owner_id=rita)
        pass_days(desk, clock, 20)
        touch = {"kind": "call", "subject": "Hello", "source_key": "1"}
        desk.ask("record_interaction", customer_id=worked_on, source="desk", **touch)
        desk.ask("record_interaction", customer_id=mailed, source="marketing.send", **touch)

        pass_days(desk, clock, 15)
        then = owner_of(desk, worked_on), owner_of(desk, mailed)
        pass_days(desk, clock, 15)

        assert then == (rita, None)
        assert owner_of(desk, worked_on) is None
        assert [one["customer_id"] for one in desk.told(WARNED)] == [mailed, worked_on]

    @pytest.mark.spec("ACC-15")
    def test_an_opportunity_counts_from_when_it_was_opened_however_late_it_is_heard(
        self, desk: Desk, clock: StandingClock, rita: str
    ) -> None:
        a_rule(desk, demand="opportunity", warning_days=0, spares_open=False)
        (one,) = free(desk, 1, owner_id=rita)
        opened_at = clock.instant + timedelta(days=5)
        pass_days(desk, clock, 20)

        opened = OpportunityOpened(
            opportunity_id="p1", version=1, customer_id=one, stage="new", amount_minor=1,
            currency="USD", win_chance=10, opened_at=opened_at,
        )  # fmt: skip
        desk.hear("business_done", opened)  # fifteen days late
        pass_days(desk, clock, 14)
        still = owner_of(desk, one)
        pass_days(desk, clock, 1)

        assert (still, owner_of(desk, one)) == (rita, None)

    def test_an_open_opportunity_exempts_until_it_is_lost_and_then_there_is_a_warning(
        self, desk: Desk, clock: StandingClock, rita: str
    ) -> None:
        a_rule(desk, demand="deal", warning_days=3)
        (one,) = free(desk, 1, owner_id=rita)
        opened = OpportunityOpened(
            opportunity_id="p1", version=1, customer_id=one, stage="new", amount_minor=1,
            currency="USD", win_chance=10,
        )  # fmt: skip
        lost = OpportunityLost(
            opportunity_id="p1", version=2, customer_id=one, last_stage="new", reason="price",
            amount_minor=1, currency="USD",
        )  # fmt: skip
        desk.hear("business_done", opened)
        pass_days(desk, clock, 60)
        meanwhile = owner_of(desk, one), len(desk.told(WARNED))
        desk.hear("business_done", lost)
        pass_days(desk, clock, 7)
        (warned,) = desk.told(WARNED)
        pass_days(desk, clock, 3)

        assert meanwhile == (rita, 0)
        assert warned["demand"] == "deal"
        assert owner_of(desk, one) is None

    @pytest.mark.spec("ACC-15")
    def test_a_locked_customer_stays_until_it_is_unlocked(
        self, desk: Desk, clock: StandingClock, rita: str
    ) -> None:
        a_rule(desk, warning_days=0)
        (one,) = free(desk, 1, owner_id=rita)
        token = desk.token_of(rita)
        desk.ask("lock_customer", as_=token, customer_id=one, version=1)
        pass_days(desk, clock, 90)
        locked = owner_of(desk, one)
        desk.ask("unlock_customer", as_=token, customer_id=one, version=2)

        pass_days(desk, clock, 7)

        assert (locked, owner_of(desk, one)) == (rita, None)


class TestRules:
    def test_a_new_rule_finds_who_is_owned_already_a_thousand_at_a_time(
        self, desk: Desk, clock: StandingClock, rita: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(drops, "REARMED_AT_ONCE", 2)
        mine = free(desk, 5, owner_id=rita)
        free(desk, 1)
        clock.pass_(days=90)

        a_rule(desk)
        processes.resume_due(desk.runtime)
        armed = desk.count("timers", "WHERE kind = 'customer.drop_due'")
        timers.fire_due(desk.runtime)

        assert armed == 5
        assert sorted(one["customer_id"] for one in desk.told(WARNED)) == sorted(mine)
        assert desk.count("customers", "WHERE owner_id IS NOT NULL") == 5  # warned first
        pass_days(desk, clock, 5)
        assert desk.count("customers", "WHERE owner_id IS NOT NULL") == 0

    def test_a_rule_out_of_use_drops_nobody_and_leaves_no_timer(
        self, desk: Desk, clock: StandingClock, rita: str
    ) -> None:
        rule = a_rule(desk)
        (one,) = free(desk, 1, owner_id=rita)
        desk.ask("update_drop_rule", rule_id=rule["id"], version=1, active=False, name="Idle",
                 demand="follow_up", days=30)  # fmt: skip

        pass_days(desk, clock, 60)

        assert owner_of(desk, one) == rita
        assert desk.count("timers") == 0

    def test_an_imported_customer_is_watched_like_any_other(
        self, desk: Desk, clock: StandingClock
    ) -> None:
        east = a_territory(desk, "New York")
        rita = a_staff(desk, name="Rita", territory_ids=[east])["id"]
        a_rule(desk, warning_days=0)
        desk.imported(a_file(a_row(1), a_row(2)))
        owned = desk.count("customers", f"WHERE owner_id = '{rita}'")

        pass_days(desk, clock, 30)

        assert owned == 2
        assert desk.count("customers", "WHERE owner_id IS NOT NULL") == 0

    @pytest.mark.parametrize(
        ("wrong", "code"),
        [
            ({"warning_days": 30}, "accounts.drop_rule.warning_too_long"),
            ({"days": 0}, "invalid.fields"),
            ({"demand": "luck"}, "invalid.fields"),
        ],
    )
    def test_refuses_what_makes_no_sense(
        self, desk: Desk, wrong: dict[str, Any], code: str
    ) -> None:
        with pytest.raises(Invalid) as refused:
            a_rule(desk, **wrong)

        assert refused.value.code == code
        assert (desk.count("drop_rules"), desk.count("processes")) == (0, 0)
