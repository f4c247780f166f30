"""What customers allow: as they said it last, whatever came when."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from chassis.ids import new_id
from contracts.marketing import Unsubscribed
from tests.support.accounts import Desk, a_customer, a_staff

NOON = datetime(2017, 3, 1, 12, tzinfo=UTC)
MAIL = {"channel": "mail", "granted": True, "basis": "consent"}


@pytest.fixture
def customer(desk: Desk) -> str:
    """Somebody who has said nothing yet."""
    return str(a_customer(desk)["customer_id"])


def unsubscribe(desk: Desk, customer_id: str, at: datetime = NOON, **fields: Any) -> None:
    """Let accounts hear that somebody wants no more mail."""
    told = {"purpose": "marketing", "channel": "mail", "send_id": "m1"} | fields
    desk.hear("unsubscribed", Unsubscribed(customer_id=customer_id, at=at, **told))


def standing(desk: Desk, customer_id: str) -> list[tuple[str, bool, str]]:
    """Return what a customer allows."""
    items = desk.ask("consents", customer_id=customer_id)["items"]
    return sorted((one["channel"], one["granted"], one["basis"]) for one in items)


class TestSetConsent:
    def test_keeps_what_was_said_where_and_when_and_tells_it(
        self, desk: Desk, customer: str
    ) -> None:
        shown = desk.ask("set_consent", customer_id=customer, **MAIL, evidence="form:17", at=NOON)

        assert (shown["granted"], shown["basis"], shown["evidence"]) == (True, "consent", "form:17")
        (told,) = desk.told("accounts.consent.recorded.v1")
        assert told["consent_id"] == shown["id"]
        assert (told["customer_id"], told["purpose"], told["channel"]) == (
            customer, "marketing", "mail",
        )  # fmt: skip
        assert (told["granted"], told["at"], told["version"]) == (
            True,
            "2017-03-01T12:00:00.000000Z",
            1,
        )

    def test_a_later_word_takes_the_place_of_the_earlier_one(
        self, desk: Desk, customer: str
    ) -> None:
        first = desk.ask("set_consent", customer_id=customer, **MAIL)
        second = desk.ask(
            "set_consent", customer_id=customer, channel="mail", granted=False, basis="withdrawn"
        )

        assert (first["id"], first["version"]) == (second["id"], 1)
        assert second["version"] == 2
        assert standing(desk, customer) == [("mail", False, "withdrawn")]
        trail = desk.ask("change_history", kind="consent", id=first["id"])["items"]
        assert trail[0]["changes"]["granted"] == [True, False]

    def test_each_channel_has_its_own(self, desk: Desk, customer: str) -> None:
        desk.ask("set_consent", customer_id=customer, **MAIL)
        desk.ask("set_consent", customer_id=customer, channel="phone", granted=False,
                 basis="withdrawn")  # fmt: skip

        assert standing(desk, customer) == [
            ("mail", True, "consent"),
            ("phone", False, "withdrawn"),
        ]

    def test_refuses_a_word_that_is_older_than_the_last(self, desk: Desk, customer: str) -> None:
        unsubscribe(desk, customer, NOON)

        with pytest.raises(Conflict) as refused:
            desk.ask("set_consent", customer_id=customer, **MAIL, at=NOON - timedelta(days=1))

        assert refused.value.code == "accounts.consent.newer_stands"
        assert standing(desk, customer) == [("mail", False, "withdrawn")]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"basis": "withdrawn"},
            {"granted": False},
            {"channel": "pigeon"},
            {"purpose": "everything"},
            {"evidence": "He said yes to me on the phone"},
            {"evidence": "form:" + "x" * 200},
            {"at": "2999-01-01T00:00:00Z"},
            {"at": "2017-01-01T00:00:00"},
        ],
    )
    def test_refuses_what_is_no_consent(
        self, desk: Desk, customer: str, wrong: dict[str, Any]
    ) -> None:
        with pytest.raises(Invalid):
            desk.ask("set_consent", customer_id=customer, **MAIL | wrong)

        assert desk.count("consents") == 0

    def test_only_who_may_records_and_reads_it(self, desk: Desk, customer: str) -> None:
        agent = desk.token_of(a_staff(desk, role="agent")["id"])
        marketer = desk.token_of(a_staff(desk, role="marketer")["id"])

        for method, payload in (("set_consent", MAIL), ("consents", {})):
            with pytest.raises(Forbidden):
                desk.ask(method, as_=agent, customer_id=customer, **payload)
            desk.ask(method, as_=marketer, customer_id=customer, **payload)
        with pytest.raises(NotFound):
            desk.ask("set_consent", as_=marketer, customer_id="nobody", **MAIL)


class TestSetConsents:
    def test_says_of_each_what_became_of_it(self, desk: Desk, customer: str) -> None:
        other = a_customer(desk)["customer_id"]
        unsubscribe(desk, other, NOON)
        said = [
            {"customer_id": customer, **MAIL, "evidence": "file:2017-03"},
            {"customer_id": "nobody", **MAIL},
            {"customer_id": other, **MAIL, "at": NOON - timedelta(hours=1)},
            {"customer_id": other, "channel": "phone", "granted": True, "basis": "withdrawn"},
        ]

        answer = desk.ask("set_consents", statements=said)

        assert (answer["recorded"], answer["refused"]) == (1, 3)
        assert [one["code"] for one in answer["verdicts"]] == [
            None, "accounts.customer.not_found", "accounts.consent.newer_stands",
            "accounts.consent.basis",
        ]  # fmt: skip
        assert standing(desk, customer) == [("mail", True, "consent")]
        assert standing(desk, other) == [("mail", False, "withdrawn")]

    def test_takes_the_last_word_where_one_says_two(self, desk: Desk, customer: str) -> None:
        later = {"granted": False, "basis": "withdrawn", "at": NOON + timedelta(hours=1)}
        said = [
            {"customer_id": customer, **MAIL, "at": NOON},
            {"customer_id": customer, **MAIL | later},
            {"customer_id": customer, **MAIL, "at": NOON},
        ]

        answer = desk.ask("set_consents", statements=said)

        assert [one["verdict"] for one in answer["verdicts"]] == [
            "recorded", "recorded", "refused",
        ]  # fmt: skip
        assert standing(desk, customer) == [("mail", False, "withdrawn")]

    def test_takes_500_at_once_and_no_more(self, desk: Desk) -> None:
        ids = [a_customer(desk)["customer_id"] for _ in range(20)]
        said = [{"customer_id": ids[n % 20], **MAIL} for n in range(501)]

        assert desk.ask("set_consents", statements=said[:500])["recorded"] == 500
        with pytest.raises(Invalid):
            desk.ask("set_consents", statements=said)


class TestUnsubscribed:
    def test_withdraws_the_consent(self, desk: Desk, customer: str) -> None:
        desk.ask("set_consent", customer_id=customer, **MAIL, at=NOON - timedelta(days=9))

        unsubscribe(desk, customer)

        (one,) = desk.ask("consents", customer_id=customer)["items"]
        assert (one["granted"], one["basis"], one["evidence"]) == (False, "withdrawn", "send:m1")
        assert [told["granted"] for told in desk.told("accounts.consent.recorded.v1")] == [
            True, False,
        ]  # fmt: skip

    def test_stands_also_when_nothing_was_recorded_before(self, desk: Desk, customer: str) -> None:
        unsubscribe(desk, customer)

        assert standing(desk, customer) == [("mail", False, "withdrawn")]

    def test_never_overrides_what_was_granted_later(self, desk: Desk, customer: str) -> None:
        desk.ask("set_consent", customer_id=customer, **MAIL, at=NOON + timedelta(days=1))

        unsubscribe(desk, customer, NOON)

        assert standing(desk, customer) == [("mail", True, "consent")]
        assert len(desk.told("accounts.consent.recorded.v1")) == 1

    def test_of_one_instant_the_no_stands(self, desk: Desk, customer: str) -> None:
        desk.ask("set_consent", customer_id=customer, **MAIL, at=NOON)

        unsubscribe(desk, customer, NOON)

        assert standing(desk, customer) == [("mail", False, "withdrawn")]

    def test_told_twice_is_one_withdrawal(self, desk: Desk, customer: str) -> None:
        event_id = new_id()
        for _ in range(2):
            desk.hear(
                "unsubscribed",
                Unsubscribed(customer_id=customer, purpose="marketing", channel="mail", at=NOON),
                event_id,
            )

        assert len(desk.told("accounts.consent.recorded.v1")) == 1

    def test_waits_for_a_customer_that_is_not_known_yet(self, desk: Desk) -> None:
        with pytest.raises(Unavailable):
            unsubscribe(desk, "nobody-yet")

        assert desk.count("consents") == 0


class TestReading:
    def test_pages_through_all_for_whoever_keeps_a_copy(self, desk: Desk) -> None:
        ids = sorted(a_customer(desk)["customer_id"] for _ in range(3))
        for id_ in ids:
            desk.ask("set_consent", customer_id=id_, **MAIL, at=NOON)
        marketing = desk.token_of_service("marketing")

        first = desk.ask("consents_changed_since", as_=marketing, limit=2)
        rest = desk.ask("consents_changed_since", as_=marketing, cursor=first["next"], limit=2)

        items = first["items"] + rest["items"]
        assert sorted(one["customer_id"] for one in items) == ids
        assert (first["more"], rest["more"], rest["next"]) == (True, False, None)
        assert {(one["sequence"], one["at"], one["granted"]) for one in items} == {
            (1, "2017-03-01T12:00:00.000000Z", True)
        }

    def test_pages_through_what_one_customer_said_the_last_first(
        self, desk: Desk, customer: str
    ) -> None:
        for hours, channel in ((0, "mail"), (1, "phone")):
            desk.ask("set_consent", customer_id=customer, **MAIL | {"channel": channel},
                     at=NOON + timedelta(hours=hours))  # fmt: skip

        first = desk.ask("consents", customer_id=customer, limit=1)
        rest = desk.ask("consents", customer_id=customer, limit=1, after=first["next"])

        assert [one["channel"] for one in first["items"] + rest["items"]] == ["phone", "mail"]

    def test_is_a_section_of_the_card(self, desk: Desk, customer: str) -> None:
        desk.ask("set_consent", customer_id=customer, **MAIL)

        card = desk.ask("customer_card", customer_id=customer)

        assert [(one["channel"], one["granted"]) for one in card["consents"]["items"]] == [
            ("mail", True)
        ]
