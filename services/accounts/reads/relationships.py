"""Questions about what customers are to each other."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import ColumnElement, and_, func, or_, select

from chassis.cursors import DEFAULT_PAGE
from chassis.errors import Conflict, NotFound
from chassis.pages import Page, page
from chassis.work import Work
from services.accounts.domain import relationships as rules
from services.accounts.domain.relationships import (
    MAX_ABOVE,
    SEEN_FROM_THERE,
    GaveWay,
    Relation,
    Tie,
    role_of,
)
from services.accounts.tables import Customer, Relationship

ON_CARD = 50


class TooManyAbove(Conflict):
    """Refuse to decide about a tree of parents that is larger than any."""

    code = "accounts.relationship.too_many_above"


@dataclass(frozen=True, slots=True)
class Side:
    """A relationship seen from one of its ends."""

    party_id: str  # the other end
    role: str  # what that one is
    relationship: Relationship


def relationships(  # noqa: PLR0913  # whose, narrowed by what, and the page
    work: Work,
    *,
    customer_id: str,
    role: str | None = None,
    ended: bool = False,
    after: str | None = None,
    limit: int = DEFAULT_PAGE,
) -> Page[Side]:
    """Page through what others are to a customer, whichever of the two it was told of.

    Who sees one end sees that there is another one; who that is, only who sees that one too.
    """
    work.get(Customer, customer_id)
    query = select(Relationship).where(_with(customer_id, role))
    if not ended:
        query = query.where(goes_on(work))
    found = page(work, query, [Relationship.id], limit=limit, after=after)
    return Page([_side(one, customer_id) for one in found.items], found.next)


def referrals(work: Work, *, customer_id: str) -> dict[str, object]:
    """Count the customers that somebody brought.

    :raises NotFound: if there is no such customer that the caller may see.
    """
    work.get(Customer, customer_id)
    return {"customer_id": customer_id, "referrals": referred(work, customer_id)}


def referred(work: Work, customer_id: str) -> int:
    """Count the customers that a customer brought; each counts once."""
    query = select(func.count(Relationship.customer_id.distinct())).where(
        Relationship.other_id == customer_id, Relationship.relation == Relation.REFERRER
    )
    return int(work.session.scalar(query) or 0)


def on_card(work: Work, customer_id: str) -> dict[str, object]:
    """Return what others are to a customer now, the first of them, and how many it brought."""
    query = select(Relationship).where(_with(customer_id, None), goes_on(work))
    rows = work.session.scalars(query.order_by(Relationship.id).limit(ON_CARD))
    items = [_side(one, customer_id) for one in rows]
    return {"items": items, "referrals": referred(work, customer_id)}


def demand_seen(work: Work, one: Relationship) -> None:
    """Demand that the caller sees one of the two ends.

    :raises NotFound: if he sees neither.
    """
    ends = Customer.id.in_([one.customer_id, one.other_id])
    if work.session.scalar(select(Customer.id).where(ends, *work.visible(Customer))) is None:
        raise NotFound(
            "There is no relationship with this id.",
            code="accounts.relationship.not_found",
            detail={"id": one.id},
        )


def goes_on(work: Work) -> ColumnElement[bool]:
    """Return the condition that a relationship is not over."""
    return or_(Relationship.valid_until.is_(None), Relationship.valid_until > work.now)


def alike(work: Work, one: Relationship) -> list[Relationship]:
    """Return the other relationships of this kind between the two."""
    query = select(Relationship).where(
        Relationship.customer_id == one.customer_id,
        Relationship.other_id == one.other_id,
        Relationship.relation == one.relation,
        Relationship.id != (one.id or ""),
    )
    return list(work.session.scalars(query))


def tie(one: Relationship) -> Tie:
    """Return who is what to whom, and when."""
    return Tie(one.id, one.customer_id, one.other_id, one.relation, one.valid_from, one.valid_until)


def gave_way(work: Work, one: Relationship, customer_id: str, other_id: str) -> GaveWay | None:
    """Say why a relationship may not be one of these two, when customers become one."""
    query = select(Relationship).where(
        Relationship.customer_id == customer_id,
        Relationship.other_id == other_id,
        Relationship.relation == one.relation,
    )
    moved = replace(tie(one), customer_id=customer_id, other_id=other_id)
    others = map(tie, work.session.scalars(query))
    return rules.gave_way(moved, others, partial(above, work), work.now)


def above(
    work: Work, customer_id: str, parents: Callable[[set[str]], set[str]] | None = None
) -> frozenset[str]:
    """Return the parents of a customer, their parents and so on, as long as they are such.

    ``parents`` returns those of some customers; by itself as they are stored.

    :raises TooManyAbove: if there are more than any group of companies has.
    """
    found: set[str] = set()
    ahead = {customer_id}
    while ahead:
        ahead = (parents(ahead) if parents else parents_of(work, ahead)) - found
        found |= ahead
        if len(found) > MAX_ABOVE:
            raise TooManyAbove("There are too many parents above this one.")
    return frozenset(found)


def parents_of(work: Work, ids: Collection[str], besides: Collection[str] = ()) -> set[str]:
    """Return the parents of customers now, without what customers ``besides`` are an end of."""
    query = select(Relationship.other_id).where(
        Relationship.customer_id.in_(ids),
        Relationship.relation == Relation.PARENT,
        goes_on(work),
        Relationship.customer_id.not_in(besides),
        Relationship.other_id.not_in(besides),
    )
    return set(work.session.scalars(query.limit(MAX_ABOVE + 1)))


def _with(customer_id: str, role: str | None) -> ColumnElement[bool]:
    here, there = Relationship.customer_id == customer_id, Relationship.other_id == customer_id
    if role is None:
        return or_(here, there)
    told = [relation for relation in Relation if relation.value == role]
    seen = [relation for relation, name in SEEN_FROM_THERE.items() if name == role]
    return or_(
        and_(here, Relationship.relation.in_(told)), and_(there, Relationship.relation.in_(seen))
    )


def _side(one: Relationship, customer_id: str) -> Side:
    is_other = one.customer_id == customer_id
    party_id = one.other_id if is_other else one.customer_id
    return Side(party_id, role_of(one.relation, is_other=is_other), one)
