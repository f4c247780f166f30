"""Give away the leads of somebody who hands over; those of customers follow their customers."""

from dataclasses import dataclass

from chassis.errors import Unavailable
from chassis.work import Work
from contracts.owning import StaffHandedOver
from services.sales.domain.leads import AssignmentReason
from services.sales.reads import customers, leads
from services.sales.tables import StaffRef
from services.sales.usecases import assignment
from services.sales.usecases.ownership import note_assignment

PROCESS = "leads_of_leaver"
TAKEN_AT_ONCE = 200


@dataclass
class TakeOver:
    """Whose leads go to whom, and how far it is."""

    allocation_id: str
    staff_id: str
    entity_id: str
    recipient_ids: tuple[str, ...] = ()  # empty: whoever's turn it is in the territory
    after: str = ""  # the last lead that was given
    given: int = 0


def start_take_over(work: Work, told: StaffHandedOver) -> None:
    """Start to give away the leads of somebody that hang on no customer."""
    others = [one for one in told.recipient_ids if one != told.staff_id]
    state = {"allocation_id": told.allocation_id, "staff_id": told.staff_id}
    state |= {"entity_id": told.entity_id}
    work.start(PROCESS, told.allocation_id, state | {"recipient_ids": others})


def take_leads(work: Work, state: TakeOver) -> bool:
    """Give the next leads away, in turn; say whether there are more.

    :raises Unavailable: if sales has not been told yet of somebody who is to get one.
    """
    reps = [_known(work, one) for one in state.recipient_ids]
    found = leads.without_customer(
        work, state.entity_id, state.staff_id, state.after, TAKEN_AT_ONCE
    )
    for lead in found:
        if reps:
            rep, previous = reps[state.given % len(reps)], lead.owner_id
            lead.owner_id, lead.team_id = rep.id, rep.team_id
            note_assignment(work, lead, previous, AssignmentReason.HANDED_OVER)
        else:
            assignment.assign(work, lead)
        state.after, state.given = lead.id, state.given + 1
    return len(found) == TAKEN_AT_ONCE


def _known(work: Work, staff_id: str) -> StaffRef:
    rep = customers.staff(work, staff_id)
    if rep is None:
        raise Unavailable("Sales does not know this person yet.", code="sales.staff.copy_behind")
    return rep
