"""Note what happened between a customer and us, at any point of contact."""

from dataclasses import replace

from chassis.errors import Conflict
from chassis.work import Work
from services.accounts.domain.interactions import Touch
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
    known = reads.interaction_by_source(work, customer.entity_id, touch)
    if known is not None:
        if known.customer_id != customer_id:
            raise SourceKeyTaken("This key was used for a touch with another customer.")
        return {"interaction_id": known.id, "created": False}
    if touch.contact_id is not None:
        contact = work.get(Contact, touch.contact_id)
        if contact.customer_id != customer_id:
            raise ForeignContact("The contact is not one of this customer.")
        touch = replace(touch, level=touch.level or contact.level)
    interaction = work.add(write(work, Interaction(), customer, touch))
    return {"interaction_id": interaction.id, "created": True}


def write(work: Work, interaction: Interaction, customer: Customer, touch: Touch) -> Interaction:
    """Let an interaction say what a touch says, and be seen by whoever sees the customer."""
    interaction.customer_id, interaction.contact_id = customer.id, touch.contact_id
    interaction.at = touch.at or work.now
    interaction.kind, interaction.direction = touch.kind, touch.direction
    interaction.level = touch.level
    interaction.subject, interaction.result = touch.subject, touch.result
    interaction.source, interaction.source_key = touch.source, touch.source_key
    interaction.source_version, interaction.lag_ms = touch.version, work.lag_ms
    interaction.entity_id, interaction.owner_id = customer.entity_id, customer.owner_id
    interaction.team_id, interaction.territory_id = customer.team_id, customer.territory_id
    return interaction
