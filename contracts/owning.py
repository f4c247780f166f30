"""What rules do with whose a customer is: warnings, batches, hand-overs."""

from dataclasses import dataclass
from datetime import datetime

from contracts.base import event

HANDED_OVER = "handed_over"  # the reason of a change of owner because somebody leaves


@event("accounts.customer.drop_warned.v1", subject="customer_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerDropWarned:
    """A customer will be taken from its owner unless he does what the rule demands."""

    customer_id: str
    version: int
    owner_id: str | None
    team_id: str | None
    territory_id: str | None
    rule_id: str
    demand: str  # follow_up, opportunity, deal
    due: datetime
    entity_id: str = "group"


@event("accounts.allocation.finished.v1", subject="allocation_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationFinished:
    """A batch of customers was dealt out; each change of owner was told by itself."""

    allocation_id: str
    version: int
    method: str  # round_robin, weighted, territory, least_loaded
    total: int
    given: int
    refused: int
    entity_id: str = "group"


@event("accounts.staff.handed_over.v1", subject="allocation_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class StaffHandedOver:
    """All customers of somebody were handed over; what the services keep of him is to follow."""

    allocation_id: str
    version: int
    staff_id: str
    recipient_ids: tuple[str, ...]  # empty: by territory, whoever is responsible
    entity_id: str = "group"
    kept: int = 0  # customers that could be given to nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffFollowed:
    """What a service has given away of who hands over."""

    task_id: str  # the allocation
    staff_id: str
    counts: dict[str, int]  # kind of record -> how many; with _left: how many are still his


@event("sales.staff.followed.v1", subject="task_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class SalesStaffFollowed(StaffFollowed):
    """Sales has followed a hand-over."""


@event("service_desk.staff.followed.v1", subject="task_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDeskStaffFollowed(StaffFollowed):
    """The service desk has followed a hand-over."""


@event("telephony.staff.followed.v1", subject="task_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class TelephonyStaffFollowed(StaffFollowed):
    """Telephony has followed a hand-over."""
