"""What marketing stores."""

from services.marketing.tables.campaigns import Campaign, CampaignMember, Response, Template
from services.marketing.tables.copies import ConsentRef, CustomerRef, FieldRef
from services.marketing.tables.profiles import OrderSeen, Profile, ProfileTag
from services.marketing.tables.segments import Membership, Segment
from services.marketing.tables.sends import Send, Suppression

__all__ = [
    "Campaign",
    "CampaignMember",
    "ConsentRef",
    "CustomerRef",
    "FieldRef",
    "Membership",
    "OrderSeen",
    "Profile",
    "ProfileTag",
    "Response",
    "Segment",
    "Send",
    "Suppression",
    "Template",
]
