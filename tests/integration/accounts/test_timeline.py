"""What other departments tell stands on the customer's timeline, once, in its last version."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.errors import Unavailable
from contracts.marketing import TouchSettled
from contracts.sales import OrderPlaced
from contracts.service_desk import CaseClosed, CaseOpened, SurveyAnswered
from contracts.telephony import CallCorrected, CallEnded
from tests.support.accounts import Desk, a_customer, a_staff

NOON = datetime(2017, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def customer(desk: Desk) -> str:
    """Somebody with an empty timeline."""
    return str(a_customer(desk)["customer_id"])


def shown(desk: Desk, customer_id: str) -> list[tuple[str, str, str, str | None]]:
    """Return a timeline as people read it."""
    return [
        (one["kind"], one["direction"], one["subject"], one["result"])
        for one in desk.ask("timeline", customer_id=customer_id)["items"]
    ]


def end_call(desk: Desk, customer_id: str | None, version: int = 7, **fields: Any) -> None:
    """Let accounts hear that a call is over."""
    told = {
        "call_id": "call-1", "direction": "inbound", "outcome": "answered", "started_at": NOON,
        "ended_at": NOON + timedelta(minutes=4), "dnis": "8001", "queue": "sales",
        "wait_seconds": 12.0, "talk_seconds": 185.4,
    }  # fmt: skip
    desk.hear("calls_ended", CallEnded(customer_id=customer_id, version=version, **told | fields))


def open_case(desk: Desk, customer_id: str | None) -> None:
    """Let accounts hear of a new case."""
    told = CaseOpened(
        case_id="case-1", version=1, number="C-100001", type="complaint", severity="high",
        channel="phone", customer_id=customer_id, opened_at=NOON, policy="standard", deadlines={},
    )  # fmt: skip
    desk.hear("service_given", told)


def close_case(desk: Desk, customer_id: str | None, version: int) -> None:
    """Let accounts hear that a case is over."""
    told = CaseClosed(
        case_id="case-1", version=version, number="C-100001", type="complaint", severity="high",
        channel="phone", customer_id=customer_id, opened_at=NOON,
        closed_at=NOON + timedelta(days=version), resolution="goods_replaced",
        customer_view="satisfied", breached=(), escalations=0, reopened=0, seconds_open=60,
    )  # fmt: skip
    desk.hear("service_given", told)


def settle(desk: Desk, customer_id: str, fate: str, version: int = 1) -> None:
    """Let accounts hear what became of a message."""
    told = TouchSettled(
        send_id="send-1", version=version, customer_id=customer_id, campaign_id="c1",
        step="first_offer", channel="mail", purpose="marketing", fate=fate, reason=None, at=NOON,
    )  # fmt: skip
    desk.hear("messages_sent", told)


class TestCalls:
    @pytest.mark.spec("ACC-09")
    def test_stand_on_the_timeline_with_their_result(self, desk: Desk, customer: str) -> None:
        end_call(desk, customer)

        assert shown(desk, customer) == [
            ("call", "inbound", "Call to 8001, queue sales", "answered, talked 3:05")
        ]

    def test_a_call_that_nobody_answered_says_how_long_it_waited(
        self, desk: Desk, customer: str
    ) -> None:
        end_call(desk, customer, outcome="timed_out", talk_seconds=None, wait_seconds=61.0)

        assert shown(desk, customer)[0][3] == "timed out, waited 1:01"

    def test_of_an_outbound_call_the_number_is_the_customers_and_stays_out(
        self, desk: Desk, customer: str
    ) -> None:
        end_call(desk, customer, direction="outbound", dnis="2125550123", queue=None)

        assert shown(desk, customer)[0][:3] == ("call", "outbound", "Call")

    def test_a_later_version_corrects_the_entry_and_an_earlier_one_does_not(
        self, desk: Desk, customer: str
    ) -> None:
        end_call(desk, customer, version=7)
        end_call(desk, customer, version=9, outcome="abandoned", talk_seconds=None)
        end_call(desk, customer, version=8, outcome="failed", talk_seconds=None)

        assert shown(desk, customer) == [
            ("call", "inbound", "Call to 8001, queue sales", "abandoned, waited 0:12")
        ]

    def test_goes_with_the_customer_it_turns_out_to_be(self, desk: Desk, customer: str) -> None:
        rita = a_staff(desk)["id"]
        right = a_customer(desk, owner_id=rita)["customer_id"]
        end_call(desk, customer, version=7)

        end_call(desk, right, version=8)

        assert shown(desk, customer) == []
        as_rita = desk.ask("timeline", as_=desk.token_of(rita), customer_id=right)["items"]
        assert [one["source_key"] for one in as_rita] == ["call-1"]

    def test_of_a_stranger_stands_there_once_telephony_learnt_who_it_was(
        self, desk: Desk, customer: str
    ) -> None:
        end_call(desk, None)
        told = CallCorrected(
            call_id="call-1", version=9, direction="inbound", outcome="answered", started_at=NOON,
            ended_at=NOON, dnis="8001", talk_seconds=65.0, customer_id=customer,
        )  # fmt: skip

        desk.hear("calls_ended", told)

        assert shown(desk, customer) == [
            ("call", "inbound", "Call to 8001", "answered, talked 1:05")
        ]

    def test_of_a_stranger_leaves_nothing(self, desk: Desk) -> None:
        end_call(desk, None)

        assert desk.count("interactions") == 0


class TestServiceAndMessages:
    def test_a_case_stands_there_when_it_opens_and_whenever_it_closes(
        self, desk: Desk, customer: str
    ) -> None:
        open_case(desk, customer)
        close_case(desk, customer, 5)
        close_case(desk, customer, 8)
        close_case(desk, customer, 8)

        closed = ("service", "outbound", "Case C-100001 closed: complaint, high",
                  "goods replaced, customer satisfied")  # fmt: skip
        assert shown(desk, customer) == [
            closed,
            closed,
            ("service", "inbound", "Case C-100001 opened: complaint, high", None),
        ]

    def test_a_case_of_nobody_leaves_nothing(self, desk: Desk) -> None:
        open_case(desk, None)

        assert desk.count("interactions") == 0

    def test_an_answered_survey_stands_there_with_its_gap(self, desk: Desk, customer: str) -> None:
        told = SurveyAnswered(
            survey_id="survey-1", version=2, customer_id=customer, moment="post_sale",
            answered_at=NOON, expected={"speed": 8}, perceived={"speed": 7},
            satisfaction="satisfied", gap="-1.00",
        )  # fmt: skip

        desk.hear("service_given", told)

        assert shown(desk, customer) == [
            ("service", "inbound", "Survey answered: post sale", "satisfied, gap -1.00")
        ]

    def test_a_message_stands_there_once_it_was_sent(self, desk: Desk, customer: str) -> None:
        settle(desk, customer, "unknown", version=1)
        before = shown(desk, customer)

        settle(desk, customer, "sent", version=2)

        assert before == []
        assert shown(desk, customer) == [
            ("mail", "outbound", "Mail for marketing, step first offer", "sent")
        ]


class TestEverything:
    def test_waits_for_a_customer_that_is_not_known_yet(self, desk: Desk) -> None:
        for tell in (
            lambda: end_call(desk, "nobody-yet"),
            lambda: open_case(desk, "nobody-yet"),
            lambda: settle(desk, "nobody-yet", "sent"),
        ):
            with pytest.raises(Unavailable):
                tell()

        assert (desk.count("interactions"), desk.count("inbox")) == (0, 0)

    def test_is_in_order_of_time_whatever_was_told_first(self, desk: Desk, customer: str) -> None:
        close_case(desk, customer, 3)
        end_call(desk, customer)
        desk.hear("sales_made", OrderPlaced(
            order_id="o1", version=1, external_system="erp", external_id="CA-1", revision=1,
            customer_id=customer, ordered_on="2017-03-02", currency="USD", total_minor=12_345,
            line_count=0, lines=(), status="placed",
        ))  # fmt: skip

        kinds = [kind for kind, *_ in shown(desk, customer)]
        assert kinds == ["service", "sale", "call"]
        assert shown(desk, customer)[1] == ("sale", "inbound", "Order CA-1", "USD 123.45")
