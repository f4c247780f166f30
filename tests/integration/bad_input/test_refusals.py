"""What people ask of the desk, the phones, marketing, analytics and accounts, wrong: refused by name."""

from collections.abc import Iterator
from typing import Any

import pytest

from chassis.errors import Refused
from deploy.local.house import House
from tests.support.couriers import stored
from tests.support.doors import Door

BOOKS = {
    "accounts": ("consents",),
    "analytics": ("score_runs",),
    "marketing": ("segments", "templates", "campaigns", "sends", "responses"),
    "service_desk": ("cases", "surveys", "sla_policies", "service_calendars"),
    "telephony": ("calls", "callbacks", "agent_devices"),
}
NUMBER, NOBODY = "+12025550143", "no-such-id"
CASE = {"type": "question", "channel": "mail", "subject": "When?"}
CONSENT = {"customer_id": NOBODY, "channel": "mail", "granted": True, "basis": "consent"}
SCORES = {"expected": {"price": 5}, "perceived": {"price": 5}}
WORDS = {"subject": "Hello", "text": "News. {{ unsubscribe_url }}"}
NOW = {"version": 1}

# method, what is wrong, the code, the field that is named
WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    ("service_desk.open_case", CASE | {"type": "grumble"}, "invalid.fields", "type"),
    ("service_desk.open_case", CASE | {"subject": "a\x00b"}, "rpc.not_taken", ""),
    ("service_desk.open_case", CASE | {"customer_id": NOBODY}, "service_desk.customer.not_found", ""),
    ("service_desk.close_case", NOW | {"case_id": NOBODY}, "service_desk.case.not_found", ""),
    ("service_desk.case_report", {"since": "noon", "until": "soon"}, "invalid.fields", "since"),
    ("service_desk.survey_form", {"token": NOBODY}, "service_desk.survey.not_found", ""),
    (
        "service_desk.answer_survey", SCORES | {"token": "t", "expected": {"price": 11}},
        "invalid.fields", "expected",
    ),
    ("service_desk.answer_survey", SCORES | {"token": "t"}, "service_desk.survey.not_found", ""),
    ("telephony.request_callback", {}, "telephony.callback.no_number", ""),
    ("telephony.request_callback", {"number": "12345"}, "invalid.fields", "number"),
    (
        "telephony.request_callback", {"number": NUMBER, "due": "2017-01-01T00:00:00Z"},
        "telephony.callback.due", "",
    ),
    ("telephony.request_callback", {"call_id": NOBODY}, "telephony.call.not_found", ""),
    (
        "telephony.close_callback", NOW | {"callback_id": "x", "outcome": "called_again"},
        "invalid.fields", "outcome",
    ),
    ("telephony.dispose_call", NOW | {"call_id": "x", "disposition": "No!"}, "invalid.fields",
     "disposition"),
    ("telephony.day_report", {"day": "2017-02-30"}, "invalid.fields", "day"),
    ("telephony.day_report", {"day": "2017-02-01", "zone": "Mars/Olympus"}, "invalid.fields",
     "zone"),
    ("marketing.define_segment", {"key": "s", "label": "S", "all_of": []}, "invalid.fields",
     "all_of"),
    (
        "marketing.define_segment", {"key": "s", "label": "S", "all_of": [{"fact": "shoe_size"}]},
        "invalid.fields", "fact",
    ),
    (
        "marketing.define_segment",
        {"key": "s", "label": "S", "all_of": [{"fact": "tier", "within_days": 3}]},
        "marketing.segment.conditions", "",
    ),
    (
        "marketing.save_template",
        {"key": "t", "purpose": "marketing",
         "variants": {"en": WORDS | {"text": "{% for x in y %}{% endfor %}"}}},
        "marketing.template.wrong", "",
    ),
    (
        "marketing.save_template",
        {"key": "t", "purpose": "marketing", "variants": {"en": WORDS | {"text": "News."}}},
        "marketing.template.wrong", "",
    ),
    (
        "marketing.save_template",
        {"key": "t", "purpose": "marketing", "variants": {"English": WORDS}},
        "invalid.fields", "variants",
    ),
    (
        "marketing.draft_campaign",
        {"key": "c", "label": "C", "segment_id": NOBODY, "template_id": NOBODY},
        "marketing.segment.not_found", "",
    ),
    (
        "marketing.launch_campaign", NOW | {"campaign_id": NOBODY},
        "marketing.campaign.not_found", "",
    ),
    (
        "marketing.settle_send", NOW | {"send_id": NOBODY, "delivered": True},
        "marketing.send.not_found", "",
    ),
    ("marketing.reconcile_sends", {"message_ids": []}, "invalid.fields", "message_ids"),
    ("marketing.reconcile_sends", {"message_ids": ["x@y"] * 501}, "invalid.fields", "message_ids"),
    ("marketing.unsubscribe", {"token": NOBODY}, "marketing.link.unknown", ""),
    (
        "marketing.record_response",
        {"campaign_id": "c", "customer_id": "x", "response": "asked", "evidence": "She said so."},
        "invalid.fields", "evidence",
    ),
    (
        "analytics.pyramid", {"period_start": "2018-01-01", "period_end": "2017-01-01"},
        "invalid.fields", "period_end",
    ),
    ("analytics.cube", {"by": ["shoe_size"]}, "invalid.fields", "by"),
    ("analytics.cube", {"by": ["region", "region"]}, "invalid.fields", "by"),
    ("analytics.cube_rows", {"cell": {"year": "2017"}}, "invalid.fields", "cell"),
    ("analytics.rfm", {"currency": "dollars"}, "invalid.fields", "currency"),
    (
        "analytics.score_customers", {"period_start": "2018-01-01", "period_end": "2018-01-01"},
        "invalid.fields", "period_end",
    ),
    ("accounts.set_consent", CONSENT | {"channel": "pigeon"}, "invalid.fields", "channel"),
    ("accounts.set_consent", CONSENT | {"evidence": "She said so."}, "invalid.fields", "evidence"),
    ("accounts.set_consents", {"statements": [CONSENT] * 501}, "invalid.fields", "statements"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _nothing_is_done(running_house: House) -> Iterator[None]:
    """Find the books as they were."""
    before = {name: stored(running_house, name, *tables) for name, tables in BOOKS.items()}

    yield

    after = {name: stored(running_house, name, *tables) for name, tables in BOOKS.items()}
    assert after == before


@pytest.mark.parametrize(
    ("method", "asked", "code", "field"),
    WRONG,
    ids=[f"{method.partition('.')[2]}-{place}" for place, (method, *_) in enumerate(WRONG)],
)
def test_is_refused_and_nothing_is_done(
    door: Door, method: str, asked: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        door.call(method, asked)

    assert refused.value.code == code
    assert field in refused.value.message
    assert "She said" not in str(refused.value)
