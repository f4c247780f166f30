"""Note what happened between a customer and us, at any point of contact."""

from datetime import UTC, datetime

from chassis.errors import Conflict, Unavailable
from chassis.money import from_minor
from chassis.work import Work
from contracts.sales import OrderPlaced
from services.accounts.domain.interactions import Direction, InteractionKind, Touch
from services.accounts.reads import customers as reads
from services.accounts.tables import Contact, Customer, Interaction


class SourceKeyTaken(Conflict):
    """Refuse a source's key that was used for another customer."""

    code = "accounts.interaction.source_key_taken"


class ForeignContact(Conflict):
    """Refuse a contact of another customer."""

    code = "accounts.interaction.foreign_contact"


def record_interaction(work: Work, *, customer_id: str, touch: Touch) -> dict[str, object]:
    """Put a touch on the customer's timeline, once per key of its source.

    :raises SourceKeyTaken: if the key was used for another customer.
    :raises ForeignContact: if the contact is another customer's.
    """
    customer = work.get(Customer, customer_id)
    reads.hold(work, [f"touch:{touch.source}:{touch.source_key}"])
    known = reads.interaction_by_source(work, touch.source, touch.source_key)
    if known is not None:
        if known.customer_id != customer_id:
            raise SourceKeyTaken("This key was used for a touch with another customer.")
        return {"interaction_id": known.id, "created": False}
    if touch.contact_id is not None:
        contact = work.get(Contact, touch.contact_id)
        if contact.customer_id != customer_id:
            raise ForeignContact("The contact is not one of this customer.")
    interaction = work.add(_interaction(work, customer, touch))
    return {"interaction_id": interaction.id, "created": True}


def note_sale(work: Work, placed: OrderPlaced) -> None:
    """Put an order on its customer's timeline.

    :raises Unavailable: if the customer is not known yet.
    """
    if work.session.get(Customer, placed.customer_id) is None:
        raise Unavailable("The customer of this order is not known yet.", code="accounts.unknown")
    touch = Touch(
        kind=InteractionKind.SALE,
        direction=Direction.INBOUND,
        subject=f"Order {placed.external_id}",
        result=f"{placed.currency} {from_minor(placed.total_minor, placed.currency)}",
        at=datetime.fromisoformat(placed.ordered_on).replace(tzinfo=UTC),
        contact_id=None,
        source="sales.order",
        source_key=placed.order_id,
    )
    record_interaction(work, customer_id=placed.customer_id, touch=touch)


def _interaction(work: Work, customer: Customer, touch: Touch) -> Interaction:
    return Interaction(
        customer_id=customer.id,
        contact_id=touch.contact_id,
        at=touch.at or work.now,
        kind=touch.kind,
        direction=touch.direction,
        subject=touch.subject,
        result=touch.result,
        source=touch.source,
        source_key=touch.source_key,
        entity_id=customer.entity_id,
        owner_id=customer.owner_id,
        team_id=customer.team_id,
        territory_id=customer.territory_id,
    )
