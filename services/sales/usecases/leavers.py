"""Give away the leads of somebody who hands over."""

from chassis.leaving import Leave, Leaver
from chassis.ownership import hand_over
from chassis.work import Work
from services.sales.domain.leads import AssignmentReason
from services.sales.tables import Lead
from services.sales.usecases import assignment
from services.sales.usecases.ownership import note_assignment


def give_lead(work: Work, leaver: Leaver, leave: Leave, lead: Lead) -> bool:
    """Give a lead to its customer's owner, else to whose turn it is, else by its territory.

    One of a customer who stays with whoever leaves stays too.
    """
    customer = leaver.owner_of(work, lead.customer_id)
    if customer is not None and customer.owner_id == leave.staff_id:
        return False
    previous = lead.owner_id
    if customer is not None and customer.owner_id is not None:
        hand_over(lead, customer)
    else:
        rep = leaver.recipient(work, leave)
        if rep is None:
            assignment.assign(work, lead, besides=leave.staff_id)
            return lead.owner_id != leave.staff_id
        lead.owner_id, lead.team_id = rep.id, rep.team_id
    note_assignment(work, lead, previous, AssignmentReason.HANDED_OVER)
    return True
