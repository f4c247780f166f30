"""What analytics keeps of customers, and how it follows when two become one, or one is erased.

Scores stay where they are: each was concluded of one record, and the next run ranks the customer
that there is. The warehouse reads the log and takes old ids for the new one by itself.

Nothing here tells who anybody is: scores and facts are of ids, and no personal data enters the log.
Of who is erased, the copy becomes a tombstone, and what stands beside the records is looked through.
"""

from chassis.disclosing import Part, disclosing
from chassis.erasures import Erasing
from chassis.following import FOLLOW as KIND
from chassis.following import Follower, process
from chassis.moving import Kind
from contracts.following import AnalyticsFollowed
from services.analytics.reads import leads
from services.analytics.tables import (
    CustomerRef,
    CustomerScore,
    CustomerStanding,
    LeadLink,
    LeadScore,
    LeadSignal,
)

FOLLOWER = Follower(
    kinds=(
        Kind("lead_links", LeadLink, "subject_id"),
        Kind("lead_signals", LeadSignal, "subject_id"),
        Kind("calls", LeadSignal, "value"),  # of a call: whose it was
    ),
    told=AnalyticsFollowed,
    erasing=Erasing(
        wipes=(),
        copies=(CustomerRef,),
        own_processes=(KIND,),
        own_records=("customer_scores", "score_runs", "followings"),
    ),
)
FOLLOW = process(FOLLOWER)
_LINKED = Part(LeadLink, "subject_id", key="lead_id")
DISCLOSING = disclosing(
    FOLLOWER,
    Part(CustomerScore),
    Part(CustomerStanding),
    Part(LeadLink, "lead_id", _LINKED),
    Part(LeadScore, "id", _LINKED),
    Part(LeadSignal, "subject_id", _LINKED),
    strays=leads.of_nobody,
)
