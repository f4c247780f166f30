"""Keep words on customers, keys in other systems, and what somebody likes."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import delete

from chassis.ids import new_id
from chassis.work import Work
from contracts.tagging import LeadTagged
from services.accounts.domain import keys as rules
from services.accounts.domain import preferences
from services.accounts.domain.preferences import Preferences
from services.accounts.reads import contact_points, customers, telling
from services.accounts.reads import keys as reads
from services.accounts.tables import Contact, Customer, CustomerTag, ExternalId
from services.accounts.usecases.customers import ExternalIdTaken, awaited, keys_of


def tag_customer(
    work: Work, *, customer_id: str, version: int, add: Sequence[str], remove: Sequence[str]
) -> Customer:
    """Put words on a customer and take others off; what is so already tells nothing.

    :raises StaleVersion: if it changed since.
    :raises TooManyTags: if there would be more than anybody reads.
    """
    customer = work.get(Customer, customer_id, version=version)
    tags = rules.tagged(customer.tags or (), add, remove)
    if tags != (customer.tags or []):
        customer.tags = tags
        _tell(work, customer)
        retag(work, customer)
    return customer


def keep_tags_of_lead(work: Work, told: LeadTagged) -> None:
    """Put the words of a lead on the customer that it became, as far as there is room.

    :raises Unavailable: if the customer is not known yet.
    """
    if told.customer_id is None:
        return  # nobody's yet
    customer = awaited(work, told.customer_id)
    tags = rules.tagged_too(customer.tags or (), told.tags)
    if tags != (customer.tags or []):
        customer.tags = tags
        _tell(work, customer)
        retag(work, customer)


def set_preferences(
    work: Work, *, customer_id: str, contact_id: str | None, version: int, told: Preferences
) -> Customer | Contact:
    """Keep how and when a customer, or somebody to talk to there, likes to be turned to.

    :raises StaleVersion: if it changed since.
    :raises WindowUnreadable: if the time window is none.
    """
    preferences.check(told)
    party = contact_points.party_of(work, customer_id, contact_id)
    work.get(type(party), party.id, version=version)
    for name, value in asdict(told).items():
        setattr(party, name, value)
    if work.session.is_modified(party):
        if isinstance(party, Customer):
            _tell(work, party)
        else:
            work.tell(telling.contact_recorded, party)
        work.flush()
    return party


def add_external_id(
    work: Work, *, customer_id: str, version: int, system: str, external_id: str
) -> Customer:
    """Note one more key that another system knows a customer by.

    The first key in a system stays the one that is told to everybody; all of them lead here.

    :raises StaleVersion: if it changed since.
    :raises ExternalIdTaken: if the key is another customer's.
    """
    customer = work.get(Customer, customer_id, version=version)
    customers.hold(work, [f"id:{system}:{external_id}"])
    known = reads.holder(work, system, external_id)
    if known == customer_id:
        return customer
    if known is not None:
        raise ExternalIdTaken(
            "This key is another customer's.", detail={"customer_id": known, "system": system}
        )
    if system in customer.external_ids:
        customer.further_ids = rules.with_key(customer.further_ids or {}, system, external_id)
    else:
        customer.external_ids = {**customer.external_ids, system: external_id}
    _tell(work, customer)
    work.session.add_all(keys_of(customer.id, customer.entity_id, {system: external_id}))
    work.flush()
    return customer


def remove_external_id(
    work: Work, *, customer_id: str, version: int, system: str, external_id: str
) -> Customer:
    """Take away a key; if it was the first in its system, the next one takes its place.

    :raises StaleVersion: if it changed since.
    :raises UnknownKey: if the customer does not have it.
    """
    customer = work.get(Customer, customer_id, version=version)
    first, further = rules.without_key(
        customer.external_ids, customer.further_ids or {}, system, external_id
    )
    customer.external_ids, customer.further_ids = first, further or None
    _tell(work, customer)
    here = ExternalId.entity_id == customer.entity_id
    row = (ExternalId.system == system, ExternalId.key == external_id)
    work.session.execute(delete(ExternalId).where(here, *row))
    work.flush()
    return customer


def retag(work: Work, customer: Customer) -> None:
    """Let a customer be found by exactly the words that are on it."""
    untag(work, customer.id)
    work.session.add_all(
        CustomerTag(id=new_id(), entity_id=customer.entity_id, tag=tag, customer_id=customer.id)
        for tag in customer.tags or ()
    )


def untag(work: Work, customer_id: str) -> None:
    """Let a customer be found by no words."""
    work.session.execute(delete(CustomerTag).where(CustomerTag.customer_id == customer_id))


def _tell(work: Work, customer: Customer) -> None:
    work.tell(telling.customer_updated, customer)
    work.tell(telling.customer_recorded, customer)
