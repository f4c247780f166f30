"""From a segment to the customer's mail box: at most once, and only who may be written to."""

import pytest

from chassis.errors import Conflict
from chassis.tables import PROCESSES
from deploy.local.mail.spool import Fault
from services.marketing.tables import Campaign, Send
from tests.support.marketing import (
    PUBLIC,
    VIPS,
    a_campaign,
    a_segment,
    a_template,
    allow,
    fates,
    know_customer,
    launch,
    launched,
    marketer,
    run,
)
from tests.support.sales import DAY

MAIL = "c1@example.com"


def token_of(message):
    """Return the token in a mail's link to unsubscribe."""
    return message.parsed()["List-Unsubscribe"].strip("<>").rpartition("/")[2]


class TestLaunchCampaign:
    @pytest.mark.spec("MKT-08")
    def test_sends_one_mail_to_every_member_in_his_language(self, marketing, post):
        for number in (2, 3):
            know_customer(marketing, f"c{number}", tier="vip", language="fr-ch")
            allow(marketing, f"c{number}")
        know_customer(marketing, "c4", tier="small")

        answer = launch(marketing, a_campaign(marketing))
        run(marketing)

        assert (answer["members"], answer["status"]) == (3, "sending")
        assert fates(marketing) == {f"c{n}": ("sent", None) for n in (1, 2, 3)}
        found = {one.recipient: one for one in post.sink.messages()}
        assert sorted(found) == [f"c{n}@example.com" for n in (1, 2, 3)]
        assert {one.message_id for one in found.values()} == {
            send.message_id for send in marketing.rows(Send)
        }
        french = found["c2@example.com"].parsed()
        assert (french["Subject"], french["Content-Language"]) == ("Bonjour Name of c2", "fr")
        assert "Name of c2" in french.get_body(("html",)).get_content()
        (finished,) = marketing.told("marketing.campaign.finished.v1")
        assert (finished["sent"], finished["suppressed"], finished["unknown"]) == (3, {}, 0)
        assert [one.status.value for one in marketing.rows(Campaign)] == ["finished"]
        assert len(marketing.told("marketing.touch.settled.v1")) == 3

    def test_has_the_headers_of_one_click_and_the_business_date(self, marketing, post):
        launched(marketing)
        run(marketing)

        (message,) = post.sink.messages()
        headers = message.parsed()
        assert headers["List-Unsubscribe"] == f"<{PUBLIC}/u/{token_of(message)}>"
        assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert headers["Date"].datetime == DAY
        assert len(token_of(message)) >= 32
        (send,) = marketing.rows(Send)
        assert token_of(message) not in str(send)

    def test_keeps_nothing_of_the_letter_once_it_is_sent(self, marketing, post):
        launched(marketing)
        run(marketing)

        kept = [row.data for row in marketing.rows(PROCESSES) if row.kind == "send_message"]
        assert len(kept) == 1
        assert "example.com" not in kept[0]
        assert "Name of" not in kept[0]

    def test_keeps_nothing_of_the_letter_between_two_attempts(self, marketing, post):
        post.sink.fail(Fault.RECIPIENT, code=451, times=1)
        launched(marketing)

        run(marketing)

        (row,) = [row for row in marketing.rows(PROCESSES) if row.kind == "send_message"]
        assert (row.status, row.attempts) == ("running", 1)
        for word in (MAIL, "Name of", "/u/"):
            assert word not in row.data

    def test_tells_nothing_that_somebody_wrote_freely(self, marketing, person, post):
        segment = a_segment(marketing)
        words = {"version": segment["version"], "label": "For Ada", "all_of": VIPS}
        marketing.call("revise_segment", person, segment_id=segment["id"], **words)
        run(marketing)

        launched(marketing, segment_id=segment["id"], label="About Ada")
        run(marketing)

        bodies = [row.body for row in marketing.outbox()]
        assert "marketing.campaign.launched.v1" in {row.routing_key for row in marketing.outbox()}
        for words in ("For Ada", "About Ada", "Nouvelles"):
            assert not [body for body in bodies if words in body]

    def test_addresses_the_members_of_the_moment_it_is_launched(self, marketing, post):
        campaign = a_campaign(marketing)
        launch(marketing, campaign)

        know_customer(marketing, "c2", tier="vip")
        allow(marketing, "c2")
        know_customer(marketing, version=2, tier="small")
        run(marketing)

        assert fates(marketing) == {"c1": ("sent", None)}

    def test_answers_the_same_when_launched_again(self, marketing, post):
        campaign = a_campaign(marketing)
        first = launch(marketing, campaign)
        run(marketing)

        assert launch(marketing, campaign) == first
        run(marketing)

        assert len(post.sink.messages()) == 1

    def test_finishes_at_once_with_nobody_in_its_segment(self, marketing):
        segment = a_segment(marketing, "nobody", [{"fact": "tag", "has": "golf"}])

        launched(marketing, segment_id=segment["id"])

        (finished,) = marketing.told("marketing.campaign.finished.v1")
        assert finished["sent"] == 0

    def test_plans_more_members_than_one_step_takes(self, marketing):
        for number in range(2, 103):
            know_customer(marketing, f"c{number}", tier="vip")

        answer = launch(marketing, a_campaign(marketing))

        assert answer["members"] == 102
        assert len(marketing.rows(Send)) == 102

    def test_refuses_while_the_segment_is_being_filled(self, marketing, person):
        campaign = a_campaign(marketing)
        segment = marketing.call("get_record", person, kind="segment", id=campaign["segment_id"])
        marketing.call(
            "refill_segment", person, segment_id=segment["id"], version=segment["version"]
        )

        with pytest.raises(Conflict) as refused:
            launch(marketing, campaign)

        assert refused.value.code == "marketing.segment.being_filled"
        assert marketing.rows(Send) == []

    def test_refuses_what_was_drawn_up_anew(self, marketing, person):
        campaign = a_campaign(marketing)
        plan = {
            name: campaign[name] for name in ("segment_id", "template_id", "responses")
        } | {"label": "other", "window_days": 3}  # fmt: skip
        marketing.call(
            "redraft_campaign",
            person,
            campaign_id=campaign["id"],
            version=campaign["version"],
            **plan,
        )

        with pytest.raises(Conflict) as refused:
            launch(marketing, campaign)

        assert refused.value.code == "stale_version"

    def test_refuses_to_change_what_was_launched(self, marketing, person):
        campaign = a_campaign(marketing)
        launch(marketing, campaign)
        now = marketing.call("get_record", person, kind="campaign", id=campaign["id"])

        with pytest.raises(Conflict) as refused:
            marketing.call(
                "redraft_campaign", person, campaign_id=now["id"], version=now["version"],
                label="x", segment_id=now["segment_id"], template_id=now["template_id"],
            )  # fmt: skip

        assert refused.value.code == "marketing.campaign.launched"

    def test_says_what_the_template_said_when_it_was_launched(self, marketing, post, person):
        template = a_template(marketing)
        launched(marketing, template_id=template["id"])
        marketing.call(
            "revise_template", person, template_id=template["id"], version=template["version"],
            variants={"en": {"subject": "Later", "text": "{{ unsubscribe_url }}"}},
        )  # fmt: skip

        run(marketing)

        assert post.sink.messages()[0].parsed()["Subject"] == "Hello Name of c1"

    def test_refuses_to_send_what_could_not_be_filled_in(self, marketing, post):
        know_customer(marketing, version=2, tier="gold")
        wrong = "{% if tier == 'gold' %}{{ name | upper(1) }}{% endif %}{{ unsubscribe_url }}"
        variants = {"en": {"subject": "Hello", "text": wrong}}
        template = a_template(marketing, variants=variants)
        segment = a_segment(marketing, all_of=[{"fact": "tier", "any_of": ["gold"]}])
        launched(marketing, template_id=template["id"], segment_id=segment["id"])

        run(marketing)

        assert fates(marketing) == {"c1": ("refused", "not_rendered")}
        assert post.sink.messages() == []
        (row,) = [one for one in marketing.rows(PROCESSES) if one.kind == "send_message"]
        assert (row.status, "Name of c1" in row.data) == ("done", False)


class TestWhoGetsNone:
    """Decided when the mail is about to go out, not when it was planned."""

    @pytest.mark.parametrize(
        ("meanwhile", "reason"),
        [
            (lambda room: allow(room, granted=False, version=2), "no_consent"),
            (lambda room: know_customer(room, version=2, tier="vip", email=None), "no_address"),
            (
                lambda room: know_customer(room, version=2, tier="vip", email="a@b.c\r\nX: y"),
                "no_address",
            ),
            (
                lambda room: know_customer(room, version=2, tier="vip", email="a..b@example.com"),
                "no_address",
            ),
            (
                lambda room: room.call(
                    "set_do_not_contact", marketer(room), customer_id="c1", stopped=True
                ),
                "do_not_contact",
            ),
        ],
        ids=[
            "withdrawn",
            "address gone",
            "an address that would end a header",
            "an address that no header takes",
            "stopped",
        ],
    )
    def test_is_decided_at_the_last_moment(self, marketing, post, meanwhile, reason):
        launched(marketing)

        meanwhile(marketing)
        run(marketing)

        assert fates(marketing) == {"c1": ("suppressed", reason)}
        assert post.sink.messages() == []
        (finished,) = marketing.told("marketing.campaign.finished.v1")
        assert finished["suppressed"] == {reason: 1}

    def test_has_never_allowed_it(self, marketing, post):
        know_customer(marketing, "c2", tier="vip")
        launched(marketing)
        run(marketing)

        assert fates(marketing)["c2"] == ("suppressed", "no_consent")

    def test_withdraws_while_the_mail_server_is_away(self, marketing, post):
        post.sink.fail(Fault.RECIPIENT, code=451, times=1)
        launched(marketing)
        run(marketing)
        assert fates(marketing) == {"c1": ("sending", None)}

        allow(marketing, granted=False, version=2)
        run(marketing)

        assert fates(marketing) == {"c1": ("suppressed", "no_consent")}
        assert post.sink.messages() == []

    def test_is_addressed_again_when_the_stop_is_lifted(self, marketing, post, person):
        for stopped in (True, False):
            marketing.call("set_do_not_contact", person, customer_id="c1", stopped=stopped)
        launched(marketing)
        run(marketing)

        assert fates(marketing) == {"c1": ("sent", None)}
