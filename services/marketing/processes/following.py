"""What marketing keeps of customers, and how it follows when two become one."""

from chassis.following import Follower, process
from chassis.moving import Kind
from contracts.following import MarketingFollowed
from services.marketing.tables import (
    CampaignMember,
    Membership,
    OrderSeen,
    ProfileTag,
    Response,
    Send,
)
from services.marketing.usecases import merging

FOLLOWER = Follower(
    # Where the winner was addressed, answered or tagged alike, the other one stays as history.
    kinds=(
        Kind("orders", OrderSeen),
        Kind("tags", ProfileTag),
        Kind("members", CampaignMember),
        Kind("sends", Send),
        Kind("responses", Response),
        Kind("memberships", Membership),
    ),
    told=MarketingFollowed,
    owner=merging.hold,
    settle=merging.settle,
)
FOLLOW = process(FOLLOWER)
