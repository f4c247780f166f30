"""Questions about words on customers and keys in other systems."""

from typing import cast

from sqlalchemy import ColumnElement, select

from chassis.cursors import DEFAULT_PAGE
from chassis.errors import Invalid
from chassis.pages import Page, page
from chassis.work import Work
from services.accounts.domain.matching import Profile
from services.accounts.reads import merging
from services.accounts.tables import Customer, CustomerTag, ExternalId


def tagged(value: object) -> ColumnElement[bool]:
    """Take the word that a customer has on it (a filter of plain records)."""
    if not isinstance(value, str):
        raise Invalid("This filter takes a text.", code="record.filter_value")
    with_it = select(CustomerTag.customer_id).where(CustomerTag.tag == value)
    return cast(ColumnElement[bool], Customer.id.in_(with_it))


def external_ids(
    work: Work, *, customer_id: str, after: str | None = None, limit: int = DEFAULT_PAGE
) -> Page[ExternalId]:
    """Page through the keys that other systems know a customer by."""
    work.get(Customer, customer_id)
    query = select(ExternalId).where(ExternalId.customer_id == customer_id)
    return page(work, query, [ExternalId.system, ExternalId.key], limit=limit, after=after)


def former(work: Work, customer_id: str) -> dict[str, Profile]:
    """Return the old ids of a customer, with what each was compared by."""
    images = {one.id: one.image for one in merging.known_as(work, customer_id)}
    return {
        id_: Profile(
            one["name_key"],
            one["email"],
            one["phone_e164"],
            one["external_ids"],
            one.get("further_ids") or {},
        )
        for id_, one in images.items()
    }


def holder(work: Work, system: str, key: str) -> str | None:
    """Return the id of the customer that has a key, whoever may see it."""
    one = work.session.get(ExternalId, (work.caller.entity_id, system, key))
    return one.customer_id if one is not None else None
