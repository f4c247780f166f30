"""Cases: what kinds there are, and which way one may go."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chassis.errors import Conflict, Invalid


class CaseType(StrEnum):
    """What somebody wants of us."""

    QUESTION = "question"
    INCIDENT = "incident"
    REQUEST = "request"
    FEEDBACK = "feedback"
    SUGGESTION = "suggestion"
    COMPLAINT = "complaint"


class Severity(StrEnum):
    """How bad it is for the customer."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    CRITICAL = "critical"


class Channel(StrEnum):
    """How we and the customer reach each other."""

    PHONE = "phone"
    MAIL = "mail"
    WEB = "web"
    LETTER = "letter"
    PERSON = "person"


class CaseState(StrEnum):
    """How far a case is."""

    NEW = "new"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    WAITING_CUSTOMER = "waiting_customer"
    RESOLVED = "resolved"
    CLOSED = "closed"


class MoveReason(StrEnum):
    """Why work on a case goes on or stops."""

    WORK_STARTED = "work_started"
    INFORMATION_NEEDED = "information_needed"
    CONFIRMATION_NEEDED = "confirmation_needed"
    CUSTOMER_ANSWERED = "customer_answered"


class ReopenReason(StrEnum):
    """Why a case that was done is not."""

    NOT_SOLVED = "not_solved"
    HAPPENED_AGAIN = "happened_again"
    CUSTOMER_DISSATISFIED = "customer_dissatisfied"
    DONE_BY_MISTAKE = "done_by_mistake"


class Resolution(StrEnum):
    """What came of a case."""

    ANSWERED = "answered"
    SOLVED = "solved"
    WORKAROUND = "workaround"
    COMPENSATED = "compensated"
    PASSED_ON = "passed_on"  # a suggestion, to whoever decides about it
    UNFOUNDED = "unfounded"
    DUPLICATE = "duplicate"
    WITHDRAWN = "withdrawn"


class CustomerView(StrEnum):
    """What the customer said of the result."""

    SATISFIED = "satisfied"
    DISSATISFIED = "dissatisfied"
    UNKNOWN = "unknown"


class Change(StrEnum):
    """What a line of a case's history is about."""

    OPENED = "opened"
    ASSIGNED = "assigned"
    MOVED = "moved"
    RECLASSIFIED = "reclassified"
    ACKNOWLEDGED = "acknowledged"
    RESPONDED = "responded"
    RESOLVED = "resolved"
    OUTCOME_TOLD = "outcome_told"
    CLOSED = "closed"
    REOPENED = "reopened"
    WARNED = "warned"
    BREACHED = "breached"
    ESCALATED = "escalated"


TRANSITIONS: Mapping[CaseState, frozenset[CaseState]] = {
    CaseState.NEW: frozenset({CaseState.ASSIGNED}),
    CaseState.ASSIGNED: frozenset(
        {CaseState.IN_PROGRESS, CaseState.WAITING_CUSTOMER, CaseState.RESOLVED}
    ),
    CaseState.IN_PROGRESS: frozenset({CaseState.WAITING_CUSTOMER, CaseState.RESOLVED}),
    CaseState.WAITING_CUSTOMER: frozenset({CaseState.IN_PROGRESS, CaseState.RESOLVED}),
    CaseState.RESOLVED: frozenset({CaseState.CLOSED, CaseState.IN_PROGRESS}),
    CaseState.CLOSED: frozenset({CaseState.IN_PROGRESS}),
}
DONE = frozenset({CaseState.RESOLVED, CaseState.CLOSED})
OPEN = frozenset(CaseState) - DONE
# The other ways have commands of their own, because each asks for more than a state.
BY_MOVING = frozenset({CaseState.IN_PROGRESS, CaseState.WAITING_CUSTOMER})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """What is known of a case when it is opened."""

    type: CaseType
    severity: Severity
    channel: Channel
    subject: str
    description: str | None = None
    customer_id: str | None = None
    call_id: str | None = None
    order_id: str | None = None
    assignee_id: str | None = None
    accused_id: str | None = None  # the member of the staff that a complaint is about
    accused_team_id: str | None = None  # or the department


class TransitionNotAllowed(Conflict):
    """Refuse a way that does not lead from this state."""

    code = "service_desk.case.transition_not_allowed"


class NotByMoving(Invalid):
    """Refuse to move a case to where another command leads."""

    code = "service_desk.case.not_by_moving"


class CaseDone(Conflict):
    """Refuse to work on a case that is resolved or closed."""

    code = "service_desk.case.done"


class CaseNotResolved(Conflict):
    """Refuse to tell an outcome that there is not."""

    code = "service_desk.case.not_resolved"


class CaseClosedForGood(Conflict):
    """Refuse to work on a case that is closed."""

    code = "service_desk.case.closed"


class SameSeverity(Conflict):
    """Refuse to say of a case what is said of it already."""

    code = "service_desk.case.same_severity"


class AlreadyAcknowledged(Conflict):
    """Refuse to acknowledge a case twice."""

    code = "service_desk.case.already_acknowledged"


def demand_transition(state: CaseState, target: CaseState) -> None:
    """Demand that a case may go from one state to another.

    :raises TransitionNotAllowed: if it may not.
    """
    if target not in TRANSITIONS[state]:
        raise TransitionNotAllowed(
            f"A case that is {state.value} does not become {target.value}.",
            detail={"state": state.value, "allowed": sorted(TRANSITIONS[state])},
        )


def demand_move(state: CaseState, target: CaseState) -> None:
    """Demand that a case may be moved by hand, while it is being worked on.

    :raises NotByMoving: if the target has a command of its own.
    :raises CaseDone: if it has to be reopened first.
    """
    if target not in BY_MOVING:
        raise NotByMoving(
            "Assign, resolve or close a case; it is not moved there.",
            detail={"states": sorted(BY_MOVING)},
        )
    demand_open(state)
    demand_transition(state, target)


def demand_open(state: CaseState) -> None:
    """Demand that a case is still worked on.

    :raises CaseDone: if it is resolved or closed.
    """
    if state in DONE:
        raise CaseDone(f"The case is {state.value}; reopen it first.")


def demand_resolved(state: CaseState) -> None:
    """Demand that there is an outcome to tell.

    :raises CaseNotResolved: if there is none, or all is over.
    """
    if state is not CaseState.RESOLVED:
        raise CaseNotResolved(f"The case is {state.value}, not resolved.")


def demand_not_closed(state: CaseState) -> None:
    """Demand that a case is not over.

    :raises CaseClosedForGood: if it is.
    """
    if state is CaseState.CLOSED:
        raise CaseClosedForGood("The case is closed; reopen it first.")


def demand_other(severity: Severity, wanted: Severity) -> None:
    """Demand that a severity is another than before.

    :raises SameSeverity: if it is not.
    """
    if severity is wanted:
        raise SameSeverity(f"The severity of the case is {severity.value} already.")


def demand_unacknowledged(*, is_acknowledged: bool) -> None:
    """Demand that nobody has acknowledged a case yet.

    :raises AlreadyAcknowledged: if somebody has.
    """
    if is_acknowledged:
        raise AlreadyAcknowledged("The case was acknowledged before.")
