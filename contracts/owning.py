"""What rules do with whose a customer is: warnings, batches, hand-overs."""

from dataclasses import dataclass
from datetime import datetime

from contracts.base import event


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
    """All customers of somebody were handed over; what hangs on no customer is to follow."""

    allocation_id: str
    version: int
    staff_id: str
    recipient_ids: tuple[str, ...]  # empty: by territory, whoever is responsible
    entity_id: str = "group"
