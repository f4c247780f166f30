"""Questions about how customers are organised inside, and about regular meetings."""

from sqlalchemy import func, select

from chassis.cursors import DEFAULT_PAGE
from chassis.pages import Page, page
from chassis.work import Work
from services.accounts.domain.organisation import MAX_DEPARTMENTS
from services.accounts.tables import Contact, Customer, Department, MeetingSeries

MAX_PEOPLE = 5_000  # of one customer whose lines upwards are followed
ON_CARD = 100


def departments(
    work: Work, *, customer_id: str, after: str | None = None, limit: int = DEFAULT_PAGE
) -> Page[Department]:
    """Page through the departments of a customer, the oldest first."""
    work.get(Customer, customer_id)
    query = select(Department).where(Department.customer_id == customer_id)
    return page(work, query, [Department.id], limit=limit, after=after)


def meetings(
    work: Work, *, customer_id: str, after: str | None = None, limit: int = DEFAULT_PAGE
) -> Page[MeetingSeries]:
    """Page through the regular meetings with a customer, those that have ended too."""
    work.get(Customer, customer_id)
    query = select(MeetingSeries).where(MeetingSeries.customer_id == customer_id)
    return page(work, query, [MeetingSeries.id], limit=limit, after=after)


def tree(work: Work, customer_id: str) -> dict[str, str | None]:
    """Return the departments of a customer -> what is above each."""
    query = select(Department.id, Department.parent_id).where(Department.customer_id == customer_id)
    return {row.id: row.parent_id for row in work.session.execute(query.limit(MAX_DEPARTMENTS * 2))}


def lines(work: Work, customer_id: str) -> dict[str, str | None]:
    """Return the people of a customer -> whom each reports to."""
    query = select(Contact.id, Contact.reports_to_id).where(Contact.customer_id == customer_id)
    return {row.id: row.reports_to_id for row in work.session.execute(query.limit(MAX_PEOPLE))}


def is_used(work: Work, department_id: str) -> bool:
    """Say whether people or departments belong to a department."""
    people = select(func.count()).select_from(Contact)
    below = select(func.count()).select_from(Department)
    counted = (
        people.where(Contact.department_id == department_id),
        below.where(Department.parent_id == department_id),
    )
    return any(work.session.scalar(query) for query in counted)


def going_on(work: Work, customer_id: str) -> int:
    """Count the regular meetings with a customer that go on."""
    query = select(func.count()).select_from(MeetingSeries)
    mine = (MeetingSeries.customer_id == customer_id, MeetingSeries.active)
    return int(work.session.scalar(query.where(*mine)) or 0)


def departments_on_card(work: Work, customer_id: str) -> list[Department]:
    """Return the departments of a customer, for the card."""
    query = select(Department).where(Department.customer_id == customer_id)
    return list(work.session.scalars(query.order_by(Department.id).limit(ON_CARD)))


def meetings_on_card(work: Work, customer_id: str) -> list[MeetingSeries]:
    """Return the meetings to come with a customer, for the card."""
    query = select(MeetingSeries).where(
        MeetingSeries.customer_id == customer_id, MeetingSeries.active
    )
    keys = (MeetingSeries.next_at, MeetingSeries.id)
    return list(work.session.scalars(query.order_by(*keys).limit(ON_CARD)))
