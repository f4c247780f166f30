"""What the reports count: calls, answers to surveys, messages of campaigns and what came back."""

from datetime import UTC, datetime, timedelta
from typing import Any

from contracts import marketing, service_desk, telephony

MORNING = datetime(2017, 6, 1, 9, tzinfo=UTC)
JUNE = {"period_start": "2017-06-01", "period_end": "2017-07-01"}


def a_call(call_id: str, at: datetime, outcome: str = "answered", **fields: Any) -> Any:
    """Return a call from outside that ended; it waits in the queue of the service."""
    given: dict[str, Any] = {
        "call_id": call_id, "version": 1, "direction": "inbound", "outcome": outcome,
        "started_at": at, "ended_at": at + timedelta(minutes=3), "queue": "service",
    }  # fmt: skip
    return telephony.CallEnded(**given | fields)


def answered(
    survey_id: str, expected: dict[str, int], perceived: dict[str, int], **fields: Any
) -> Any:
    """Return a survey that was answered, driver by driver."""
    given: dict[str, Any] = {
        "survey_id": survey_id, "version": 1, "customer_id": f"c-{survey_id}",
        "moment": "post_sale", "answered_at": MORNING, "satisfaction": "satisfied", "gap": "0",
    }  # fmt: skip
    return service_desk.SurveyAnswered(**given | fields, expected=expected, perceived=perceived)


def settled(send_id: str, fate: str, reason: str | None = None, **fields: Any) -> Any:
    """Return what became of a message of a campaign."""
    given: dict[str, Any] = {
        "send_id": send_id, "version": 1, "customer_id": f"c-{send_id}", "campaign_id": "k1",
        "step": "first", "channel": "mail", "purpose": "marketing", "at": MORNING,
    }  # fmt: skip
    return marketing.TouchSettled(**given | fields, fate=fate, reason=reason)


def responded(response_id: str, customer_id: str, response: str, at: datetime = MORNING) -> Any:
    """Return what came back of a campaign."""
    return marketing.ResponseRecorded(
        response_id=response_id, version=1, campaign_id="k1", customer_id=customer_id,
        response=response, at=at,
    )  # fmt: skip
