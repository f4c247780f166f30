"""Whose customers are, as accounts has told, and what is theirs with them."""

from collections.abc import Sequence

from sqlalchemy import select

from chassis.work import Work
from services.analytics.tables import CustomerRef, CustomerScore


def customers(work: Work, customer_ids: Sequence[str]) -> dict[str, CustomerRef]:
    """Return those of these customers that are known; their owner stays until this work is done."""
    query = select(CustomerRef).where(CustomerRef.id.in_(customer_ids), ~CustomerRef.erased)
    locked = query.order_by(CustomerRef.id).with_for_update(read=True)
    return {one.id: one for one in work.session.scalars(locked)}


def scores_of(work: Work, customer_id: str) -> list[CustomerScore]:
    """Return all that was told of a customer, under its locks."""
    query = select(CustomerScore).where(CustomerScore.customer_id == customer_id)
    return list(work.session.scalars(query.order_by(CustomerScore.id).with_for_update()))
