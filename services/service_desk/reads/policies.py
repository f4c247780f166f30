"""Policies, calendars and the way up, as they stand."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import func, select

from chassis.caller import GROUP_ENTITY
from chassis.work import Work
from services.service_desk.domain.calendars import ServiceCalendar, read_week, read_zone
from services.service_desk.domain.escalation import Level
from services.service_desk.domain.milestones import Milestone
from services.service_desk.domain.policies import Rule
from services.service_desk.tables import Calendar, EscalationStep, Holiday, Policy


def policies(work: Work, entity_id: str) -> dict[str, Policy]:
    """Return the policies in use in an entity, its own and the group's, by id."""
    query = select(Policy).where(Policy.active, Policy.entity_id.in_([entity_id, GROUP_ENTITY]))
    return {one.id: one for one in work.session.scalars(query)}


def as_rule(policy: Policy, entity_id: str) -> Rule:
    """Return a policy as the rule of choice takes it."""
    return Rule(
        policy_id=policy.id,
        key=policy.key,
        is_own=policy.entity_id == entity_id,
        type=policy.type,
        severity=policy.severity,
        tier=policy.tier,
    )


def targets(policy: Policy) -> Mapping[Milestone, int | None]:
    """Return what a policy promises, in seconds of service time."""
    return {
        Milestone.ACKNOWLEDGE: policy.acknowledge_seconds,
        Milestone.FIRST_RESPONSE: policy.first_response_seconds,
        Milestone.SOLUTION: policy.solution_seconds,
        Milestone.FEEDBACK: policy.feedback_seconds,
    }


def calendar(work: Work, calendar_id: str) -> ServiceCalendar:
    """Return a calendar with its holidays as the clock takes it; until this work is done they stay."""
    query = select(Calendar).where(Calendar.id == calendar_id)
    found = work.session.scalars(query.with_for_update(read=True)).one()
    days = select(Holiday.day).where(Holiday.calendar_id == calendar_id)
    return ServiceCalendar(
        zone=read_zone(found.zone),
        week=read_week(found.week),
        holidays=frozenset(work.session.scalars(days)),
    )


def knows_calendar(work: Work, calendar_id: str, entity_id: str) -> bool:
    """Say whether an entity may use a calendar: its own, or the group's."""
    ours = Calendar.entity_id.in_([entity_id, GROUP_ENTITY])
    query = select(Calendar.id).where(Calendar.id == calendar_id, ours)
    return work.session.scalar(query) is not None


def holidays(work: Work, calendar_id: str) -> int:
    """Count the holidays of a calendar."""
    query = select(func.count()).where(Holiday.calendar_id == calendar_id)
    return work.session.scalar(query) or 0


def way_up(work: Work, entity_id: str) -> list[Level]:
    """Return the levels of escalation; an entity's own replace the group's."""
    query = select(EscalationStep).where(EscalationStep.entity_id.in_([entity_id, GROUP_ENTITY]))
    found = list(work.session.scalars(query))
    own = [step for step in found if step.entity_id == entity_id]
    return [Level(step.level, step.role, step.staff_id) for step in own or found]


def holiday(work: Work, calendar_id: str, day: date) -> Holiday | None:
    """Return the holiday of a calendar on a day."""
    query = select(Holiday).where(Holiday.calendar_id == calendar_id, Holiday.day == day)
    return work.session.scalar(query)
