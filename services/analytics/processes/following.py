"""What analytics keeps of customers, and how it follows when two become one.

Scores stay where they are: each was concluded of one record, and the next run ranks the customer
that there is. The warehouse reads the log and takes old ids for the new one by itself.
"""

from chassis.following import Follower, process
from chassis.moving import Kind
from contracts.following import AnalyticsFollowed
from services.analytics.tables import LeadLink, LeadSignal

FOLLOWER = Follower(
    kinds=(
        Kind("lead_links", LeadLink, "subject_id"),
        Kind("lead_signals", LeadSignal, "subject_id"),
        Kind("calls", LeadSignal, "value"),  # of a call: whose it was
    ),
    told=AnalyticsFollowed,
)
FOLLOW = process(FOLLOWER)
