"""Consents that run out, and those that a customer confirms by a link before they count."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chassis import timers
from chassis.errors import Invalid, NotFound
from tests.support.accounts import Desk, a_customer, a_staff
from tests.support.sales import DAY, StandingClock

MAIL = {"channel": "mail", "granted": True, "basis": "consent"}
NO = {"channel": "mail", "granted": False, "basis": "withdrawn"}
IN_A_MONTH = DAY + timedelta(days=30)


@pytest.fixture
def clock(desk: Desk) -> Iterator[StandingClock]:
    """The business clock, which stands until a test moves it."""
    usual, desk.runtime.clock = desk.runtime.clock, StandingClock()
    yield desk.runtime.clock
    desk.runtime.clock = usual


@pytest.fixture
def customer(desk: Desk, clock: StandingClock) -> str:
    """Somebody who has said nothing yet."""
    return str(a_customer(desk)["customer_id"])


def standing(desk: Desk, customer_id: str) -> list[tuple[str, str, bool, str]]:
    """Return what a customer allows."""
    items = desk.ask("consents", customer_id=customer_id)["items"]
    return sorted((one["purpose"], one["channel"], one["granted"], one["basis"]) for one in items)


def asked(desk: Desk, customer_id: str, **fields: Any) -> str:
    """Ask somebody to confirm, and return the token that only the mail holds."""
    desk.ask("ask_consent", customer_id=customer_id, **{"channel": "mail"} | fields)
    return str(desk.told("accounts.consent.asked.v1")[-1]["token"])


class TestPurposes:
    def test_each_purpose_has_its_own_word_on_each_channel(self, desk: Desk, customer: str) -> None:
        desk.ask("set_consent", customer_id=customer, **NO)
        desk.ask("set_consent", customer_id=customer, purpose="research", **MAIL)
        desk.ask(
            "set_consent", customer_id=customer, purpose="research", **MAIL | {"channel": "sms"}
        )
        desk.ask(
            "set_consent", customer_id=customer, purpose="sensitive_traits",
            **MAIL | {"channel": "any"},
        )  # fmt: skip

        assert standing(desk, customer) == [
            ("marketing", "mail", False, "withdrawn"),
            ("research", "mail", True, "consent"),
            ("research", "sms", True, "consent"),
            ("sensitive_traits", "any", True, "consent"),
        ]

    @pytest.mark.parametrize("purpose", ["marketing", "service", "research"])
    def test_whoever_is_turned_to_is_asked_for_each_channel(
        self, desk: Desk, customer: str, purpose: str
    ) -> None:
        with pytest.raises(Invalid) as refused:
            desk.ask(
                "set_consent", customer_id=customer, purpose=purpose, **MAIL | {"channel": "any"}
            )

        assert refused.value.code == "accounts.consent.channel"
        assert desk.count("consents") == 0

    def test_nobody_says_that_a_consent_ran_out(self, desk: Desk, customer: str) -> None:
        for granted in (True, False):
            with pytest.raises(Invalid) as refused:
                desk.ask(
                    "set_consent", customer_id=customer, channel="mail", granted=granted,
                    basis="expired",
                )  # fmt: skip
            assert refused.value.code == "accounts.consent.basis"


class TestValidity:
    def test_a_timer_tells_when_it_runs_out(
        self, desk: Desk, customer: str, clock: StandingClock
    ) -> None:
        desk.ask("set_consent", customer_id=customer, **MAIL, valid_until=IN_A_MONTH)
        clock.instant = IN_A_MONTH - timedelta(seconds=1)
        timers.fire_due(desk.runtime)
        before = standing(desk, customer)

        clock.instant = IN_A_MONTH
        timers.fire_due(desk.runtime)

        assert before == [("marketing", "mail", True, "consent")]
        assert standing(desk, customer) == [("marketing", "mail", False, "expired")]
        first, last = desk.told("accounts.consent.recorded.v1")
        assert first["valid_until"] == "2017-03-31T09:00:00.000000Z"
        assert (last["granted"], last["basis"], last["version"]) == (False, "expired", 2)

    def test_a_renewal_said_before_the_end_and_told_after_it_stands(
        self, desk: Desk, customer: str, clock: StandingClock
    ) -> None:
        desk.ask("set_consent", customer_id=customer, **MAIL, valid_until=IN_A_MONTH)
        clock.instant = IN_A_MONTH + timedelta(hours=1)
        timers.fire_due(desk.runtime)

        desk.ask("set_consent", customer_id=customer, **MAIL, at=IN_A_MONTH - timedelta(hours=1))

        assert standing(desk, customer) == [("marketing", "mail", True, "consent")]

    def test_renewed_without_an_end_it_never_runs_out(
        self, desk: Desk, customer: str, clock: StandingClock
    ) -> None:
        desk.ask("set_consent", customer_id=customer, **MAIL, valid_until=IN_A_MONTH)
        clock.pass_(days=1)
        desk.ask("set_consent", customer_id=customer, **MAIL)

        clock.pass_(days=400)
        timers.fire_due(desk.runtime)

        assert standing(desk, customer) == [("marketing", "mail", True, "consent")]
        assert desk.count("timers") == 0

    @pytest.mark.parametrize(
        "wrong", [MAIL | {"valid_until": DAY}, NO | {"valid_until": IN_A_MONTH}]
    )
    def test_refuses_an_end_that_is_none(
        self, desk: Desk, customer: str, wrong: dict[str, Any]
    ) -> None:
        with pytest.raises(Invalid) as refused:
            desk.ask("set_consent", customer_id=customer, **wrong)

        assert refused.value.code == "accounts.consent.validity"
        assert desk.count("consents") == 0


class TestDoubleOptIn:
    def test_is_no_consent_until_the_customer_follows_the_link(
        self, desk: Desk, customer: str, clock: StandingClock
    ) -> None:
        token = asked(desk, customer, evidence="form:17", valid_until=IN_A_MONTH)
        before = standing(desk, customer)
        clock.pass_(hours=1)

        desk.ask("confirm_consent", token=token)

        assert before == []
        (one,) = desk.ask("consents", customer_id=customer)["items"]
        assert (one["granted"], one["basis"]) == (True, "consent")
        assert (one["at"], one["confirmed_at"]) == ("2017-03-01T10:00:00.000000Z",) * 2
        assert one["valid_until"] == "2017-03-31T09:00:00.000000Z"
        kind, _, request_id = one["evidence"].partition(":")
        assert kind == "confirmed"
        shown = desk.ask("get_record", kind="consent_request", id=request_id)
        assert (shown["evidence"], shown["customer_id"]) == ("form:17", customer)
        assert "token" not in str(shown)

    def test_following_it_again_brings_nothing_back(
        self, desk: Desk, customer: str, clock: StandingClock
    ) -> None:
        token = asked(desk, customer)
        desk.ask("confirm_consent", token=token)
        clock.pass_(hours=1)
        desk.ask("set_consent", customer_id=customer, **NO)

        again = desk.ask("confirm_consent", token=token)

        assert again["state"] == "confirmed"
        assert standing(desk, customer) == [("marketing", "mail", False, "withdrawn")]

    def test_asking_alone_leaves_a_no_standing(self, desk: Desk, customer: str) -> None:
        desk.ask("set_consent", customer_id=customer, **NO)

        asked(desk, customer)

        assert standing(desk, customer) == [("marketing", "mail", False, "withdrawn")]

    def test_a_link_has_its_own_deadline(
        self, desk: Desk, customer: str, clock: StandingClock
    ) -> None:
        token = asked(desk, customer)
        clock.pass_(days=7)

        for method in ("consent_form", "confirm_consent"):
            with pytest.raises(NotFound) as refused:
                desk.ask(method, token=token)
            assert refused.value.code == "accounts.consent.link_unknown"

        assert desk.count("consents") == 0

    def test_of_two_links_the_last_one_counts(self, desk: Desk, customer: str) -> None:
        first, last = asked(desk, customer), asked(desk, customer)

        with pytest.raises(NotFound):
            desk.ask("confirm_consent", token=first)
        desk.ask("confirm_consent", token=last)

        assert standing(desk, customer) == [("marketing", "mail", True, "consent")]

    def test_the_token_is_stored_nowhere_but_in_the_mail_that_is_to_go_out(
        self, desk: Desk, customer: str
    ) -> None:
        token = asked(desk, customer)

        with desk.runtime.database.engine.connect() as connection:
            for table in ("consent_requests", "audit", "idempotency"):
                rows = connection.exec_driver_sql(f"SELECT * FROM {table}").all()
                assert token not in str(rows)
        assert desk.count("outbox", "WHERE routing_key = 'accounts.consent.asked.v1'") == 1
        assert desk.count("outbox", "WHERE exchange = 'accounts.private'") >= 1

    def test_who_has_not_confirmed_is_listed(self, desk: Desk, customer: str) -> None:
        asked(desk, customer)
        other = str(a_customer(desk)["customer_id"])
        desk.ask("confirm_consent", token=asked(desk, other))
        marketer = desk.token_of(a_staff(desk, role="marketer")["id"])

        found = desk.ask(
            "find_records", as_=marketer, kind="consent_request", filters={"confirmed": False}
        )["items"]

        assert [one["customer_id"] for one in found] == [customer]
