"""Questions about what customers allow us."""

from collections.abc import Collection

from sqlalchemy import select

from chassis.cursors import DEFAULT_PAGE
from chassis.ids import natural_id
from chassis.pages import Page, page
from chassis.work import Work
from services.accounts.domain.consents import Statement
from services.accounts.tables import Consent, Customer


def id_of(statement: Statement) -> str:
    """Return the id of the consent that a statement is about."""
    return natural_id("consent", statement.customer_id, statement.purpose, statement.channel)


def standing(work: Work, ids: Collection[str]) -> dict[str, Consent]:
    """Return the consents with these ids."""
    found = work.session.scalars(select(Consent).where(Consent.id.in_(ids)))
    return {consent.id: consent for consent in found}


def of_customer(work: Work, customer_id: str) -> list[Consent]:
    """Return all that a customer allows or does not allow."""
    query = select(Consent).where(Consent.customer_id == customer_id)
    return list(work.session.scalars(query.order_by(Consent.purpose, Consent.channel)))


def consents(
    work: Work, *, customer_id: str, after: str | None = None, limit: int = DEFAULT_PAGE
) -> Page[Consent]:
    """Page through what a customer allows and does not allow, what was said last first."""
    work.get(Customer, customer_id)
    query = select(Consent).where(Consent.customer_id == customer_id)
    keys = [Consent.at, Consent.id]
    return page(work, query, keys, limit=limit, after=after, descending=True)
