"""Cases: taking them in, giving them to somebody, and working on them."""

from chassis import erased
from chassis.ids import new_id
from chassis.ownership import demand_sight, hand_over
from chassis.work import Work
from services.service_desk.domain import cases as rules
from services.service_desk.domain.cases import (
    CaseState,
    Change,
    MoveReason,
    NewCase,
    Severity,
)
from services.service_desk.domain.clock import Tick
from services.service_desk.domain.escalation import AssignmentReason
from services.service_desk.domain.milestones import Milestone
from services.service_desk.reads import records, telling
from services.service_desk.tables import Case, CaseNote
from services.service_desk.usecases import assignment, clocks, escalation, history
from services.service_desk.usecases.numbering import take_number
from services.service_desk.usecases.ownership import keep, known_customer


def open_case(work: Work, *, new: NewCase) -> Case:
    """Take a case in: it has its number, its deadlines and, if it is critical, its superior at once.

    :raises Forbidden: if the customer is somebody else's, or the caller may only take cases but
        gives this one to another.
    """
    if new.assignee_id not in {None, work.caller.staff_id}:
        work.require("case.assign")
    case = _case(work, new)
    work.add(case)
    clock = clocks.begin(work, case)
    history.note(work, case, Change.OPENED, reason=case.policy)
    work.tell(telling.case_opened(clock.deadlines), case)
    if new.assignee_id is not None:
        chosen = assignment.choose(work, case, new.assignee_id)
        assignment.give(work, case, chosen.id, AssignmentReason.MANUAL)
    if case.severity is Severity.CRITICAL:
        escalation.escalate(work, case, escalation.BY_SEVERITY)
    demand_sight(work, case)
    return case


def assign_case(work: Work, *, case_id: str, version: int, assignee_id: str) -> Case:
    """Give a case to somebody by hand; from a superior it comes down to their level."""
    case = clocks.take(work, case_id, version).case
    rules.demand_open(case.state)
    chosen = assignment.choose(work, case, assignee_id)
    escalation.come_down(work, case, chosen)
    assignment.give(work, case, chosen.id, AssignmentReason.MANUAL)
    return case


def take_case(work: Work, *, case_id: str, version: int) -> Case:
    """Become answerable for a case that nobody has.

    :raises AlreadyAssigned: if somebody has it.
    """
    case = clocks.take(work, case_id, version).case
    rules.demand_open(case.state)
    chosen = assignment.choose_caller(work, case)
    assignment.give(work, case, chosen.id, AssignmentReason.MANUAL)
    return case


def move_case(
    work: Work, *, case_id: str, version: int, state: CaseState, reason: MoveReason | None
) -> Case:
    """Begin to work on a case, or wait for its customer: meanwhile the clock stands."""
    clock = clocks.take(work, case_id, version)
    case, previous = clock.case, clock.case.state
    rules.demand_move(previous, state)
    code = reason.value if reason else None
    history.go(work, case, state, reason=code)
    history.note(work, case, Change.MOVED, reason=code)
    if state is CaseState.WAITING_CUSTOMER:
        clocks.tick(work, clock, Tick.PAUSE)
        clocks.plan(work, clock)
    elif previous is CaseState.WAITING_CUSTOMER:
        clocks.tick(work, clock, Tick.RESUME)
        clocks.replan(work, clock, "resumed")
    return case


def reclassify_case(work: Work, *, case_id: str, version: int, severity: Severity) -> Case:
    """Say how bad a case really is: what is not met yet is promised anew from now."""
    clock = clocks.take(work, case_id, version)
    case = clock.case
    rules.demand_open(case.state)
    rules.demand_other(case.severity, severity)
    case.severity = severity
    history.note(work, case, Change.RECLASSIFIED, reason=severity.value)
    clocks.promise(work, clock, _outstanding(case))
    clocks.tell_plan(work, clock, "reclassified")
    if severity is Severity.CRITICAL:
        escalation.escalate(work, case, escalation.BY_SEVERITY)
    return case


def escalate_case(work: Work, *, case_id: str, version: int) -> Case:
    """Take a case to the next level by hand.

    :raises AtTheTop: if it is there.
    """
    case = clocks.take(work, case_id, version).case
    rules.demand_not_closed(case.state)
    escalation.escalate_by_hand(work, case)
    return case


def add_case_note(work: Work, *, case_id: str, text: str) -> CaseNote:
    """Write something down about a case; notes do not get in each other's way.

    :raises Conflict: if it is of a customer who was erased.
    """
    records.shared(work, Case, case_id)
    case = work.get(Case, case_id)
    erased.demand_living(work.session, case.customer_id, work.service)
    note = CaseNote(id=new_id(), case_id=case.id, at=work.now, text=text, actor=work.actor)
    work.session.add(note)
    return note


def _case(work: Work, new: NewCase) -> Case:
    case = Case(
        id=new_id(),
        entity_id=work.caller.entity_id,
        type=new.type,
        severity=new.severity,
        channel=new.channel,
        subject=new.subject,
        description=new.description,
        customer_id=new.customer_id,
        call_id=new.call_id,
        order_id=new.order_id,
        accused_id=new.accused_id,
        accused_team_id=new.accused_team_id,
        state=CaseState.NEW,
        opened_at=work.now,
        planned_at=work.now,
        escalation_level=0,
        escalations=0,
        reopened=0,
        changes=0,
    )
    if new.customer_id is None:
        keep(work, case)
    else:
        customer = known_customer(work, new.customer_id)
        case.customer_id, case.entity_id = customer.id, customer.entity_id or case.entity_id
        hand_over(case, customer)
    case.number = take_number(work, case.entity_id)
    return case


def _outstanding(case: Case) -> list[Milestone]:
    done = {
        Milestone.ACKNOWLEDGE: case.acknowledged_at is not None,
        Milestone.FIRST_RESPONSE: case.responded_at is not None,
    }
    return [one for one in Milestone if not done.get(one)]
