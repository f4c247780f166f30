"""What is promised and kept: from the acknowledgement to the customer's view of the result."""

from chassis.work import Work
from services.service_desk.domain import cases as rules
from services.service_desk.domain import complaints
from services.service_desk.domain.cases import (
    CaseState,
    CaseType,
    Change,
    Channel,
    CustomerView,
    ReopenReason,
    Resolution,
)
from services.service_desk.domain.clock import Tick, is_running
from services.service_desk.domain.milestones import AFTER_REOPENING, ORDER, Milestone
from services.service_desk.domain.surveys import SurveyMoment
from services.service_desk.reads import telling
from services.service_desk.tables import Case
from services.service_desk.usecases import clocks, history, surveys
from services.service_desk.usecases.clocks import CaseClock


def acknowledge_case(work: Work, *, case_id: str, version: int) -> Case:
    """Tell the customer that we have it.

    :raises AlreadyAcknowledged: if that was done.
    """
    clock = clocks.take(work, case_id, version)
    rules.demand_unacknowledged(is_acknowledged=clock.case.acknowledged_at is not None)
    rules.demand_open(clock.case.state)
    _acknowledge(work, clock, Milestone.ACKNOWLEDGE)
    history.note(work, clock.case, Change.ACKNOWLEDGED)
    return clock.case


def respond_case(work: Work, *, case_id: str, version: int, channel: Channel) -> Case:
    """Note that we said something about the matter itself; the first time is promised."""
    clock = clocks.take(work, case_id, version)
    rules.demand_open(clock.case.state)
    _respond(work, clock, Milestone.FIRST_RESPONSE)
    history.note(work, clock.case, Change.RESPONDED, reason=channel.value)
    return clock.case


def resolve_case(
    work: Work, *, case_id: str, version: int, resolution: Resolution, note: str | None
) -> Case:
    """Settle a case."""
    clock = clocks.take(work, case_id, version)
    case = clock.case
    rules.demand_open(case.state)
    history.go(work, case, CaseState.RESOLVED, reason=resolution.value)
    case.resolved_at, case.resolution, case.resolution_note = work.now, resolution, note
    history.note(work, case, Change.RESOLVED, reason=resolution.value)
    if not is_running(clock.log):  # the customer was waited for
        clocks.tick(work, clock, Tick.RESUME)
        clocks.replan(work, clock, "resumed")
    _respond(work, clock, Milestone.SOLUTION)
    return case


def tell_outcome(
    work: Work, *, case_id: str, version: int, channel: Channel, customer_view: CustomerView
) -> Case:
    """Note that the customer knows the result, and what they said of it."""
    clock = clocks.take(work, case_id, version)
    case = clock.case
    rules.demand_resolved(case.state)
    case.outcome_told_at, case.customer_view = work.now, customer_view
    clocks.meet(work, clock, Milestone.FEEDBACK)
    history.note(work, case, Change.OUTCOME_TOLD, reason=channel.value)
    return case


def close_case(
    work: Work, *, case_id: str, version: int, customer_view: CustomerView | None
) -> Case:
    """End a case; a complaint only with its outcome told and the customer's view of it.

    :raises OutcomeNotTold: if the customer of a complaint does not know the result.
    :raises ViewMissing: if the customer's view of a complaint's result is not known.
    """
    clock = clocks.take(work, case_id, version)
    case = clock.case
    rules.demand_resolved(case.state)
    case.customer_view = customer_view or case.customer_view
    if case.type is CaseType.COMPLAINT:
        is_told = case.outcome_told_at is not None
        complaints.demand_closable(is_outcome_told=is_told, view=case.customer_view)
    history.go(work, case, CaseState.CLOSED)
    case.closed_at = work.now
    clocks.finish(work, clock)
    history.note(work, case, Change.CLOSED, reason=_view(case))
    work.tell(telling.case_closed(_breached(clock)), case)
    if case.type is CaseType.COMPLAINT and case.customer_id is not None:
        surveys.ask_again(work, case.customer_id, SurveyMoment.POST_SALE, case.id)
    return case


def reopen_case(work: Work, *, case_id: str, version: int, reason: ReopenReason) -> Case:
    """Take a case up again: solution and feedback are promised anew, counted from now."""
    clock = clocks.take(work, case_id, version)
    case = clock.case
    history.go(work, case, CaseState.IN_PROGRESS, reason=reason.value)
    case.reopened += 1
    case.resolved_at = case.resolution = case.resolution_note = case.outcome_told_at = None
    case.customer_view = case.closed_at = case.seconds_open = None
    history.note(work, case, Change.REOPENED, reason=reason.value)
    if not is_running(clock.log):
        clocks.tick(work, clock, Tick.START)
    clocks.promise(work, clock, AFTER_REOPENING, anew=AFTER_REOPENING)
    clocks.tell_plan(work, clock, "reopened")
    return case


def _acknowledge(work: Work, clock: CaseClock, milestone: Milestone) -> None:
    clock.case.acknowledged_at = clock.case.acknowledged_at or work.now
    clocks.meet(work, clock, milestone)


def _respond(work: Work, clock: CaseClock, milestone: Milestone) -> None:
    clock.case.responded_at = clock.case.responded_at or work.now
    _acknowledge(work, clock, milestone)


def _breached(clock: CaseClock) -> tuple[str, ...]:
    missed = {one.milestone for one in clock.promises if one.breached_at is not None}
    return tuple(one.value for one in ORDER if one in missed)


def _view(case: Case) -> str:
    return (case.customer_view or CustomerView.UNKNOWN).value
