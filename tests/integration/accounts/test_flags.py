"""Flags over customers: raised and lifted with a reason, told with what they stop, in the trail."""

from datetime import timedelta
from typing import Any

import pytest

from chassis import timers
from chassis.errors import Conflict, Forbidden, Invalid, NotFound, StaleVersion
from tests.support.accounts import Desk, a_customer, a_staff
from tests.support.sales import DAY, StandingClock

BLACKLIST = {"kind": "blacklist", "reason": "abuse"}
STOP = {"kind": "do_not_contact", "reason": "customer_asked"}
MAIL = {"channel": "mail", "granted": True, "basis": "consent"}
CREDIT = {"rating": "fair", "reason": "payment_record", "limit_minor": 50_000, "currency": "USD"}


@pytest.fixture
def clock(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> StandingClock:
    """The business clock, which stands until a test moves it."""
    clock = StandingClock()
    monkeypatch.setattr(desk.runtime, "clock", clock)
    return clock


@pytest.fixture
def customer(desk: Desk, clock: StandingClock) -> str:
    """Somebody of whom nothing is known."""
    return str(a_customer(desk)["customer_id"])


def raised(desk: Desk, customer_id: str, **fields: Any) -> dict[str, Any]:
    """Raise a flag."""
    return dict(desk.ask("raise_flag", customer_id=customer_id, **fields))


def codes(desk: Desk, customer_id: str) -> list[str]:
    """Return what everybody else is told of the customer now."""
    told = desk.told("accounts.customer.recorded.v1")
    return list([one for one in told if one["customer_id"] == customer_id][-1]["flags"])


def may(desk: Desk, customer_id: str, purpose: str, channel: str) -> tuple[bool, str]:
    """Ask whether somebody may be turned to."""
    shown = desk.ask("may_contact", customer_id=customer_id, purpose=purpose, channel=channel)
    return shown["allowed"], shown["reason"]


class TestRaiseFlag:
    @pytest.mark.spec("ACC-36")
    def test_says_who_when_why_and_tells_what_it_stops(self, desk: Desk, customer: str) -> None:
        boss = a_staff(desk, role="sales_director")["id"]

        shown = desk.ask(
            "raise_flag", as_=desk.token_of(boss), customer_id=customer, **BLACKLIST,
            note="Threw a chair.",
        )  # fmt: skip

        assert (shown["kind"], shown["channel"], shown["reason"]) == ("blacklist", "any", "abuse")
        assert (shown["raised_by"], shown["raised_at"]) == (
            f"person:{boss}",
            "2017-03-01T09:00:00.000000Z",
        )
        (told,) = desk.told("accounts.customer.flagged.v1")
        assert (told["customer_id"], told["version"], told["flag_id"]) == (
            customer, 2, shown["id"],
        )  # fmt: skip
        assert told["effects"] == ["orders_refused", "quotes_refused", "campaigns_stopped"]
        assert "chair" not in str(told)
        assert codes(desk, customer) == ["blacklist"]

    def test_a_stop_of_one_channel_names_it(self, desk: Desk, customer: str) -> None:
        raised(desk, customer, **STOP, channel="phone")
        raised(desk, customer, **STOP, channel="mail")

        assert codes(desk, customer) == ["do_not_contact.mail", "do_not_contact.phone"]
        assert [one["effects"] for one in desk.told("accounts.customer.flagged.v1")] == [
            ["callbacks_stopped"],
            ["campaigns_stopped", "mail_stopped"],
        ]

    def test_one_that_stands_is_not_raised_again(self, desk: Desk, customer: str) -> None:
        first = raised(desk, customer, **BLACKLIST)

        with pytest.raises(Conflict) as refused:
            raised(desk, customer, **BLACKLIST)

        assert refused.value.code == "accounts.flag.stands"
        assert refused.value.detail == {"flag_id": first["id"]}
        assert (desk.count("flags"), len(desk.told("accounts.customer.flagged.v1"))) == (1, 1)

    @pytest.mark.parametrize(
        "wrong",
        [
            BLACKLIST | {"channel": "mail"},
            STOP | {"until": DAY},
            STOP | {"reason": "he shouted at me"},
            STOP | {"kind": "dislike"},
            STOP | {"note": "x" * 401},
        ],
    )
    def test_refuses_what_is_no_flag(
        self, desk: Desk, customer: str, wrong: dict[str, Any]
    ) -> None:
        with pytest.raises(Invalid):
            raised(desk, customer, **wrong)

        assert desk.count("flags") == 0

    def test_an_agent_notes_a_wish_and_gives_no_verdict(self, desk: Desk, customer: str) -> None:
        agent = desk.token_of(a_staff(desk, role="agent")["id"])

        desk.ask("raise_flag", as_=agent, customer_id=customer, **STOP)

        for verdict in (BLACKLIST, {"kind": "fraud", "reason": "fraud_suspected"}):
            with pytest.raises(Forbidden):
                desk.ask("raise_flag", as_=agent, customer_id=customer, **verdict)
        standing = raised(desk, customer, **BLACKLIST)
        with pytest.raises(Forbidden):
            desk.ask(
                "lift_flag", as_=agent, flag_id=standing["id"], version=1, reason="mistake"
            )  # fmt: skip
        assert codes(desk, customer) == ["blacklist", "do_not_contact"]

    def test_a_supervisor_flags_no_customer_of_elsewhere(self, desk: Desk, customer: str) -> None:
        token = desk.token_of(a_staff(desk, role="supervisor")["id"])

        with pytest.raises(NotFound):
            desk.ask("raise_flag", as_=token, customer_id=customer, **BLACKLIST)

        assert desk.count("flags") == 0


class TestLiftFlag:
    def test_keeps_it_in_the_history_with_who_and_why(self, desk: Desk, customer: str) -> None:
        flag = raised(desk, customer, **BLACKLIST)

        desk.ask("lift_flag", flag_id=flag["id"], version=flag["version"], reason="settled")

        (one,) = desk.ask("flags", customer_id=customer)["items"]
        assert (one["lift_reason"], one["lifted_by"]) == ("settled", "service:accounts")
        (told,) = desk.told("accounts.customer.unflagged.v1")
        assert (told["flag_id"], told["reason"], told["version"]) == (flag["id"], "settled", 3)
        assert codes(desk, customer) == []
        trail = desk.ask("change_history", kind="flag", id=flag["id"])["items"]
        assert [entry["verb"] for entry in trail] == ["updated", "created"]
        assert trail[0]["changes"]["lift_reason"] == [None, "settled"]

    def test_once_lifted_it_may_be_raised_anew(self, desk: Desk, customer: str) -> None:
        flag = raised(desk, customer, **BLACKLIST)
        desk.ask("lift_flag", flag_id=flag["id"], version=1, reason="mistake")

        again = raised(desk, customer, **BLACKLIST)

        assert again["id"] != flag["id"]
        assert codes(desk, customer) == ["blacklist"]

    def test_refuses_what_is_stale_or_lifted_or_said_by_the_clock(
        self, desk: Desk, customer: str
    ) -> None:
        flag = raised(desk, customer, **BLACKLIST)

        with pytest.raises(StaleVersion):
            desk.ask("lift_flag", flag_id=flag["id"], version=7, reason="mistake")
        with pytest.raises(Invalid):
            desk.ask("lift_flag", flag_id=flag["id"], version=1, reason="expired")
        lifted = desk.ask("lift_flag", flag_id=flag["id"], version=1, reason="mistake")
        with pytest.raises(Conflict) as refused:
            desk.ask(
                "lift_flag", flag_id=flag["id"], version=lifted["version"], reason="mistake"
            )  # fmt: skip

        assert refused.value.code == "accounts.flag.lifted"
        assert len(desk.told("accounts.customer.unflagged.v1")) == 1

    def test_ends_by_itself_when_its_time_is_over(
        self, desk: Desk, customer: str, clock: StandingClock
    ) -> None:
        raised(desk, customer, **STOP, until=DAY + timedelta(days=90))
        clock.pass_(days=89)
        timers.fire_due(desk.runtime)
        before = codes(desk, customer)

        clock.pass_(days=1)
        timers.fire_due(desk.runtime)

        assert before == ["do_not_contact"]
        assert codes(desk, customer) == []
        assert desk.told("accounts.customer.unflagged.v1")[0]["reason"] == "expired"

    def test_follows_its_customer_to_another_owner(self, desk: Desk, customer: str) -> None:
        rita = a_staff(desk, role="rep")["id"]
        raised(desk, customer, **BLACKLIST)
        before = desk.ask("find_records", as_=desk.token_of(rita), kind="flag")["items"]

        desk.ask("assign_owner", customer_id=customer, version=2, owner_id=rita)

        after = desk.ask(
            "find_records", as_=desk.token_of(rita), kind="flag", filters={"standing": True}
        )["items"]
        assert before == []
        assert [one["customer_id"] for one in after] == [customer]


class TestSetCredit:
    def test_is_kept_with_who_and_why_and_told(self, desk: Desk, customer: str) -> None:
        shown = desk.ask("set_credit", customer_id=customer, version=1, **CREDIT, note="Pays late.")

        assert (shown["rating"], shown["limit_minor"], shown["currency"]) == ("fair", 50_000, "USD")
        assert (shown["by"], shown["version"]) == ("service:accounts", 2)
        (told,) = desk.told("accounts.customer.credit_changed.v1")
        assert (told["previous_rating"], told["rating"], told["limit_minor"]) == (
            None, "fair", 50_000,
        )  # fmt: skip
        assert "Pays" not in str(told)
        recorded = desk.told("accounts.customer.recorded.v1")[-1]
        assert (recorded["credit_rating"], recorded["credit_currency"]) == ("fair", "USD")

    def test_a_stale_version_or_half_a_limit_changes_nothing(
        self, desk: Desk, customer: str
    ) -> None:
        with pytest.raises(StaleVersion):
            desk.ask("set_credit", customer_id=customer, version=9, **CREDIT)
        for half in ({"currency": None}, {"limit_minor": None}, {"limit_minor": -1}):
            with pytest.raises(Invalid):
                desk.ask("set_credit", customer_id=customer, version=1, **CREDIT | half)

        assert desk.told("accounts.customer.credit_changed.v1") == []

    def test_is_no_business_of_an_agent(self, desk: Desk, customer: str) -> None:
        agent = desk.token_of(a_staff(desk, role="agent")["id"])

        with pytest.raises(Forbidden):
            desk.ask("set_credit", as_=agent, customer_id=customer, version=1, **CREDIT)

    def test_stands_on_the_card_with_the_flags(self, desk: Desk, customer: str) -> None:
        desk.ask("set_credit", customer_id=customer, version=1, **CREDIT)
        raised(desk, customer, **STOP, channel="phone")

        card = desk.ask("customer_card", customer_id=customer)["flags"]

        assert card["codes"] == ["do_not_contact.phone"]
        assert [one["kind"] for one in card["items"]] == ["do_not_contact"]
        assert (card["credit"]["rating"], card["credit"]["limit_minor"]) == ("fair", 50_000)


class TestMayContact:
    """Opt-out ignored or too broad (pain point 9): per purpose and channel, with the reason."""

    def test_withdrawing_marketing_leaves_service(self, desk: Desk, customer: str) -> None:
        desk.ask(
            "set_consent", customer_id=customer, channel="mail", granted=False, basis="withdrawn"
        )

        assert may(desk, customer, "marketing", "mail") == (False, "withdrawn")
        assert may(desk, customer, "service", "mail") == (True, "own_affairs")

    def test_a_stop_of_one_channel_leaves_the_others(self, desk: Desk, customer: str) -> None:
        for channel in ("mail", "phone"):
            desk.ask("set_consent", customer_id=customer, **MAIL | {"channel": channel})

        raised(desk, customer, **STOP, channel="phone")

        assert may(desk, customer, "marketing", "phone") == (False, "do_not_contact")
        assert may(desk, customer, "service", "phone") == (False, "do_not_contact")
        assert may(desk, customer, "marketing", "mail") == (True, "allowed")

    def test_says_what_decides_it(self, desk: Desk, customer: str, clock: StandingClock) -> None:
        nothing_said = may(desk, customer, "marketing", "mail")
        desk.ask("set_consent", customer_id=customer, **MAIL, valid_until=DAY + timedelta(days=1))
        raised(desk, customer, **BLACKLIST)
        barred = may(desk, customer, "marketing", "mail")
        to_his_affairs = may(desk, customer, "service", "mail")
        clock.pass_(days=1)
        desk.ask(
            "lift_flag", flag_id=desk.ask("flags", customer_id=customer)["items"][0]["id"],
            version=1, reason="mistake",
        )  # fmt: skip

        assert nothing_said == (False, "no_consent")
        assert barred == (False, "blacklisted")
        assert to_his_affairs == (True, "own_affairs")
        assert may(desk, customer, "marketing", "mail") == (False, "expired")
        assert may(desk, customer, "sensitive_traits", "any") == (False, "no_consent")
