"""Events made of records, with the state these have when the work is done."""

from collections.abc import Callable, Mapping
from datetime import datetime

from chassis.audit import plain
from chassis.envelope import encode
from chassis.tables import Record
from contracts import service_desk
from services.service_desk.domain.cases import CaseState
from services.service_desk.domain.escalation import AssignmentReason, Rung
from services.service_desk.domain.surveys import Score, Verdict
from services.service_desk.tables import (
    Calendar,
    Case,
    CaseMilestone,
    Holiday,
    Policy,
    Survey,
)


def case_opened(deadlines: Mapping[str, datetime]) -> Callable[[Case], service_desk.CaseOpened]:
    """Tell that a case was opened, and what was promised."""

    def make(case: Case) -> service_desk.CaseOpened:
        return service_desk.CaseOpened(
            case_id=case.id,
            version=case.version,
            number=case.number,
            type=case.type.value,
            severity=case.severity.value,
            channel=case.channel.value,
            customer_id=case.customer_id,
            opened_at=case.opened_at,
            policy=case.policy,
            deadlines=dict(deadlines),
            call_id=case.call_id,
            order_id=case.order_id,
            entity_id=case.entity_id,
            owner_id=case.owner_id,
            team_id=case.team_id,
            territory_id=case.territory_id,
        )

    return make


def state_changed(
    previous: CaseState, state: CaseState, at: datetime, reason: str | None
) -> Callable[[Case], service_desk.CaseStateChanged]:
    """Tell that a case went from one state to another."""

    def make(case: Case) -> service_desk.CaseStateChanged:
        return service_desk.CaseStateChanged(
            case_id=case.id,
            version=case.version,
            customer_id=case.customer_id,
            previous_state=previous.value,
            state=state.value,
            at=at,
            reason=reason,
        )

    return make


def case_assigned(
    previous_id: str | None, assignee_id: str, reason: AssignmentReason
) -> Callable[[Case], service_desk.CaseAssigned]:
    """Tell who got a case, from whom."""

    def make(case: Case) -> service_desk.CaseAssigned:
        return service_desk.CaseAssigned(
            case_id=case.id,
            version=case.version,
            previous_assignee_id=previous_id,
            assignee_id=assignee_id,
            reason=reason.value,
        )

    return make


def case_escalated(
    rung: Rung, from_id: str | None, reason: str
) -> Callable[[Case], service_desk.CaseEscalated]:
    """Tell that a case went up."""

    def make(case: Case) -> service_desk.CaseEscalated:
        return service_desk.CaseEscalated(
            case_id=case.id,
            version=case.version,
            customer_id=case.customer_id,
            level=rung.level,
            reason=reason,
            from_id=from_id,
            to_id=rung.staff_id,
        )

    return make


def case_warned(
    promise: CaseMilestone, assignee_id: str | None
) -> Callable[[Case], service_desk.CaseWarned]:
    """Tell that a deadline is near."""
    milestone, due = promise.milestone.value, _due(promise)

    def make(case: Case) -> service_desk.CaseWarned:
        return service_desk.CaseWarned(
            case_id=case.id,
            version=case.version,
            customer_id=case.customer_id,
            milestone=milestone,
            due=due,
            assignee_id=assignee_id,
        )

    return make


def case_breached(
    promise: CaseMilestone, assignee_id: str | None
) -> Callable[[Case], service_desk.CaseBreached]:
    """Tell that a deadline passed without its step."""
    milestone, due = promise.milestone.value, _due(promise)

    def make(case: Case) -> service_desk.CaseBreached:
        return service_desk.CaseBreached(
            case_id=case.id,
            version=case.version,
            customer_id=case.customer_id,
            milestone=milestone,
            due=due,
            assignee_id=assignee_id,
        )

    return make


def milestone_met(
    promise: CaseMilestone, due: datetime, seconds_used: int
) -> Callable[[Case], service_desk.MilestoneMet]:
    """Tell that a promised step was taken, and whether in time."""
    milestone, met_at, is_late = promise.milestone.value, promise.met_at, promise.breached_at
    assert met_at is not None

    def make(case: Case) -> service_desk.MilestoneMet:
        return service_desk.MilestoneMet(
            case_id=case.id,
            version=case.version,
            customer_id=case.customer_id,
            milestone=milestone,
            due=due,
            met_at=met_at,
            in_time=is_late is None,
            seconds_used=seconds_used,
        )

    return make


def case_replanned(
    reason: str, deadlines: Mapping[str, datetime]
) -> Callable[[Case], service_desk.CaseReplanned]:
    """Tell that the deadlines of a case are others now."""

    def make(case: Case) -> service_desk.CaseReplanned:
        return service_desk.CaseReplanned(
            case_id=case.id,
            version=case.version,
            customer_id=case.customer_id,
            reason=reason,
            severity=case.severity.value,
            policy=case.policy,
            deadlines=dict(deadlines),
        )

    return make


def case_closed(breached: tuple[str, ...]) -> Callable[[Case], service_desk.CaseClosed]:
    """Tell that a case is over, with all that a report needs of it."""

    def make(case: Case) -> service_desk.CaseClosed:
        assert case.closed_at is not None
        assert case.resolution is not None
        return service_desk.CaseClosed(
            case_id=case.id,
            version=case.version,
            number=case.number,
            type=case.type.value,
            severity=case.severity.value,
            channel=case.channel.value,
            customer_id=case.customer_id,
            opened_at=case.opened_at,
            closed_at=case.closed_at,
            resolution=case.resolution.value,
            customer_view=case.customer_view.value if case.customer_view else None,
            breached=breached,
            escalations=case.escalations,
            reopened=case.reopened,
            seconds_open=case.seconds_open or 0,
            entity_id=case.entity_id,
        )

    return make


def survey_invited(token: str) -> Callable[[Survey], service_desk.SurveyInvited]:
    """Tell in private that somebody is to be asked; the token is not kept anywhere else."""

    def make(survey: Survey) -> service_desk.SurveyInvited:
        return service_desk.SurveyInvited(
            survey_id=survey.id,
            customer_id=survey.customer_id,
            moment=survey.moment.value,
            template=f"survey_{survey.moment.value}",
            token=token,
            expires_at=survey.expires_at,
            case_id=survey.case_id,
        )

    return make


def survey_answered(
    scores: tuple[Score, ...], verdict: Verdict
) -> Callable[[Survey], service_desk.SurveyAnswered]:
    """Tell what a customer answered, apart from words of their own."""

    def make(survey: Survey) -> service_desk.SurveyAnswered:
        assert survey.answered_at is not None
        return service_desk.SurveyAnswered(
            survey_id=survey.id,
            version=survey.version,
            customer_id=survey.customer_id,
            moment=survey.moment.value,
            answered_at=survey.answered_at,
            expected={score.driver.value: score.expected for score in scores},
            perceived={score.driver.value: score.perceived for score in scores},
            satisfaction=verdict.satisfaction.value,
            gap=str(verdict.gap),
            case_id=survey.case_id,
        )

    return make


_KINDS: dict[type[Record], str] = {
    Calendar: "calendar",
    Holiday: "holiday",
    Policy: "sla_policy",
}
_BOOKKEEPING = frozenset({"id", "version", "event_seq"})


def record_changed(verb: str) -> Callable[[Record], service_desk.RecordChanged]:
    """Tell that a calendar, a holiday or a policy is as it is now."""

    def make(record: Record) -> service_desk.RecordChanged:
        image = {
            column.key: encode(plain(getattr(record, column.key))).decode()
            for column in record.__table__.columns
            if column.key not in _BOOKKEEPING
        }
        kind = _KINDS[type(record)]
        return service_desk.RecordChanged(
            id=record.id, kind=kind, version=record.version, verb=verb, fields=image
        )

    return make


def _due(promise: CaseMilestone) -> datetime:
    assert promise.due is not None, "only a running deadline is warned of or breached"
    return promise.due
