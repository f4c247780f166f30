"""Orders as answers to campaigns: whichever fact comes first, the answer is what the orders say."""

import threading

import pytest
from sqlalchemy import select

from deploy.local.mail.spool import Fault
from services.marketing.domain.sends import Outcome, SendStatus
from services.marketing.tables import Response, Send
from services.marketing.usecases import sends
from tests.support.marketing import know_customer, know_order, launched, marketer, run


def sent(room):
    """Run a campaign to its end."""
    campaign = launched(room)
    run(room)
    return campaign


def responses(room):
    """Return who reacted how, and what it was concluded from."""
    return [(one.customer_id, one.response, one.evidence) for one in room.rows(Response)]


def standing(room):
    """Return what the reactions that stand were concluded from."""
    return [one.evidence for one in room.rows(Response) if one.withdrawn_at is None]


class TestOrders:
    @pytest.mark.parametrize(
        ("on", "counts"),
        [("2017-02-28", False), ("2017-03-01", True), ("2017-03-31", True), ("2017-04-01", False)],
    )
    def test_answer_a_campaign_within_its_window(self, marketing, post, on, counts):
        sent(marketing)

        know_order(marketing, "o1", on)

        assert responses(marketing) == ([("c1", "ordered", "order:o1")] if counts else [])

    def test_answer_once_however_many_there_are(self, marketing, post):
        sent(marketing)

        for number in (1, 2):
            know_order(marketing, f"o{number}", "2017-03-02")
        know_order(marketing, "o1", "2017-03-03", version=2)

        assert responses(marketing) == [("c1", "ordered", "order:o1")]

    def test_answer_also_what_was_only_later_known_to_be_sent(self, marketing, post, person):
        post.sink.fail(Fault.DROP, times=1)
        sent(marketing)
        know_order(marketing, "o1", "2017-03-02")
        assert responses(marketing) == []

        marketing.call("reconcile_sends", person, message_ids=post.sink.message_ids())

        assert responses(marketing) == [("c1", "ordered", "order:o1")]

    def test_answer_a_mail_that_is_noted_as_sent_at_the_same_time(self, marketing, post):
        post.sink.fail(Fault.DROP, times=1)
        sent(marketing)
        order = threading.Thread(target=know_order, args=(marketing, "o1", "2017-03-02"))

        with marketing.work() as work:
            (send,) = work.session.scalars(select(Send).with_for_update())
            sends.settle(work, send, Outcome(SendStatus.SENT))
            order.start()
            order.join(1.0)  # it goes on alone, or waits for us
        order.join(10.0)

        assert responses(marketing) == [("c1", "ordered", "order:o1")]

    @pytest.mark.parametrize(
        "later",
        [{"status": "cancelled"}, {"on": "2017-04-01"}, {"customer_id": "c2"}],
        ids=["cancelled", "moved out of the window", "somebody else's"],
    )
    @pytest.mark.parametrize("order", [(1, 2), (2, 1)], ids=["as it came", "the newer one first"])
    def test_that_no_longer_stand_answer_nothing_in_whichever_order_they_are_told(
        self, marketing, post, later, order
    ):
        know_customer(marketing, "c2", tier="small")
        campaign = sent(marketing)

        for version in order:
            told = {"on": "2017-03-02"} | (later if version == 2 else {})
            know_order(marketing, "o1", version=version, **told)

        assert standing(marketing) == []
        report = marketing.call("campaign_report", marketer(marketing), campaign_id=campaign["id"])
        assert {one["response"]: one["count"] for one in report["responses"]}["ordered"] == 0
        card = marketing.call("customer_card", marketer(marketing), customer_id="c1")
        assert card["responses"]["items"] == []

    def test_that_no_longer_stand_leave_the_answer_to_others(self, marketing, post):
        sent(marketing)
        for number in (1, 2):
            know_order(marketing, f"o{number}", "2017-03-02")

        know_order(marketing, "o1", "2017-03-02", version=2, status="cancelled")

        assert standing(marketing) == ["order:o2"]

    def test_that_stand_again_answer_again(self, marketing, post):
        sent(marketing)
        for version, status in ((1, "placed"), (2, "cancelled"), (3, "placed")):
            know_order(marketing, "o1", "2017-03-02", version=version, status=status)

        assert standing(marketing) == ["order:o1"]
        told = [row.routing_key for row in marketing.outbox() if ".response." in row.routing_key]
        assert told == [
            "marketing.response.recorded.v1", "marketing.response.withdrawn.v1",
            "marketing.response.recorded.v1",
        ]  # fmt: skip

    def test_that_were_cancelled_answer_nothing(self, marketing, post):
        sent(marketing)

        know_order(marketing, "o1", "2017-03-02", status="cancelled")

        assert responses(marketing) == []

    def test_of_whom_no_mail_reached_answer_nothing(self, marketing, post):
        know_customer(marketing, "c2", tier="vip")
        sent(marketing)

        know_order(marketing, "o1", "2017-03-02", customer_id="c2")

        assert responses(marketing) == []
