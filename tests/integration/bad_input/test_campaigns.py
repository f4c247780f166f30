"""Letters where they do not belong: what needs no consent sells nothing, what is missing is waited for."""

from typing import Any

import pytest

from chassis.errors import Invalid
from contracts import base
from contracts.service_desk import SurveyInvited
from deploy.local.house import House
from tests.integration.bad_input.telling import COMMON, envelope
from tests.support.couriers import SECONDS, Courier, stored
from tests.support.doors import Door
from tests.support.waiting import eventually

INVITED = "service_desk.survey.invited.v1"
WORDS: dict[str, Any] = {"en": {"subject": "How was it?", "text": "Tell us: {{ link }}"}}


def test_a_letter_about_the_customers_own_affairs_is_not_for_a_campaign(
    running_house: House, door: Door
) -> None:
    all_of = [{"fact": "tier", "any_of": ["vip"]}]
    segment = door.call("marketing.define_segment", {"key": "top", "label": "T", "all_of": all_of})
    saved = {"key": "after_sale", "purpose": "service", "variants": WORDS}
    template = door.call("marketing.save_template", saved)
    drawn = {"segment_id": segment["id"], "template_id": template["id"]}

    with pytest.raises(Invalid) as refused:
        door.call("marketing.draft_campaign", drawn | {"key": "spring", "label": "Spring"})

    assert refused.value.code == "marketing.campaign.template_purpose"
    assert stored(running_house, "marketing", "campaigns")["campaigns"] == []


def test_an_invitation_waits_for_its_letter(running_house: House, door: Door) -> None:
    told = SurveyInvited(
        survey_id="s-1", customer_id="c-of-nobody", moment="post_sale", template="not_yet",
        token="secret-token",
    )  # fmt: skip
    desk = Courier(running_house, "service_desk")

    desk.send(
        "service_desk.private", INVITED, base.body(told) | COMMON, headers=envelope(INVITED, "s-1")
    )
    desk.close()

    assert stored(running_house, "marketing", "sends")["sends"] == []
    saved = {"key": "not_yet", "purpose": "service", "variants": WORDS}
    door.call("marketing.save_template", saved)
    eventually(lambda: stored(running_house, "marketing", "sends")["sends"], seconds=SECONDS)
