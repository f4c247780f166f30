"""Questions about members of the club."""

from sqlalchemy import select

from chassis.cursors import DEFAULT_PAGE
from chassis.errors import NotFound
from chassis.pages import Page, page
from chassis.work import Work
from services.accounts.reads import relationships
from services.accounts.tables import Customer, Member

ON_CARD = 5


def memberships(
    work: Work, *, customer_id: str, after: str | None = None, limit: int = DEFAULT_PAGE
) -> Page[Member]:
    """Page through the memberships of a customer, former ones too."""
    work.get(Customer, customer_id)
    query = select(Member).where(Member.customer_id == customer_id)
    return page(work, query, [Member.id], limit=limit, after=after)


def find_member(work: Work, *, number: str) -> Member:
    """Return the membership with a number.

    :raises NotFound: if there is none, or of nobody that the caller may see.
    """
    query = (
        select(Member)
        .join(Customer, Customer.id == Member.customer_id)
        .where(
            Member.entity_id == work.caller.entity_id,
            Member.number == number.strip(),
            *work.visible(Customer),
        )
    )
    found = work.session.scalar(query)
    if found is None:
        raise NotFound("There is no member with this number.", code="accounts.member.not_found")
    return found


def is_taken(work: Work, number: str) -> bool:
    """Say whether somebody has or had a number."""
    query = select(Member.id).where(
        Member.entity_id == work.caller.entity_id, Member.number == number
    )
    return work.session.scalar(query) is not None


def current(work: Work, customer_id: str) -> Member | None:
    """Return the membership of a customer that has not ended."""
    query = select(Member).where(Member.customer_id == customer_id, Member.left_on.is_(None))
    return work.session.scalars(query.order_by(Member.id).limit(1)).first()


def loyalty(work: Work, customer: Customer) -> dict[str, object]:
    """Return what speaks of a customer's loyalty: the membership, whom he brought, his class."""
    return {
        "member": current(work, customer.id),
        "referrals": relationships.referred(work, customer.id),
        "customer_class": customer.lifecycle,
    }


def on_card(work: Work, customer_id: str) -> list[Member]:
    """Return the latest memberships of a customer, for the card."""
    query = select(Member).where(Member.customer_id == customer_id)
    return list(work.session.scalars(query.order_by(Member.id.desc()).limit(ON_CARD)))
