"""What customers are to each other and to the entities of the group."""

from dataclasses import dataclass
from datetime import datetime

from contracts.base import event


@event("accounts.entity.recorded.v1", subject="entity_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class EntityRecorded:
    """An entity of the group as it stands now."""

    entity_id: str  # what records and tokens call it by
    version: int
    name: str
    active: bool


@event("accounts.customer.shared.v1", subject="customer_id", of_record=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerShared:
    """A customer may be looked at by the other entities of the group, or no longer."""

    customer_id: str
    entity_id: str  # whose customer it is
    shared: bool


@event("accounts.relationship.recorded.v1", subject="relationship_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class RelationshipRecorded:
    """What one customer is to another, as it stands now; plans and background stay with accounts."""

    relationship_id: str
    version: int
    customer_id: str
    other_id: str
    relation: str  # what the other one is: parent, shareholder, partner, supplier, referrer …
    tier: str | None = None  # of a partner: strategic, preferred, registered
    manager_id: str | None = None
    share_bp: int | None = None  # basis points, 1 to 10,000
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    entity_id: str = "group"
    # Kept aside since customers became one, and no relationship until that is undone: it would be
    # one to itself, a second of the same (known), or make somebody his own parent (ring).
    gave_way: str | None = None
    merge_id: str | None = None


@event("accounts.meeting.due.v1", subject="series_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingDue:
    """A regular meeting with a customer is due; it stands on the timeline, to be held."""

    series_id: str
    version: int
    customer_id: str
    due_at: datetime
    next_at: datetime
    level: str  # strategic, management, operational
    interaction_id: str
    contact_id: str | None = None
    host_id: str | None = None
    entity_id: str = "group"


@event("accounts.membership.recorded.v1", subject="membership_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipRecorded:
    """A customer's membership of the club as it stands now; the number stays with accounts."""

    membership_id: str
    version: int
    customer_id: str
    level: str
    joined_on: str
    left_on: str | None = None
    entity_id: str = "group"
