"""What may happen to a lead, and when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from chassis.errors import Conflict, Invalid

FIRST_RESPONSE = timedelta(hours=24)  # until the first action on a new lead is due
MAX_REMINDER_PAUSE_DAYS = 30
MAX_TAGS = 50  # on one lead


class StatusType(StrEnum):
    """What a lead's status means to the machine; what it is called is the user's business."""

    OPEN = "open"
    ONGOING = "ongoing"
    ON_HOLD = "on_hold"
    CONVERTED = "converted"
    LOST = "lost"


CLOSED = frozenset({StatusType.CONVERTED, StatusType.LOST})


class DisqualifyReason(StrEnum):
    """Why a lead is given up."""

    NOT_REACHABLE = "not_reachable"
    NOT_INTERESTED = "not_interested"
    NO_BUDGET = "no_budget"
    WRONG_DATA = "wrong_data"
    DUPLICATE = "duplicate"
    OTHER = "other"


class AssignmentReason(StrEnum):
    """Why a lead has the owner that it has, or has none."""

    CUSTOMER_OWNER = "customer_owner"  # the matched customer is somebody's already
    SUBSTITUTE = "substitute"  # who stands in for the customer's owner
    ROTATION = "rotation"  # it was this rep's turn in the territory
    MANUAL = "manual"
    HANDED_OVER = "handed_over"  # whoever had it leaves
    NO_TERRITORY = "no_territory"  # no territory covers its state
    NO_REP = "no_rep"  # nobody active sells in its territory or above


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLead:
    """What is known of a lead when it is captured."""

    source: str
    name: str
    company: str | None = None
    email: str | None = None
    phone: str | None = None
    country: str | None = None  # ISO 3166-1 alpha-2; completes a national phone number
    state: str | None = None
    external_ids: Mapping[str, str] = field(default_factory=dict)  # system -> the key it has there
    campaign_id: str | None = None
    message: str | None = None
    next_action_due: datetime | None = None
    submission_id: str | None = None  # of the form or system that it comes from


class LeadClosed(Conflict):
    """Refuse to work on a lead that was converted or lost."""

    code = "sales.lead.closed"


class LeadBeingConverted(Conflict):
    """Refuse to change a lead that is becoming a customer right now."""

    code = "sales.lead.being_converted"


class LeadNotAssigned(Conflict):
    """Refuse to convert a lead that nobody has: its customer would be nobody's."""

    code = "sales.lead.not_assigned"


class LeadNotQualified(Conflict):
    """Refuse to convert a lead that nobody has qualified."""

    code = "sales.lead.not_qualified"


class NextActionMissing(Invalid):
    """Refuse to leave an open lead without a next action in the future."""

    code = "sales.lead.next_action_missing"


class TooManyTags(Conflict):
    """Refuse more words than anybody reads."""

    code = "sales.lead.too_many_tags"


def tagged(known: Iterable[str], add: Iterable[str], remove: Iterable[str]) -> list[str]:
    """Return the words on a lead after a change, in order.

    :raises TooManyTags: if there would be more than anybody reads.
    """
    left = sorted((set(known) | set(add)) - set(remove))
    if len(left) > MAX_TAGS:
        raise TooManyTags("Nobody reads so many tags.", detail={"most": MAX_TAGS})
    return left


def demand_open(type_: StatusType, *, is_converting: bool = False) -> None:
    """Demand that a lead can still be worked on.

    :raises LeadClosed: if it was converted or lost.
    :raises LeadBeingConverted: if its conversion is under way.
    """
    if type_ in CLOSED:
        raise LeadClosed(f"The lead is closed ({type_.value}).", detail={"type": type_.value})
    if is_converting:
        raise LeadBeingConverted("The lead is being converted; wait until that is done.")


def demand_convertible(*, is_qualified: bool, is_assigned: bool) -> None:
    """Demand that an open lead is ready to become a customer.

    :raises LeadNotQualified: if nobody has qualified it.
    :raises LeadNotAssigned: if nobody has it.
    """
    if not is_qualified:
        raise LeadNotQualified("Qualify the lead before it is converted.")
    if not is_assigned:
        raise LeadNotAssigned("Assign the lead before it is converted.")


def demand_next_action(due: datetime | None, now: datetime) -> datetime:
    """Return when the next action is due, which must be in the future.

    :raises NextActionMissing: if there is none, or it is over.
    """
    if due is None or due <= now:
        raise NextActionMissing("An open lead needs a next action in the future.")
    return due


def reminder_pause(reminders: int) -> timedelta:
    """Return how long to wait after so many reminders: 1, 2, 4, … days, at most a month."""
    days = MAX_REMINDER_PAUSE_DAYS if reminders > MAX_REMINDER_PAUSE_DAYS else 2 ** (reminders - 1)
    return timedelta(days=min(days, MAX_REMINDER_PAUSE_DAYS))
