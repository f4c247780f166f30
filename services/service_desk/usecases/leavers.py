"""Give away the cases of somebody who hands over."""

from chassis.leaving import Leave, Leaver
from chassis.work import Work
from services.service_desk.domain.escalation import AssignmentReason
from services.service_desk.reads import people
from services.service_desk.tables import Case, StaffRef
from services.service_desk.usecases import assignment, clocks, escalation


def give_case(work: Work, leaver: Leaver, leave: Leave, case: Case) -> bool:
    """Make one of those answerable for a case who were named, in turn, else whoever is nearest.

    Only who may work on it gets it, and of a complaint nobody whom it is about: where that is
    nobody, it stays whose it is.
    """
    clocks.settle(work, clocks.load(work, case), work.now)  # what was due before came before
    if case.assignee_id != leave.staff_id:
        return True  # it was due to go to somebody above, and did
    chosen = _choose(work, leaver, leave, case)
    if chosen is None:
        return False
    escalation.come_down(work, case, chosen)
    assignment.give(work, case, chosen.id, AssignmentReason.HANDED_OVER)
    return True


def _choose(work: Work, leaver: Leaver, leave: Leave, case: Case) -> StaffRef | None:
    able = {one.id: one for one in assignment.others(work, case)}
    named = [one.id for one in leaver.recipients(work, leave) if one.id in able]
    if named:
        leave.turn += 1
        return able[named[(leave.turn - 1) % len(named)]]
    return min(
        able.values(),
        key=lambda one: (people.as_candidate(one, case).distance, one.id),
        default=None,
    )
