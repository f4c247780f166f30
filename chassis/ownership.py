"""Whose a record is, in every service that keeps records of customers."""

from typing import Protocol, TypeVar

from sqlalchemy import select

from chassis import aliases
from chassis.errors import Forbidden, NotFound, Unavailable
from chassis.tables import CopyRecord, OwnedRecord
from chassis.work import Work


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


class Dated(Protocol):
    """An event that tells in which version of the customer it happened."""

    @property
    def customer_id(self) -> str:
        """Whom it is about."""

    @property
    def version(self) -> int:
        """The version of the record in accounts."""


class Copied(Owner, Protocol):
    """A customer as accounts has told of it."""

    @property
    def id(self) -> str:
        """The id that it has in accounts."""

    @property
    def version(self) -> int:
        """The version of the record in accounts."""


Customer = TypeVar("Customer")
Ref = TypeVar("Ref", bound=CopyRecord)
Current = TypeVar("Current", bound=Copied)


def customer(work: Work, kind: type[Ref], customer_id: str) -> Ref | None:
    """Return a customer out of the copy; its owner cannot change until this work is done.

    An old id leads to the customer that it was merged into.
    """
    asked = customer_id
    for _ in range(aliases.MAX_HOPS):
        query = select(kind).where(kind.id == asked, ~kind.erased)
        found = work.session.scalar(query.with_for_update(read=True))
        if found is not None:
            return found
        # Only now: it may have been merged while we waited for its lock.
        asked, before = aliases.now_called(work.session, asked), asked
        if asked == before:
            return None
    return None


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


def demand_current(work: Work, customer: Current | None, event: Dated) -> Current | None:
    """Return a copied customer that is as new as what an event tells of it; None if it was merged.

    The copy refuses older news, so whichever event is applied last, the newest state stands.

    :raises Unavailable: if the copy has not heard of this change yet.
    """
    if customer is not None and customer.id != event.customer_id:
        return None  # it was merged into this one, whose owner has its own events
    if customer is None or customer.version < event.version:
        raise Unavailable(
            "The copy of this customer is older than this change of it.",
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
