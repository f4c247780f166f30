"""What sales keeps of the staff, and how it gives that away when somebody hands over."""

from chassis.leaving import Holding, Leaver, process
from contracts.owning import SalesStaffFollowed
from services.sales.reads import customers
from services.sales.tables import CustomerRef, Lead, Opportunity, Order, Quote
from services.sales.usecases import leavers

LEAVER = Leaver(
    holdings=(
        Holding("leads", Lead, give=leavers.give_lead),
        Holding("opportunities", Opportunity),
        Holding("quotes", Quote),
        Holding("orders", Order),
    ),
    customers=CustomerRef,
    staff=customers.staff,
    told=SalesStaffFollowed,
)
TAKE_OVER = process(LEAVER)
