"""What marketing keeps of customers, and how it follows when two become one, or one is erased."""

from chassis.disclosing import Part, disclosing
from chassis.erasures import Erasing
from chassis.following import FOLLOW as KIND
from chassis.following import Follower, process
from chassis.moving import Kind
from chassis.wiping import Wipe, of
from contracts.following import MarketingFollowed
from services.marketing.tables import (
    CampaignMember,
    ConsentRef,
    CustomerRef,
    Membership,
    OrderSeen,
    Profile,
    ProfileTag,
    Response,
    Send,
    Suppression,
)
from services.marketing.usecases import merging

# What was sent and answered stays counted, by id: sends hold no address. The profile goes.
ERASING = Erasing(
    wipes=(
        Wipe("members", CampaignMember, of(CampaignMember), blanks={"reasons": []}),
        Wipe("memberships", Membership, of(Membership), goes=True),
        Wipe("tags", ProfileTag, of(ProfileTag), goes=True),
        Wipe("responses", Response, of(Response), blanks={"evidence": None}),
        Wipe("suppressions", Suppression, of(Suppression, "id"), blanks={"refused_address": None}),
        Wipe("profiles", Profile, of(Profile), goes=True),
    ),
    copies=(CustomerRef,),
    own_processes=(KIND,),
    own_records=("sends", "followings"),
)
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
    erasing=ERASING,
    settle=merging.settle,
)
FOLLOW = process(FOLLOWER)
DISCLOSING = disclosing(
    FOLLOWER,
    Part(ConsentRef),
    Part(Profile),
    Part(Suppression, "id"),
    internal=frozenset({"token_hash"}),
)
