"""Questions across the entities of the group: which there are, and what they share."""

from sqlalchemy import select

from chassis.caller import GROUP_ENTITY
from chassis.cursors import DEFAULT_PAGE
from chassis.errors import Invalid, NotFound
from chassis.pages import Page, page
from chassis.work import Work
from services.accounts.reads.customers import MAX_CONTACTS
from services.accounts.tables import Contact, Customer, Entity, SharedCustomer


def entities(work: Work, *, after: str | None = None, limit: int = DEFAULT_PAGE) -> Page[Entity]:
    """Page through the entities of the group, for whoever works in one of them."""
    return page(work, select(Entity), [Entity.created_at, Entity.id], limit=limit, after=after)


def demand_active(work: Work, entity_id: str) -> None:
    """Demand an entity that people may work in.

    :raises Invalid: if there is none with this id, or it is closed.
    """
    if entity_id == GROUP_ENTITY:
        return
    found = work.session.get(Entity, entity_id)
    if found is None or not found.active:
        raise Invalid(
            "There is no such entity, or it is closed.",
            code="accounts.entity.unknown",
            detail={"entity_id": entity_id},
        )


def sharing(work: Work, customer_id: str) -> SharedCustomer | None:
    """Return that a customer is shared, or None."""
    query = select(SharedCustomer).where(SharedCustomer.customer_id == customer_id)
    return work.session.scalar(query)


def shared_customers(
    work: Work,
    *,
    entity_id: str | None = None,
    after: str | None = None,
    limit: int = DEFAULT_PAGE,
) -> Page[Customer]:
    """Page through the customers that the entities share with each other, or that one shares.

    Whoever may read customers of his own may look at these, however far he reaches there: what is
    shared is shared with all.
    """
    query = select(Customer).join(SharedCustomer, SharedCustomer.customer_id == Customer.id)
    if entity_id is not None:
        query = query.where(Customer.entity_id == entity_id)
    keys = [Customer.created_at, Customer.id]
    return page(work, query, keys, limit=limit, after=after)


def shared_customer(work: Work, *, customer_id: str) -> dict[str, object]:
    """Return what the entities share of one customer: who it is, and whom to talk to.

    What was said, bought, allowed and promised stays with the entity whose customer it is.

    :raises NotFound: if it is not shared.
    """
    if sharing(work, customer_id) is None:
        raise NotFound(
            "There is no shared customer with this id.",
            code="accounts.customer.not_found",
            detail={"id": customer_id},
        )
    contacts = select(Contact).where(Contact.customer_id == customer_id)
    return {
        "customer": work.session.get_one(Customer, customer_id),
        "contacts": list(
            work.session.scalars(contacts.order_by(Contact.name, Contact.id).limit(MAX_CONTACTS))
        ),
    }
