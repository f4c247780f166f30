"""What comes back from a campaign, in the campaign's own classes; and who wants no more."""

import pytest

from chassis.errors import Conflict, Invalid, NotFound
from services.marketing.tables import Campaign, Response, Send, Suppression
from tests.support.marketing import (
    a_campaign,
    allow,
    know_customer,
    know_order,
    launch,
    run,
)
from tests.support.sales import DAY


def sent(room, post, **fields):
    """Run a campaign to its end; return it and the token in its mail."""
    campaign = a_campaign(room, **fields)
    launch(room, campaign)
    run(room)
    return campaign, token(post)


def token(post):
    """Return the token of the newest mail."""
    link = post.sink.messages()[-1].parsed()["List-Unsubscribe"]
    return link.strip("<>").rpartition("/")[2]


def click(room, link, method="unsubscribe"):
    """Follow the link to unsubscribe as the gateway does."""
    return room.ask(method, room.service("gateway"), {"token": link})


def responses(room):
    """Return who reacted how, and what it was concluded from."""
    return [(one.customer_id, one.response, one.evidence) for one in room.rows(Response)]


class TestRecordResponse:
    @pytest.mark.spec("MKT-19")
    def test_takes_the_classes_that_the_campaign_defines(self, marketing, post, person):
        classes = ["bought_red_polo", "asked_for_blue", "complained"]
        campaign, _ = sent(marketing, post, responses=classes)

        for one in ("bought_red_polo", "complained", "complained"):
            marketing.call(
                "record_response", person, campaign_id=campaign["id"], customer_id="c1",
                response=one, evidence="call:17",
            )  # fmt: skip

        assert responses(marketing) == [
            ("c1", "bought_red_polo", "call:17"), ("c1", "complained", "call:17"),
        ]  # fmt: skip
        told = marketing.told("marketing.response.recorded.v1")
        assert [one["response"] for one in told] == ["bought_red_polo", "complained"]
        report = marketing.call("campaign_report", person, campaign_id=campaign["id"])
        assert {one["response"]: (one["count"], one["share"]) for one in report["responses"]} == {
            "bought_red_polo": (1, "1.0000"), "asked_for_blue": (0, "0.0000"),
            "complained": (1, "1.0000"), "ordered": (0, "0.0000"), "unsubscribed": (0, "0.0000"),
        }  # fmt: skip
        assert (report["members"], report["fates"]["sent"]) == (1, 1)

    @pytest.mark.parametrize(
        ("wrong", "code"),
        [
            ({"response": "danced"}, "marketing.campaign.unknown_response"),
            ({"response": "ordered"}, "marketing.campaign.unknown_response"),
            ({"customer_id": "c2"}, "marketing.campaign.not_a_member"),
        ],
    )
    def test_refuses_what_the_campaign_does_not_have(self, marketing, post, person, wrong, code):
        know_customer(marketing, "c2")
        campaign, _ = sent(marketing, post)
        given = {"campaign_id": campaign["id"], "customer_id": "c1", "response": "asked"}

        with pytest.raises(Invalid) as refused:
            marketing.call("record_response", person, **given | wrong)

        assert refused.value.code == code
        assert responses(marketing) == []

    @pytest.mark.parametrize("reserved", ["ordered", "unsubscribed"])
    def test_is_not_for_what_is_concluded_from_facts(self, marketing, reserved):
        with pytest.raises(Invalid) as refused:
            a_campaign(marketing, responses=["asked", reserved])

        assert refused.value.code == "marketing.campaign.reserved_response"
        assert refused.value.detail == {"reserved": [reserved]}
        assert marketing.rows(Campaign) == []

    def test_refuses_a_campaign_that_nobody_has_seen(self, marketing, person):
        campaign = a_campaign(marketing)

        with pytest.raises(Conflict):
            marketing.call(
                "record_response", person, campaign_id=campaign["id"], customer_id="c1",
                response="asked",
            )  # fmt: skip


class TestUnsubscribe:
    def test_is_in_force_at_once(self, marketing, post, person):
        campaign, link = sent(marketing, post)

        answer = click(marketing, link)
        again = a_campaign(marketing, "second")
        launch(marketing, again)
        run(marketing)

        assert answer == {"purpose": "marketing", "channel": "mail", "state": "unsubscribed"}
        assert ("suppressed", "unsubscribed") in fates_of(marketing)
        assert len(post.sink.messages()) == 1
        (told,) = marketing.told("marketing.contact.unsubscribed.v1")
        (send,) = [one for one in marketing.rows(Send) if one.status.value == "sent"]
        assert (told["customer_id"], told["send_id"], told["campaign_id"]) == (
            "c1", send.id, campaign["id"],
        )  # fmt: skip
        assert responses(marketing) == [("c1", "unsubscribed", f"send:{send.id}")]

    def test_is_the_same_twice(self, marketing, post):
        _, link = sent(marketing, post)
        first = click(marketing, link)
        marketing.clock.pass_(hours=1)

        assert click(marketing, link) == first

        assert len(marketing.told("marketing.contact.unsubscribed.v1")) == 1
        assert [one.unsubscribed_at for one in marketing.rows(Suppression)] == [DAY]

    def test_ends_where_the_customer_allows_it_again(self, marketing, post):
        _, link = sent(marketing, post)
        click(marketing, link)

        allow(marketing, version=2, at=marketing.clock.pass_(days=1))
        launch(marketing, a_campaign(marketing, "second"))
        run(marketing)

        assert len(post.sink.messages()) == 2

    def test_shows_a_form_that_says_nobodys_name_and_changes_nothing(self, marketing, post):
        _, link = sent(marketing, post)

        form = click(marketing, link, "unsubscribe_form")

        assert form == {
            "purpose": "marketing", "channel": "mail", "address": "c***@e***", "state": "subscribed",
        }  # fmt: skip
        assert marketing.rows(Suppression) == []
        click(marketing, link)
        form = click(marketing, link, "unsubscribe_form")
        assert form["state"] == "unsubscribed"

    @pytest.mark.parametrize("method", ["unsubscribe", "unsubscribe_form"])
    @pytest.mark.parametrize("wrong", ["nobodys", "x" * 128])
    def test_refuses_a_link_that_is_not_ours(self, marketing, method, wrong):
        with pytest.raises(NotFound) as refused:
            click(marketing, wrong, method)

        assert refused.value.code == "marketing.link.unknown"
        assert wrong not in str(refused.value)


class TestCustomerCard:
    def test_has_every_section_with_its_freshness(self, marketing, post, person):
        campaign, link = sent(marketing, post)
        know_order(marketing, "o1", "2017-03-02")
        marketing.call("tag_customer", person, customer_id="c1", tag="golf")
        click(marketing, link)

        card = marketing.call("customer_card", person, customer_id="c1")

        assert card["segments"]["items"][0]["reasons"] == ["tier=vip"]
        assert card["segments"]["tags"] == ["golf"]
        (touch,) = card["touches"]["items"]
        assert (touch["campaign"], touch["fate"]) == (campaign["key"], "sent")
        assert {one["response"] for one in card["responses"]["items"]} == {
            "ordered", "unsubscribed",
        }  # fmt: skip
        assert (card["consent"]["marketing_mail"], card["consent"]["reason"]) == (
            False, "unsubscribed",
        )  # fmt: skip
        assert all(card[one]["as_of"] for one in ("segments", "touches", "responses", "consent"))

    def test_of_somebody_unknown_is_empty_and_says_so(self, marketing, person):
        card = marketing.call("customer_card", person, customer_id="nobody")

        assert card["copy"] == {"known": False, "version": None}
        assert card["touches"]["items"] == []


def fates_of(room):
    """Return the fates of all messages."""
    return [(one.status.value, one.reason and one.reason.value) for one in room.rows(Send)]
