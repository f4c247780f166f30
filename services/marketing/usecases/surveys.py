"""Invitations to surveys: the service desk asks, marketing writes."""

from chassis.errors import Unavailable
from chassis.ids import natural_id
from chassis.work import Work
from contracts.service_desk import SurveyInvited
from services.marketing.domain.templates import Purpose
from services.marketing.reads import records
from services.marketing.tables import Send
from services.marketing.usecases.sends import Draft, plan

STEP = "survey"


def invite(work: Work, told: SurveyInvited) -> None:
    """Plan the one message that asks a customer for an answer.

    :raises Unavailable: if the template is not there yet.
    """
    template = records.template_by_key(work, told.template)
    if template is None or template.purpose is not Purpose.SERVICE:
        raise Unavailable(
            "There is no such template for service yet.",
            code="marketing.template.not_there_yet",
            detail={"template": told.template[:80]},
        )
    id_ = natural_id("send", STEP, told.survey_id)
    if records.locked(work, Send, id_) is not None:
        return  # told twice; the survey has its message
    plan(
        work,
        Draft(
            id=id_, entity_id=template.entity_id, customer_id=told.customer_id, campaign_id=None,
            step=STEP, purpose=Purpose.SERVICE, template_id=template.id,
            expires_at=told.expires_at, secret=told.token,
        ),
    )  # fmt: skip
