"""Whose a record is, in every service that keeps records of customers."""

from typing import Protocol, TypeVar

from chassis.errors import Forbidden, NotFound, Unavailable
from chassis.tables import OwnedRecord
from chassis.work import Work
from contracts.accounts import CustomerOwnerChanged


class Owner(Protocol):
    """Whoever sees a record: a copied customer, or what stands in its place."""

    @property
    def owner_id(self) -> str | None:
        """The person."""

    @property
    def team_id(self) -> str | None:
        """The team."""

    @property
    def territory_id(self) -> str | None:
        """The territory."""


class Copied(Owner, Protocol):
    """A customer as accounts has told of it."""

    @property
    def version(self) -> int:
        """The version of the record in accounts."""


Customer = TypeVar("Customer")
Current = TypeVar("Current", bound=Copied)


def demand_known(work: Work, customer: Customer | None, customer_id: str) -> Customer:
    """Return a customer that was looked for in the copy.

    :raises NotFound: if the copy does not have it.
    """
    if customer is None:
        raise NotFound(
            "This service has not been told of a customer with this id.",
            code=f"{work.service}.customer.not_found",
            detail={"id": customer_id},
        )
    return customer


def demand_current(work: Work, customer: Current | None, event: CustomerOwnerChanged) -> Current:
    """Return a copied customer that is as new as a change of its owner.

    The copy refuses older news, so whichever change is applied last, the newest owner stands.

    :raises Unavailable: if the copy has not heard of this change yet.
    """
    if customer is None or customer.version < event.version:
        raise Unavailable(
            "The copy of this customer is older than its change of owner.",
            code=f"{work.service}.customer.copy_behind",
        )
    return customer


def hand_over(record: OwnedRecord, owner: Owner) -> bool:
    """Make a record somebody's; say whether that is a change."""
    before = (record.owner_id, record.team_id, record.territory_id)
    record.owner_id, record.team_id = owner.owner_id, owner.team_id
    record.territory_id = owner.territory_id
    return before != (owner.owner_id, owner.team_id, owner.territory_id)


def demand_sight(work: Work, record: OwnedRecord) -> None:
    """Demand that the caller sees a record that was just put in or given to a customer's owner.

    :raises Forbidden: if not: it would be written for somebody else's customer.
    """
    work.flush()
    try:
        work.get(type(record), record.id)
    except NotFound as unseen:
        raise Forbidden(
            "The customer is somebody else's.", code=f"{work.service}.customer.not_yours"
        ) from unseen
