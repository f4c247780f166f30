"""Links that other departments ask marketing to send: to a survey, to confirm a consent."""

from chassis.errors import Unavailable
from chassis.ids import natural_id
from chassis.work import Work
from contracts.accounts import ConsentAsked
from contracts.service_desk import SurveyInvited
from services.marketing.domain.sends import CONFIRMATION
from services.marketing.domain.templates import Purpose
from services.marketing.reads import records
from services.marketing.tables import Send, Template
from services.marketing.usecases.sends import Draft, plan

STEP = "survey"


def invite(work: Work, told: SurveyInvited) -> None:
    """Plan the one message that asks a customer for an answer.

    :raises Unavailable: if the template is not there yet.
    """
    template = _template(work, told.template)
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


def ask_to_confirm(work: Work, told: ConsentAsked) -> None:
    """Plan the one message that asks a customer to confirm a consent.

    It asks only and advertises nothing: no consent is needed for it, but no stop is overridden.

    :raises Unavailable: if the template is not there yet.
    """
    template = _template(work, told.template)
    # Asked again the request is the same, in a later version, with another link.
    id_ = natural_id("send", CONFIRMATION, told.request_id, str(told.version))
    if records.locked(work, Send, id_) is not None:
        return
    plan(
        work,
        Draft(
            id=id_, entity_id=template.entity_id, customer_id=told.customer_id, campaign_id=None,
            step=CONFIRMATION, purpose=Purpose.SERVICE, template_id=template.id,
            expires_at=told.confirm_by, secret=told.token,
        ),
    )  # fmt: skip


def _template(work: Work, key: str) -> Template:
    template = records.template_by_key(work, key)
    if template is None or template.purpose is not Purpose.SERVICE:
        raise Unavailable(
            "There is no such template for service yet.",
            code="marketing.template.not_there_yet",
            detail={"template": key[:80]},
        )
    return template
