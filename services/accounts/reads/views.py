"""All customers by product, by channel, by relationship and by value."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import String, cast, func, literal, or_, select, union_all

from chassis.cursors import DEFAULT_PAGE, read_cursor, write_cursor
from chassis.pages import Page, page
from chassis.work import Work
from services.accounts.domain.preferences import PreferredChannel
from services.accounts.domain.relationships import SEEN_FROM_THERE, Relation
from services.accounts.domain.tiers import Tier
from services.accounts.domain.views import UnknownGroup, View, relations_of
from services.accounts.reads import assets, relationships
from services.accounts.tables import Asset, Customer, Relationship


@dataclass(frozen=True, slots=True)
class Group:
    """A group of a view."""

    group: str
    customers: int


def customers_by(
    work: Work, *, view: View, group: str, after: str | None = None, limit: int = DEFAULT_PAGE
) -> Page[Customer]:
    """Page through the customers of a group that the caller may see.

    :raises UnknownGroup: if the view has no such group.
    """
    query = select(Customer).where(*work.visible(Customer), _in(work, view, group))
    return page(work, query, [Customer.id], limit=limit, after=after)


def customer_groups(
    work: Work, *, view: View, after: str | None = None, limit: int = DEFAULT_PAGE
) -> Page[Group]:
    """Page through the groups of a view, each with how many customers the caller may see in it."""
    pairs = _pairs(work, view).subquery()
    name, customer_id = pairs.c
    query = (
        select(name, func.count(customer_id.distinct()))
        .join(Customer, Customer.id == customer_id)
        .where(*work.visible(Customer), name.is_not(None))
    )
    if after is not None:
        query = query.where(name > read_cursor(after, [str])[0])
    rows = list(work.session.execute(query.group_by(name).order_by(name).limit(limit + 1)))
    groups = [Group(str(row[0]), int(row[1])) for row in rows[:limit]]
    return Page(groups, write_cursor([groups[-1].group]) if len(rows) > limit else None)


def _in(work: Work, view: View, group: str) -> Any:
    match view:
        case View.PRODUCT:
            having = select(Asset.customer_id).where(Asset.sku == group, assets.still_there(work))
            return Customer.id.in_(having)
        case View.CHANNEL:
            return Customer.preferred_channel == _one(PreferredChannel, group)
        case View.VALUE:
            return Customer.tier == _one(Tier, group)
        case View.RELATIONSHIP:
            told, seen = relations_of(group)
            now = relationships.goes_on(work)
            others = select(Relationship.other_id).where(Relationship.relation.in_(told), now)
            ones = select(Relationship.customer_id).where(Relationship.relation.in_(seen), now)
            return or_(Customer.id.in_(others), Customer.id.in_(ones))


def _pairs(work: Work, view: View) -> Any:
    """Return (group, customer id) of everybody; a customer may be in several groups."""
    match view:
        case View.PRODUCT:
            return select(Asset.sku, Asset.customer_id).where(assets.still_there(work))
        case View.CHANNEL:
            return select(_text(Customer.preferred_channel), Customer.id)
        case View.VALUE:
            return select(_text(Customer.tier), Customer.id)
        case View.RELATIONSHIP:
            now = relationships.goes_on(work)
            return union_all(
                *(
                    select(_said(name), end).where(Relationship.relation == relation, now)
                    for relation in Relation
                    for name, end in (
                        (relation.value, Relationship.other_id),
                        (SEEN_FROM_THERE[relation], Relationship.customer_id),
                    )
                )
            )


def _one(kind: type[StrEnum], group: str) -> Any:
    if group not in list(kind):
        raise UnknownGroup("There is no such group.", detail={"groups": list(kind)})
    return kind(group)


def _text(column: Any) -> Any:
    return cast(column, String)


def _said(name: str) -> Any:
    return literal(name, String)
