"""What sales keeps of customers, and how it follows when two become one, or one is erased."""

from dataclasses import replace

from sqlalchemy import null

from chassis.claiming import Claim
from chassis.disclosing import Part, disclosing
from chassis.erasures import Erasing
from chassis.following import FOLLOW as KIND
from chassis.following import Follower, process
from chassis.moving import Kind
from chassis.wiping import Wipe, of
from chassis.work import Work
from contracts.following import SalesFollowed
from services.sales.domain.leads import AssignmentReason
from services.sales.reads import customers
from services.sales.tables import (
    CustomerRef,
    Lead,
    LeadAssignment,
    LeadScore,
    Opportunity,
    Order,
    OrderLine,
    Quote,
    QuoteLine,
    StageStay,
)
from services.sales.usecases.ownership import note_assignment


def _note_assignment(work: Work, lead: Lead, previous_owner_id: str | None) -> None:
    """Note that a lead went to its customer's owner, as when that one changes."""
    if lead.owner_id != previous_owner_id:
        note_assignment(work, lead, previous_owner_id, AssignmentReason.CUSTOMER_OWNER)


# Orders and quotes stay for the books, by id: what tells who it was and where it went is blanked.
LEADS = Wipe("leads", Lead, of(Lead), blanks={"external_ids": {}})
OPPORTUNITIES = Wipe("opportunities", Opportunity, of(Opportunity))
ERASING = Erasing(
    wipes=(LEADS, OPPORTUNITIES, Wipe("orders", Order, of(Order))),
    copies=(CustomerRef,),
    own_processes=(KIND,),
    own_records=("quotes", "followings"),  # nothing in them tells who it was
    claims=(Claim("leads", Lead, keys="external_ids"),),
    # Of a contact alone: the lead that it came from is the person's, an opportunity the customer's.
    contacts=(
        Wipe("leads", Lead, of(Lead, "contact_id"),
             blanks={"external_ids": {}, "contact_id": null()}),
        Wipe("opportunities", Opportunity, of(Opportunity, "contact_id"), only=(),
             blanks={"contact_id": null()}),
    ),
    said=(  # somebody else's lead may say the contact, and stays that one's
        replace(LEADS, by=("name", "email", "phone")),
        Wipe("leads", Lead, of(Lead), only=("company", "message", "next_action", "lost_note")),
        OPPORTUNITIES,
    ),
)  # fmt: skip
FOLLOWER = Follower(
    kinds=(
        Kind("leads", Lead, after=_note_assignment),
        Kind("opportunities", Opportunity),
        Kind("quotes", Quote),
        Kind("orders", Order),
    ),
    told=SalesFollowed,
    owner=customers.customer,
    erasing=ERASING,
)
FOLLOW = process(FOLLOWER)
# What is told to the person who asks; a lead's history and what it is worth come with the lead.
DISCLOSING = disclosing(
    FOLLOWER,
    Part(LeadAssignment, "lead_id", Part(Lead)),
    Part(LeadScore, "lead_id", Part(Lead)),
    Part(StageStay, "opportunity_id", Part(Opportunity)),
    Part(QuoteLine, "quote_id", Part(Quote)),
    Part(OrderLine, "order_id", Part(Order)),
    internal=frozenset({"fingerprint"}),
)
