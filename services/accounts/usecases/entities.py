"""Keep the entities of the group, and say which customers they share."""

from functools import partial

from chassis.errors import Conflict
from chassis.visibility import demand_house
from chassis.work import Work
from contracts.party import CustomerShared
from services.accounts.reads import entities, telling
from services.accounts.tables import Customer, Entity, SharedCustomer


class EntityExists(Conflict):
    """Refuse an entity whose key is taken."""

    code = "accounts.entity.exists"


def register_entity(work: Work, *, entity_id: str, name: str) -> Entity:
    """Enter an entity of the group.

    :raises Forbidden: if the caller works in one entity, not for the group.
    :raises EntityExists: if there is one with this key.
    """
    demand_house(work.caller)
    if work.session.get(Entity, entity_id) is not None:
        raise EntityExists("There is an entity with this key.", detail={"entity_id": entity_id})
    entity = work.add(Entity(id=entity_id, name=name, active=True))
    work.tell(telling.entity_recorded, entity)
    return entity


def update_entity(work: Work, *, entity_id: str, version: int, name: str, active: bool) -> Entity:
    """Rename an entity, or close it: nobody is entered in it any more; what it has stays.

    :raises Forbidden: if the caller works in one entity, not for the group.
    :raises StaleVersion: if it changed since.
    """
    demand_house(work.caller)
    entity = work.get(Entity, entity_id, version=version)
    entity.name, entity.active = name, active
    if work.session.is_modified(entity):
        work.tell(telling.entity_recorded, entity)
    return entity


def share_customer(
    work: Work, *, customer_id: str, version: int, shared: bool
) -> dict[str, object]:
    """Let the other entities of the group look at a customer, or no longer; twice changes nothing.

    They see who it is and whom to talk to there; only its own entity changes it.

    :raises StaleVersion: if the customer changed since.
    """
    customer = work.get(Customer, customer_id, version=version)
    known = entities.sharing(work, customer_id)
    if shared and known is None:
        work.add(SharedCustomer(customer_id=customer_id, entity_id=customer.entity_id))
    elif known is not None and not shared:
        work.remove(known)
    if shared is not (known is not None):
        work.tell(partial(_shared, shared), customer)
        work.flush()  # the answer has the version that this makes
    return {"customer_id": customer_id, "version": customer.version, "shared": shared}


def _shared(shared: bool, customer: Customer) -> CustomerShared:
    return CustomerShared(customer_id=customer.id, entity_id=customer.entity_id, shared=shared)
