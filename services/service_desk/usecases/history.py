"""The history of a case: every change is a line, in the order in which things were true."""

from datetime import datetime

from chassis.work import Work
from services.service_desk.domain.cases import CaseState, Change, demand_transition
from services.service_desk.reads import telling
from services.service_desk.tables import Case, CaseChange


def note(
    work: Work,
    case: Case,
    change: Change,
    *,
    reason: str | None = None,
    at: datetime | None = None,
) -> None:
    """Add a line; what the clock did was true before it is noted, and nobody else did it."""
    case.changes += 1
    line = CaseChange(
        case_id=case.id,
        place=case.changes,
        change=change,
        at=at or work.now,
        noted_at=work.now,
        state=case.state,
        assignee_id=case.assignee_id,
        level=case.escalation_level,
        reason=reason,
        actor=work.actor if at is None else f"service:{work.service}",
    )
    work.session.add(line)


def go(
    work: Work,
    case: Case,
    target: CaseState,
    *,
    reason: str | None = None,
    at: datetime | None = None,
) -> None:
    """Let a case go to another state and tell it.

    :raises TransitionNotAllowed: if no way leads there.
    """
    previous = case.state
    demand_transition(previous, target)
    case.state = target
    work.tell(telling.state_changed(previous, target, at or work.now, reason), case)
