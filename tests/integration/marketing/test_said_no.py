"""What a customer allows is asked when his mail goes out, per purpose and channel."""

from datetime import timedelta

import pytest

from contracts.accounts import ConsentAsked
from services.marketing.tables import Send
from tests.support.marketing import (
    INVITATION,
    a_segment,
    a_template,
    allow,
    fates,
    invite,
    know_customer,
    launched,
    marketer,
    run,
)
from tests.support.sales import DAY

IN_AN_HOUR = DAY + timedelta(hours=1)


def invited(marketing):
    """Ask the customer how he was served."""
    a_template(marketing, "survey_invitation", purpose="service", variants=INVITATION)
    invite(marketing)
    run(marketing)


class TestPainPoint9OptOut:
    """Opt-out ignored or too broad (pain point 9)."""

    def test_a_no_between_launch_and_sending_stops_the_mail(self, marketing, post):
        launched(marketing)
        allow(marketing, granted=False, version=2, at=IN_AN_HOUR)

        run(marketing)

        assert fates(marketing) == {"c1": ("suppressed", "no_consent")}
        assert post.sink.messages() == []

    def test_withdrawing_marketing_does_not_stop_what_concerns_his_own_affairs(
        self, marketing, post
    ):
        allow(marketing, granted=False, version=2, at=IN_AN_HOUR)

        invited(marketing)

        assert fates(marketing) == {"c1": ("sent", None)}

    def test_a_no_to_mail_about_his_own_affairs_stops_that_and_not_the_offers(
        self, marketing, post
    ):
        allow(marketing, granted=False, purpose="service")

        invited(marketing)
        before = fates(marketing)
        launched(marketing)
        run(marketing)

        assert before == {"c1": ("suppressed", "service_refused")}
        assert len(post.sink.messages()) == 1

    def test_a_no_on_another_channel_stops_no_mail(self, marketing, post):
        allow(marketing, granted=False, channel="phone")

        launched(marketing)
        run(marketing)

        assert fates(marketing) == {"c1": ("sent", None)}

    def test_a_consent_to_something_else_is_none_to_marketing(self, marketing, post):
        know_customer(marketing, "c2", tier="vip")
        allow(marketing, "c2", purpose="research")

        launched(marketing)
        run(marketing)

        assert fates(marketing)["c2"] == ("suppressed", "no_consent")

    def test_one_whose_time_is_over_is_none_also_before_accounts_tells_so(self, marketing, post):
        allow(marketing, version=2, valid_until=IN_AN_HOUR)
        launched(marketing)
        marketing.clock.instant = IN_AN_HOUR

        run(marketing)

        assert fates(marketing) == {"c1": ("suppressed", "no_consent")}
        assert post.sink.messages() == []

    def test_one_whose_time_is_not_over_is_one(self, marketing, post):
        allow(marketing, version=2, valid_until=IN_AN_HOUR)

        launched(marketing)
        run(marketing)

        assert fates(marketing) == {"c1": ("sent", None)}


def asked(version=1):
    """A consent that waits for its customer."""
    return ConsentAsked(
        request_id="r1", version=version, customer_id="c2", purpose="marketing", channel="mail",
        template="consent_confirmation", confirm_by=DAY + timedelta(days=7),
        token=f"secret-token-{version}",
    )  # fmt: skip


class TestDoubleOptIn:
    def test_one_mail_asks_and_until_he_confirms_there_is_no_consent(self, marketing, post):
        know_customer(marketing, "c2", tier="vip")

        for _ in range(2):
            marketing.hear("consents_asked", asked())
        run(marketing)
        launched(marketing)
        run(marketing)

        letters = [one for one in post.sink.messages() if one.recipient == "c2@example.com"]
        assert len(letters) == 1
        text = letters[0].parsed().get_content()
        assert "https://example.org/c/secret-token-1" in text
        assert "good until 2017-03-08" in text
        assert ("suppressed", "no_consent") in [
            (one.status.value, one.reason and one.reason.value)
            for one in marketing.rows(Send)
            if one.customer_id == "c2"
        ]

    def test_asked_again_he_gets_another_link(self, marketing, post):
        know_customer(marketing, "c2")

        for version in (1, 2):
            marketing.hear("consents_asked", asked(version))
            run(marketing)

        texts = [one.parsed().get_content() for one in post.sink.messages()]
        assert sorted("secret-token-2" in text for text in texts) == [False, True]

    def test_a_stop_holds_for_it_too(self, marketing, post, person):
        know_customer(marketing, "c2")
        marketing.call("set_do_not_contact", person, customer_id="c2", stopped=True)

        marketing.hear("consents_asked", asked())
        run(marketing)

        assert fates(marketing) == {"c2": ("suppressed", "do_not_contact")}


class TestFlags:
    """What accounts told when the mail goes out, not when the campaign was launched."""

    @pytest.mark.spec("ACC-36")
    @pytest.mark.parametrize("flag", ["blacklist", "fraud"])
    def test_nothing_is_advertised_to_whoever_is_barred(self, marketing, post, flag):
        launched(marketing)
        know_customer(marketing, tier="vip", version=2, flags=(flag,))

        run(marketing)

        assert fates(marketing) == {"c1": ("suppressed", "blacklisted")}
        assert post.sink.messages() == []

    def test_what_concerns_his_own_affairs_still_reaches_him(self, marketing, post):
        know_customer(marketing, tier="vip", version=2, flags=("blacklist",))

        invited(marketing)

        assert fates(marketing) == {"c1": ("sent", None)}

    @pytest.mark.parametrize("flag", ["do_not_contact", "do_not_contact.mail"])
    def test_a_stop_that_accounts_told_stops_every_mail(self, marketing, post, flag):
        launched(marketing)
        know_customer(marketing, tier="vip", version=2, flags=(flag,))

        run(marketing)
        campaign = fates(marketing)
        invited(marketing)

        assert campaign == {"c1": ("suppressed", "do_not_contact")}
        assert post.sink.messages() == []

    def test_a_stop_of_calls_stops_no_mail(self, marketing, post):
        know_customer(marketing, tier="vip", version=2, flags=("do_not_contact.phone",))

        launched(marketing)
        run(marketing)

        assert fates(marketing) == {"c1": ("sent", None)}

    @pytest.mark.spec("ACC-37")
    def test_the_credit_rating_is_something_a_segment_may_ask_for(self, marketing):
        know_customer(marketing, "c2", credit_rating="poor")
        know_customer(marketing, "c3", credit_rating="good")

        segment = a_segment(
            marketing, "poor_payers", [{"fact": "credit_rating", "any_of": ["poor"]}]
        )

        found = marketing.call("segment_members", marketer(marketing), segment_id=segment["id"])
        assert [(one["customer_id"], one["reasons"]) for one in found["items"]] == [
            ("c2", ["credit_rating=poor"])
        ]
