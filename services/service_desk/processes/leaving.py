"""What the service desk keeps of the staff, and how it gives that away when somebody hands over."""

from chassis.leaving import Holding, Leaver, process
from contracts.owning import ServiceDeskStaffFollowed
from services.service_desk.domain.cases import CaseState
from services.service_desk.reads import people
from services.service_desk.tables import Case, CustomerRef, Survey
from services.service_desk.usecases import leavers

LEAVER = Leaver(
    holdings=(
        Holding("cases", Case),
        Holding("surveys", Survey),
        # Last: whose a case is decides who may work on it. Who had a closed one is history.
        Holding(
            "assigned_cases", Case, "assignee_id",
            which=lambda: Case.state != CaseState.CLOSED, give=leavers.give_case,
        ),
    ),
    customers=CustomerRef,
    staff=people.staff,
    told=ServiceDeskStaffFollowed,
)  # fmt: skip
TAKE_OVER = process(LEAVER)
