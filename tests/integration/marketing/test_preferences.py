"""A campaign minds how, and a message when, its customer likes to be written to."""

from datetime import timedelta

import pytest

from contracts.accounts import ConsentAsked, CustomerRemoved
from deploy.local.mail.spool import Fault
from services.marketing.tables import Send
from tests.support.marketing import (
    INVITATION,
    a_campaign,
    a_template,
    allow,
    fates,
    invite,
    know_customer,
    launch,
    launched,
    marketer,
    run,
)
from tests.support.sales import DAY

# It is 10 o'clock in Berlin when a test begins.
EVENING = {"preferred_from": "18:00", "preferred_until": "20:00", "preferred_zone": "Europe/Berlin"}
SIX = DAY + timedelta(hours=8)
WAITS = {"c1": ("planned", "outside_window")}


def liking(marketing, version=2, **fields):
    """Let marketing hear what the customer likes."""
    know_customer(marketing, version=version, tier="vip", **fields)


def passes(marketing, **time_):
    """Let time pass, and everything happen that is due."""
    marketing.clock.pass_(**time_)
    marketing.fire()
    run(marketing)


class TestPreferredChannel:
    def test_a_campaign_leaves_out_who_likes_another_and_says_so(self, marketing, post, person):
        campaign = launched(marketing)
        liking(marketing, preferred_channel="phone")

        run(marketing)

        assert fates(marketing) == {"c1": ("suppressed", "prefers_other_channel")}
        assert post.sink.messages() == []
        (told,) = marketing.told("marketing.touch.settled.v1")
        assert told["reason"] == "prefers_other_channel"
        report = marketing.call("campaign_report", person, campaign_id=campaign["id"])
        assert report["suppressed"] == {"prefers_other_channel": 1}

    @pytest.mark.parametrize("channel", [None, "mail"])
    def test_everybody_else_gets_it(self, marketing, post, channel):
        liking(marketing, preferred_channel=channel)

        launched(marketing)
        run(marketing)

        assert fates(marketing) == {"c1": ("sent", None)}

    def test_a_campaign_may_say_that_it_is_worth_more(self, marketing, post):
        liking(marketing, preferred_channel="phone")

        campaign = launched(marketing, honours_preference=False)
        run(marketing)

        assert campaign["honours_preference"] is False
        assert fates(marketing) == {"c1": ("sent", None)}

    def test_it_is_never_worth_more_than_a_no(self, marketing, post):
        liking(marketing, preferred_channel="phone")
        allow(marketing, granted=False, version=2)

        launched(marketing, honours_preference=False)
        run(marketing)

        assert fates(marketing) == {"c1": ("suppressed", "no_consent")}

    def test_drawn_up_anew_a_campaign_says_it_anew(self, marketing, person):
        campaign = a_campaign(marketing, honours_preference=False)
        plan = {name: campaign[name] for name in ("segment_id", "template_id", "label")}

        redrafted = marketing.call(
            "redraft_campaign", person, campaign_id=campaign["id"], version=campaign["version"],
            **plan,
        )  # fmt: skip

        assert redrafted["honours_preference"] is True

    def test_what_concerns_his_own_affairs_reaches_him(self, marketing, post):
        liking(marketing, preferred_channel="phone")
        a_template(marketing, "survey_invitation", purpose="service", variants=INVITATION)

        invite(marketing)
        run(marketing)

        assert fates(marketing) == {"c1": ("sent", None)}


class TestPreferredTime:
    def test_a_mail_waits_for_it_and_then_goes_once(self, marketing, post, person):
        liking(marketing, language="fr", **EVENING)
        campaign = launched(marketing)

        run(marketing)
        (send,) = marketing.rows(Send)
        before = fates(marketing)
        report = marketing.call("campaign_report", person, campaign_id=campaign["id"])
        passes(marketing, hours=7, minutes=59)
        early = len(post.sink.messages())
        for _ in range(3):
            passes(marketing, minutes=1)

        assert (before, send.waits_until, send.attempts) == (WAITS, SIX, 0)
        assert (report["status"], report["waiting"]) == ("sending", 1)
        assert early == 0
        (message,) = post.sink.messages()
        assert message.parsed()["Subject"] == "Bonjour Name of c1"
        assert message.parsed()["Date"].datetime == SIX
        (send,) = marketing.rows(Send)
        assert (send.status.value, send.reason, send.waits_until) == ("sent", None, SIX)
        assert len(marketing.told("marketing.campaign.finished.v1")) == 1

    def test_within_it_a_mail_goes_at_once(self, marketing, post):
        liking(marketing, preferred_from="22:00", preferred_until="10:01",
               preferred_zone="Europe/Berlin")  # fmt: skip

        launched(marketing)
        run(marketing)

        assert fates(marketing) == {"c1": ("sent", None)}

    def test_a_no_counts_while_it_waits(self, marketing, post):
        liking(marketing, **EVENING)
        launched(marketing)
        run(marketing)
        allow(marketing, granted=False, version=2)

        passes(marketing, hours=8)

        assert fates(marketing) == {"c1": ("suppressed", "no_consent")}
        assert post.sink.messages() == []

    def test_a_later_time_is_waited_for_again(self, marketing, post):
        liking(marketing, **EVENING)
        launched(marketing)
        run(marketing)
        liking(marketing, 3, **EVENING | {"preferred_from": "19:00"})

        passes(marketing, hours=8)
        before = fates(marketing)
        passes(marketing, hours=1)

        assert before == WAITS
        assert fates(marketing) == {"c1": ("sent", None)}
        assert len(post.sink.messages()) == 1

    def test_whoever_comes_late_waits_for_the_next_day(self, marketing, post):
        liking(marketing, **EVENING)
        launched(marketing)
        run(marketing)

        passes(marketing, hours=12)
        before = fates(marketing)
        passes(marketing, hours=20)

        assert before == WAITS
        assert fates(marketing) == {"c1": ("sent", None)}

    def test_a_mail_that_was_put_off_until_it_is_over_goes_the_next_day(self, marketing, post):
        liking(marketing, **EVENING)
        launched(marketing)
        run(marketing)
        marketing.clock.pass_(hours=9)
        post.sink.fail(Fault.RECIPIENT, code=451, times=1)
        passes(marketing, minutes=50)

        passes(marketing, minutes=10)
        before = fates(marketing)
        passes(marketing, hours=22)

        assert before == WAITS
        assert fates(marketing) == {"c1": ("sent", None)}
        assert [one.attempts for one in marketing.rows(Send)] == [2]
        assert len(post.sink.messages()) == 1

    def test_who_was_erased_meanwhile_gets_none(self, marketing, post):
        liking(marketing, **EVENING)
        launched(marketing)
        run(marketing)
        marketing.hear("customers", CustomerRemoved(customer_id="c1", version=9), 9)

        passes(marketing, hours=8)

        assert fates(marketing) == {"c1": ("suppressed", "no_address")}
        assert post.sink.messages() == []

    def test_a_time_that_cannot_be_read_keeps_nothing(self, marketing, post):
        liking(marketing, **EVENING | {"preferred_zone": "Europe/Atlantis"})

        launched(marketing)
        run(marketing)

        assert fates(marketing) == {"c1": ("sent", None)}


class TestLinksOfOtherDepartments:
    def invited(self, marketing, **fields):
        """Ask a customer who likes evenings how he was served."""
        liking(marketing, **EVENING)
        a_template(marketing, "survey_invitation", purpose="service", variants=INVITATION)
        invite(marketing, **fields)
        run(marketing)

    def test_wait_too_and_lead_to_the_same_place(self, marketing, post):
        self.invited(marketing)
        before = fates(marketing)

        passes(marketing, hours=8)

        assert before == WAITS
        (message,) = post.sink.messages()
        assert "https://example.org/s/secret-token" in message.parsed().get_content()

    def test_go_out_of_time_rather_than_out_of_date(self, marketing, post):
        self.invited(marketing, expires_at=SIX)

        assert fates(marketing) == {"c1": ("sent", None)}

    def test_one_that_he_has_just_asked_for_goes_at_once(self, marketing, post):
        liking(marketing, **EVENING)
        asked = ConsentAsked(
            request_id="r1", version=1, customer_id="c1", purpose="research", channel="mail",
            template="consent_confirmation", confirm_by=DAY + timedelta(days=7), token="t",
        )  # fmt: skip

        marketing.hear("consents_asked", asked)
        run(marketing)

        assert fates(marketing) == {"c1": ("sent", None)}


def test_a_launch_plans_who_waits_like_everybody_else(marketing, post):
    liking(marketing, **EVENING)
    know_customer(marketing, "c2", tier="vip")
    allow(marketing, "c2")

    answer = launch(marketing, a_campaign(marketing))
    run(marketing)

    assert answer["members"] == 2
    assert fates(marketing) == WAITS | {"c2": ("sent", None)}
    assert marketing.told("marketing.campaign.finished.v1") == []
    assert [one["reason"] for one in listed(marketing)] == ["outside_window"]


def listed(marketing):
    """Return the messages that have no fate yet, as they are shown."""
    asked = {"kind": "send", "filters": {"status": "planned"}}
    return marketing.ask("find_records", marketer(marketing), asked)["items"]
