"""Every point of contact has its kind, every touch its lag, and what was said is found again."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.errors import Invalid
from contracts.marketing import ResponseRecorded, ResponseWithdrawn
from contracts.sales import QuoteAccepted, QuoteSent
from tests.support.accounts import Desk, a_customer, a_staff

NOON = datetime(2017, 3, 1, 12, tzinfo=UTC)
POINTS = {
    "advertisement": "ad", "sale": "sale", "visit": "visit", "reception": "reception",
    "web": "website", "letter": "direct mail", "service": "service", "call": "phone",
    "mail": "e-mail", "social": "social", "meeting": "face to face",
}  # fmt: skip


@pytest.fixture
def customer(desk: Desk) -> str:
    """Somebody with an empty timeline."""
    return str(a_customer(desk)["customer_id"])


def note(desk: Desk, customer_id: str, key: str, **fields: Any) -> None:
    """Note a touch by hand."""
    given = {"kind": "meeting", "subject": key, "source": "diary", "source_key": key}
    desk.ask("record_interaction", customer_id=customer_id, **given | fields)


def found(desk: Desk, **filters: Any) -> list[str]:
    """Return the keys of the touches that a filter leaves."""
    items = desk.ask("find_records", kind="interaction", filters=filters)["items"]
    return sorted(one["source_key"] for one in items)


class TestTouchpoints:
    @pytest.mark.spec("ACC-09")
    def test_each_has_its_kind_and_its_result_on_one_timeline(
        self, desk: Desk, customer: str
    ) -> None:
        for kind, point in POINTS.items():
            note(desk, customer, point, kind=kind, result=f"{point} went well")

        items = desk.ask("timeline", customer_id=customer)["items"]

        assert {one["kind"]: one["result"] for one in items} == {
            kind: f"{point} went well" for kind, point in POINTS.items()
        }

    def test_a_quote_stands_there_when_it_is_sent_and_when_it_is_accepted(
        self, desk: Desk, customer: str
    ) -> None:
        quote = {
            "quote_id": "q1", "version": 2, "opportunity_id": "p1", "customer_id": customer,
            "total_minor": 12_345, "currency": "USD",
        }  # fmt: skip

        desk.hear("sales_made", QuoteSent(**quote, valid_until=NOON))
        desk.hear("sales_made", QuoteAccepted(**quote))

        items = desk.ask("timeline", customer_id=customer)["items"]
        assert sorted((one["subject"], one["direction"], one["result"]) for one in items) == [
            ("Quote accepted", "inbound", "USD 123.45"),
            ("Quote sent", "outbound", "USD 123.45"),
        ]

    def test_an_answer_to_a_campaign_stands_there_until_it_is_withdrawn(
        self, desk: Desk, customer: str
    ) -> None:
        answer = {
            "response_id": "r1", "campaign_id": "c1", "customer_id": customer,
            "response": "asked_for_more", "at": NOON,
        }  # fmt: skip
        desk.hear("messages_sent", ResponseRecorded(**answer, version=1))
        before = desk.ask("timeline", customer_id=customer)["items"]

        desk.hear("messages_sent", ResponseWithdrawn(**answer, version=2))

        after = desk.ask("timeline", customer_id=customer)["items"]
        assert [(one["kind"], one["result"]) for one in before] == [
            ("advertisement", "asked for more")
        ]
        assert [(one["subject"], one["result"]) for one in after] == [
            ("Campaign answered", "withdrawn")
        ]


class TestLag:
    def test_of_what_others_tell_is_kept_and_of_a_note_there_is_none(
        self, desk: Desk, customer: str
    ) -> None:
        note(desk, customer, "by hand")
        desk.hear("messages_sent", ResponseRecorded(
            response_id="r1", version=1, campaign_id="c1", customer_id=customer,
            response="asked", at=NOON,
        ))  # fmt: skip

        items = desk.ask("timeline", customer_id=customer)["items"]

        lags = {one["source"]: one["lag_ms"] for one in items}
        assert lags["diary"] is None
        assert 0 <= lags["marketing.response"] < 60_000
        assert all(one["created_at"] for one in items)
        behind = desk.ask("customer_card", customer_id=customer)["interactions"]["behind"]
        assert behind == {
            "p95_ms": lags["marketing.response"], "touches": 1, "promised_ms": 2_000,
        }  # fmt: skip


class TestSearch:
    @pytest.mark.spec("ACC-27")
    def test_finds_communications_again_by_words_of_what_was_said_or_came_of_it(
        self, desk: Desk, customer: str
    ) -> None:
        note(desk, customer, "a", subject="Asked for a discount", at="2017-01-05T09:00:00Z")
        note(desk, customer, "b", subject="Lunch", result="Wants 10% DISCOUNT in writing")
        note(desk, customer, "c", subject="讨论了折扣", kind="social")
        note(desk, customer, "d", subject="Delivery is late", direction="inbound")

        assert found(desk, words="discount") == ["a", "b"]
        assert found(desk, words="10%") == ["b"]
        assert found(desk, words="折扣") == ["c"]
        assert found(desk, words="discount", before="2017-02-01T00:00:00Z") == ["a"]
        assert found(desk, direction="inbound", customer_id=customer) == ["d"]
        assert found(desk, words="refund") == []

    def test_finds_nothing_that_the_asker_may_not_see(self, desk: Desk, customer: str) -> None:
        note(desk, customer, "a", subject="Asked for a discount")
        rep = desk.token_of(a_staff(desk)["id"])

        shown = desk.ask("find_records", as_=rep, kind="interaction", filters={"words": "discount"})

        assert shown["items"] == []

    def test_refuses_to_look_for_nothing(self, desk: Desk) -> None:
        with pytest.raises(Invalid):
            found(desk, words="  ")
