"""What the service desk tells: cases, their clocks, surveys."""

from dataclasses import dataclass
from datetime import datetime

from contracts.base import event, personal


@event("service_desk.case.opened.v1", subject="case_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOpened:
    """A case was opened; what it says stays with the desk."""

    case_id: str
    version: int
    number: str
    type: str  # question, incident, request, feedback, suggestion, complaint
    severity: str  # low, normal, high, critical
    channel: str  # phone, mail, web, letter, person
    customer_id: str | None
    opened_at: datetime
    policy: str  # the SLA policy that was chosen
    deadlines: dict[str, datetime]  # milestone -> due
    call_id: str | None = None
    order_id: str | None = None
    entity_id: str = "group"
    owner_id: str | None = None
    team_id: str | None = None
    territory_id: str | None = None


@event("service_desk.case.state_changed.v1", subject="case_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStateChanged:
    """A case went from one state to another."""

    case_id: str
    version: int
    customer_id: str | None
    previous_state: str
    state: str
    at: datetime
    reason: str | None = None  # a code


@event("service_desk.case.assigned.v1", subject="case_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAssigned:
    """A case got somebody who is answerable for it."""

    case_id: str
    version: int
    previous_assignee_id: str | None
    assignee_id: str | None
    reason: str  # manual, escalation, rotation, handed_over


@event("service_desk.case.milestone_met.v1", subject="case_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneMet:
    """A promised step was taken."""

    case_id: str
    version: int
    customer_id: str | None
    milestone: str  # acknowledge, first_response, solution, feedback
    due: datetime
    met_at: datetime
    in_time: bool
    seconds_used: int  # of service hours


@event("service_desk.case.warned.v1", subject="case_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CaseWarned:
    """A deadline is near."""

    case_id: str
    version: int
    customer_id: str | None
    milestone: str
    due: datetime
    assignee_id: str | None


@event("service_desk.case.breached.v1", subject="case_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CaseBreached:
    """A deadline passed without its step."""

    case_id: str
    version: int
    customer_id: str | None
    milestone: str
    due: datetime
    assignee_id: str | None


@event("service_desk.case.escalated.v1", subject="case_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEscalated:
    """A case went up to somebody else."""

    case_id: str
    version: int
    customer_id: str | None
    level: int  # from 1
    reason: str  # breach of a milestone, severity, manual
    from_id: str | None
    to_id: str | None


@event("service_desk.case.replanned.v1", subject="case_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReplanned:
    """The deadlines of a case are others than those told before."""

    case_id: str
    version: int
    customer_id: str | None
    reason: str  # resumed, reopened, reclassified, calendar
    severity: str
    policy: str
    deadlines: dict[str, datetime]  # milestone -> due, of those that are still owed


@event("service_desk.case.closed.v1", subject="case_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClosed:
    """A case is over: the grain of the case fact."""

    case_id: str
    version: int
    number: str
    type: str
    severity: str
    channel: str
    customer_id: str | None
    opened_at: datetime
    closed_at: datetime
    resolution: str  # a code
    customer_view: (
        str | None
    )  # satisfied, dissatisfied, unknown: what the customer said of the result
    breached: tuple[str, ...]  # milestones
    escalations: int
    reopened: int
    seconds_open: int  # service hours, without the time the customer was waited for
    entity_id: str = "group"


@event("service_desk.survey.invited.v1", subject="survey_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyInvited:
    """Somebody is to be asked; marketing sends the mail, at most once. Told in private."""

    survey_id: str
    customer_id: str
    moment: str  # pre_sale, in_sale, post_sale
    template: str  # key of marketing's template
    token: str = personal()  # the random part of the link
    expires_at: datetime | None = None
    case_id: str | None = None


@event("service_desk.survey.answered.v1", subject="survey_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyAnswered:
    """A customer answered; expected and perceived are 1 to 10 by driver."""

    survey_id: str
    version: int
    customer_id: str
    moment: str
    answered_at: datetime
    expected: dict[str, int]  # driver -> 1 to 10
    perceived: dict[str, int]
    satisfaction: str  # dissatisfied, satisfied, highly_satisfied
    gap: str  # mean of perceived minus expected, Decimal as text
    case_id: str | None = None


@event("service_desk.record.changed.v1", subject="id")
@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChanged:
    """A plain record was created, changed or deleted."""

    id: str
    kind: str
    version: int
    verb: str
    fields: dict[str, str]
