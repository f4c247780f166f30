"""Taking a case to somebody above."""

from datetime import datetime

from chassis.errors import Conflict
from chassis.work import Work
from services.service_desk.domain.cases import Change
from services.service_desk.domain.escalation import AssignmentReason, Rung, climb, level_of
from services.service_desk.reads import people, policies, telling
from services.service_desk.tables import Case, StaffRef
from services.service_desk.usecases import assignment, history

BY_HAND, BY_SEVERITY = "manual", "severity"


class AtTheTop(Conflict):
    """Refuse to take a case higher than the way up leads."""

    code = "service_desk.case.at_the_top"


def escalate(work: Work, case: Case, reason: str, *, at: datetime | None = None) -> Rung | None:
    """Take a case to the next level and give it to whoever stands there; None at the top."""
    candidates = [people.as_candidate(one, case) for one in assignment.others(work, case)]
    path = policies.way_up(work, case.entity_id)
    rung = climb(path, case.escalation_level, candidates)
    if rung is None:
        return None
    from_id = case.assignee_id
    case.escalation_level, case.escalations = rung.level, case.escalations + 1
    history.note(work, case, Change.ESCALATED, reason=reason, at=at)
    work.tell(telling.case_escalated(rung, from_id, reason), case)
    if rung.staff_id is not None:
        assignment.give(work, case, rung.staff_id, AssignmentReason.ESCALATION, at=at)
    return rung


def come_down(work: Work, case: Case, one: StaffRef) -> None:
    """Take a case down to the level of whoever gets it by hand, from where it may go up again."""
    path = policies.way_up(work, case.entity_id)
    level = level_of(path, people.as_candidate(one, case))
    case.escalation_level = min(case.escalation_level, level)


def escalate_by_hand(work: Work, case: Case) -> None:
    """Take a case to the next level because somebody asks for it.

    :raises AtTheTop: if it is there.
    """
    if escalate(work, case, BY_HAND) is None:
        raise AtTheTop("The way up ends here.")
