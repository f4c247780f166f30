"""The plain records of the service desk; of the main nouns only what needs no rule: to read them."""

from chassis import filters
from chassis.records import READING, VERBS, Resource
from services.service_desk.domain.cases import OPEN, CaseState, CaseType, Severity
from services.service_desk.domain.surveys import Satisfaction, SurveyMoment
from services.service_desk.schemas.cases import CaseShown
from services.service_desk.schemas.policies import (
    CalendarFields,
    EscalationStepFields,
    HolidayFields,
    PolicyFields,
)
from services.service_desk.schemas.surveys import SurveyShown
from services.service_desk.tables import Calendar, Case, EscalationStep, Holiday, Policy, Survey

RESOURCES = (
    Resource(
        kind="case",
        record=Case,
        schema=CaseShown(),
        reads="case.read",
        writes="case.write",
        verbs=READING,
        filters={
            "number": filters.text(Case.number),
            "type": filters.one_of(Case.type, CaseType),
            "state": filters.one_of(Case.state, CaseState),
            "severity": filters.one_of(Case.severity, Severity),
            "open": filters.flag(Case.state.in_(OPEN)),
            "escalated": filters.flag(Case.escalation_level > 0),
            "assignee_id": filters.text(Case.assignee_id),
            "owner_id": filters.text(Case.owner_id),
            "customer_id": filters.text(Case.customer_id),
            "order_id": filters.text(Case.order_id),
            "call_id": filters.text(Case.call_id),
            "words": filters.holding(Case.subject),
        },
        sorts={"opened_at": Case.opened_at, "number": Case.number, "updated_at": Case.updated_at},
    ),
    Resource(
        kind="survey",
        record=Survey,
        schema=SurveyShown(),
        reads="survey.read",
        writes="survey.write",
        verbs=READING,
        filters={
            "customer_id": filters.text(Survey.customer_id),
            "case_id": filters.text(Survey.case_id),
            "moment": filters.one_of(Survey.moment, SurveyMoment),
            "satisfaction": filters.one_of(Survey.satisfaction, Satisfaction),
            "answered": filters.flag(Survey.answered_at.is_not(None)),
        },
        sorts={"invited_at": Survey.invited_at},
    ),
    Resource(
        kind="calendar",
        record=Calendar,
        schema=CalendarFields(),
        reads="policy.read",
        writes="policy.write",
        verbs=READING | {"create"},
        filters={"key": filters.text(Calendar.key)},
        sorts={"key": Calendar.key},
    ),
    Resource(
        kind="holiday",
        record=Holiday,
        schema=HolidayFields(),
        reads="policy.read",
        writes="policy.write",
        verbs=READING,
        filters={"calendar_id": filters.text(Holiday.calendar_id)},
        sorts={"day": Holiday.day},
    ),
    Resource(
        kind="sla_policy",
        record=Policy,
        schema=PolicyFields(),
        reads="policy.read",
        writes="policy.write",
        verbs=READING,
        filters={
            "key": filters.text(Policy.key),
            "type": filters.one_of(Policy.type, CaseType),
            "severity": filters.one_of(Policy.severity, Severity),
            "tier": filters.text(Policy.tier),
            "active": filters.flag(Policy.active),
        },
        sorts={"key": Policy.key},
    ),
    Resource(
        kind="escalation_step",
        record=EscalationStep,
        schema=EscalationStepFields(),
        reads="policy.read",
        writes="policy.write",
        verbs=VERBS,
        filters={"role": filters.text(EscalationStep.role)},
        sorts={"level": EscalationStep.level},
    ),
)
