"""What a campaign may do, and what counts as an answer to it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from chassis.errors import Conflict, Invalid

STEP = "1"  # campaigns have one step by now
MAIL = "mail"
MAX_RESPONSES = 50
ORDERED, UNSUBSCRIBED = "ordered", "unsubscribed"
AUTOMATIC = (ORDERED, UNSUBSCRIBED)  # every campaign has them; nobody records them by hand


class CampaignStatus(StrEnum):
    """How far a campaign is."""

    DRAFT = "draft"
    SENDING = "sending"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Whom a campaign addresses, with what, and which answers it asks for."""

    label: str
    segment_id: str
    template_id: str
    responses: Sequence[str]
    window_days: int
    honours_preference: bool = True  # leave out who likes another channel better than mail


class CampaignLaunched(Conflict):
    """Refuse to change or launch a campaign that was launched."""

    code = "marketing.campaign.launched"


class CampaignNotLaunched(Conflict):
    """Refuse an answer to a campaign that nobody has seen yet."""

    code = "marketing.campaign.not_launched"


class NotForCampaigns(Invalid):
    """Refuse a template of another purpose."""

    code = "marketing.campaign.template_purpose"


class UnknownResponse(Invalid):
    """Refuse an answer in a class that the campaign does not have."""

    code = "marketing.campaign.unknown_response"


class ReservedResponse(Invalid):
    """Refuse a class of a campaign's own that every campaign has by itself."""

    code = "marketing.campaign.reserved_response"


class NotAMember(Invalid):
    """Refuse an answer of somebody whom the campaign did not address."""

    code = "marketing.campaign.not_a_member"


def demand_draft(status: CampaignStatus) -> None:
    """Demand that a campaign was not launched.

    :raises CampaignLaunched: if it was.
    """
    if status is not CampaignStatus.DRAFT:
        raise CampaignLaunched("The campaign was launched; draw up another one.")


def demand_own_classes(responses: Collection[str]) -> None:
    """Demand that people record none of the answers that are concluded from facts.

    :raises ReservedResponse: if one of them is among the classes.
    """
    reserved = sorted(set(responses) & set(AUTOMATIC))
    if reserved:
        raise ReservedResponse(
            "Every campaign has these classes of answers by itself; nobody records them.",
            detail={"reserved": reserved},
        )


def demand_class(response: str, classes: Collection[str]) -> None:
    """Demand that a campaign has a class of answers that people record.

    :raises UnknownResponse: if it has not.
    """
    if response not in classes:
        raise UnknownResponse(
            "The campaign has no such class of answers.", detail={"known": sorted(classes)}
        )
