"""What the mail server may say, or not say, and what becomes of the message then."""

from datetime import timedelta

import pytest

from chassis.errors import Conflict, Invalid
from chassis.tables import PROCESSES
from deploy.local.mail.spool import Fault
from services.marketing.tables import Send, Suppression
from tests.support.marketing import (
    INVITATION,
    NOBODY,
    PUBLIC,
    a_template,
    allow,
    fates,
    invite,
    know_customer,
    launched,
    run,
)
from tests.support.sales import DAY

MAIL = "c1@example.com"


class TestTheMailServer:
    @pytest.mark.parametrize("fault", [Fault.RECIPIENT, Fault.CONTENT])
    def test_is_asked_again_where_it_wants_to_be_asked_later(self, marketing, post, fault):
        post.sink.fail(fault, code=451, times=1)
        launched(marketing)
        run(marketing)
        assert fates(marketing) == {"c1": ("sending", None)}

        run(marketing)

        assert fates(marketing) == {"c1": ("sent", None)}
        assert [one.attempts for one in marketing.rows(Send)] == [2]
        assert len(post.sink.messages(MAIL)) == 1

    def test_is_asked_again_where_nothing_listens(self, marketing, post):
        object.__setattr__(marketing.runtime.own, "smtp_uri", NOBODY)
        launched(marketing)
        run(marketing)
        assert fates(marketing) == {"c1": ("sending", None)}

        object.__setattr__(marketing.runtime.own, "smtp_uri", post.uri)
        run(marketing)

        assert fates(marketing) == {"c1": ("sent", None)}

    def test_is_not_asked_for_ever(self, marketing, post):
        post.sink.fail(Fault.RECIPIENT, code=451)
        launched(marketing)
        run(marketing)
        marketing.clock.pass_(hours=25)

        run(marketing)

        assert fates(marketing) == {"c1": ("refused", "not_delivered")}
        assert marketing.told("marketing.campaign.finished.v1")[0]["refused"] == 1

    def test_refuses_an_address_for_good_and_is_not_asked_about_it_again(self, marketing, post):
        post.sink.fail(Fault.RECIPIENT, code=550, times=1)
        launched(marketing)
        run(marketing)
        assert fates(marketing) == {"c1": ("refused", "address_refused")}

        launched(marketing, key="second")
        run(marketing)

        (second,) = [one for one in marketing.rows(Send) if one.attempts == 0]
        assert (second.status.value, second.reason.value) == ("suppressed", "address_refused")
        assert post.sink.messages() == []

    def test_is_asked_again_where_it_relays_nothing_for_us(self, marketing, post):
        post.sink.fail(Fault.RECIPIENT, code=554, times=1)
        launched(marketing)
        run(marketing)
        assert fates(marketing) == {"c1": ("sending", None)}

        run(marketing)

        assert fates(marketing) == {"c1": ("sent", None)}
        assert marketing.rows(Suppression) == []

    def test_is_asked_again_about_an_address_that_was_allowed_again(self, marketing, post, person):
        post.sink.fail(Fault.RECIPIENT, code=550, times=1)
        launched(marketing)
        run(marketing)

        kept = marketing.call("allow_address", person, customer_id="c1")
        launched(marketing, key="second")
        run(marketing)

        assert kept["refused_at"] is None
        assert len(post.sink.messages(MAIL)) == 1

    def test_is_asked_about_a_new_address(self, marketing, post):
        post.sink.fail(Fault.RECIPIENT, code=550, times=1)
        launched(marketing)
        run(marketing)

        know_customer(marketing, version=2, tier="vip", email="new@example.com")
        launched(marketing, key="second")
        run(marketing)

        assert len(post.sink.messages("new@example.com")) == 1

    def test_refuses_what_the_mail_says(self, marketing, post):
        post.sink.fail(Fault.CONTENT, code=554, times=1)
        launched(marketing)
        run(marketing)

        assert fates(marketing) == {"c1": ("refused", "content_refused")}
        assert marketing.rows(Suppression) == []

    def test_takes_a_mail_and_says_nothing(self, marketing, post, person):
        post.sink.fail(Fault.DROP, times=1)
        launched(marketing)
        run(marketing)
        assert fates(marketing) == {"c1": ("unknown", None)}

        run(marketing)

        assert len(post.sink.messages(MAIL)) == 1, "it is never repeated"
        (listed,) = marketing.call("unknown_sends", person)["items"]
        assert post.sink.by_message_id(listed["message_id"])


class TestUnknownFate:
    @pytest.fixture
    def unknown(self, marketing, post, person):
        """A message that the mail server took without a word."""
        post.sink.fail(Fault.DROP, times=1)
        launched(marketing)
        run(marketing)
        return marketing.call("unknown_sends", person)["items"][0]

    def test_is_reconciled_by_its_message_id(self, marketing, post, person, unknown):
        ids = [*(f"<{one}>" for one in post.sink.message_ids()), "somebody@else"]

        answer = marketing.call("reconcile_sends", person, message_ids=ids)

        assert answer == {
            "settled": [unknown["id"]], "contradicted": [], "known_already": 0, "not_ours": 1,
        }  # fmt: skip
        assert fates(marketing) == {"c1": ("sent", None)}
        again = marketing.call("reconcile_sends", person, message_ids=ids)
        assert again == {"settled": [], "contradicted": [], "known_already": 1, "not_ours": 1}
        told = [one["fate"] for one in marketing.told("marketing.touch.settled.v1")]
        assert told == ["unknown", "sent"]

    @pytest.mark.parametrize(
        ("delivered", "fate"), [(True, ("sent", None)), (False, ("refused", "not_delivered"))]
    )
    def test_is_settled_by_a_person(self, marketing, person, unknown, delivered, fate):
        settled = marketing.call(
            "settle_send", person, send_id=unknown["id"], version=unknown["version"],
            delivered=delivered,
        )  # fmt: skip

        assert fates(marketing) == {"c1": fate}
        with pytest.raises(Conflict) as refused:
            marketing.call(
                "settle_send", person, send_id=unknown["id"], version=settled["version"],
                delivered=delivered,
            )  # fmt: skip
        assert refused.value.code == "marketing.send.fate_known"

    def test_that_a_person_settled_wrongly_is_told_of(self, marketing, post, person, unknown):
        given = {"send_id": unknown["id"], "version": unknown["version"], "delivered": False}
        marketing.call("settle_send", person, **given)

        answer = marketing.call("reconcile_sends", person, message_ids=post.sink.message_ids())

        assert answer == {
            "settled": [], "contradicted": [unknown["id"]], "known_already": 0, "not_ours": 0,
        }  # fmt: skip
        assert fates(marketing) == {"c1": ("refused", "not_delivered")}

    def test_takes_at_most_500_message_ids_at_a_time(self, marketing, person):
        with pytest.raises(Invalid):
            marketing.call("reconcile_sends", person, message_ids=["x@y"] * 501)


class TestSurveyInvitation:
    @pytest.fixture(autouse=True)
    def template(self, marketing):
        """The text that the service desk asks for."""
        a_template(marketing, "survey_invitation", purpose="service", variants=INVITATION)

    def test_needs_no_consent_and_has_the_link(self, marketing, post):
        allow(marketing, granted=False, version=2)

        invite(marketing)
        run(marketing)

        (message,) = post.sink.messages(MAIL)
        assert f"{PUBLIC}/s/secret-token" in message.parsed().get_content()
        assert message.parsed()["List-Unsubscribe"] is None
        assert [one.data for one in marketing.rows(PROCESSES) if "secret" in one.data] == [
            row.data for row in marketing.rows(PROCESSES) if '"secret":null' in row.data
        ]
        (told,) = marketing.told("marketing.touch.settled.v1")
        assert (told["purpose"], told["campaign_id"], told["step"]) == ("service", None, "survey")

    def test_is_sent_once_although_it_is_told_twice(self, marketing, post):
        invite(marketing)
        invite(marketing)
        run(marketing)

        assert len(post.sink.messages(MAIL)) == 1

    def test_is_not_sent_to_whom_nothing_may_be_sent(self, marketing, post, person):
        marketing.call("set_do_not_contact", person, customer_id="c1", stopped=True)

        invite(marketing)
        run(marketing)

        assert fates(marketing) == {"c1": ("suppressed", "do_not_contact")}

    def test_is_not_sent_when_its_time_is_over(self, marketing, post):
        invite(marketing, expires_at=DAY + timedelta(hours=1))
        marketing.clock.pass_(hours=1)
        run(marketing)

        assert fates(marketing) == {"c1": ("suppressed", "expired")}
