"""Questions about what is kept confidential, and of whom a third party may learn."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, or_, select

from chassis.cursors import DEFAULT_PAGE
from chassis.pages import Page, page
from chassis.work import Work
from services.accounts.domain import ndas as rules
from services.accounts.domain.consents import Purpose
from services.accounts.domain.ndas import Withheld
from services.accounts.reads import consents
from services.accounts.tables import Customer, Nda

ON_CARD = 10


def ndas(
    work: Work, *, customer_id: str, after: str | None = None, limit: int = DEFAULT_PAGE
) -> Page[Nda]:
    """Page through what was agreed on confidentiality with a customer, also what is over."""
    work.get(Customer, customer_id)
    query = select(Nda).where(Nda.customer_id == customer_id)
    return page(work, query, [Nda.id], limit=limit, after=after)


def on_card(work: Work, customer_id: str) -> list[Nda]:
    """Return the agreements that are running, the latest first, for the card."""
    query = select(Nda).where(Nda.customer_id == customer_id, _running(work))
    return list(work.session.scalars(query.order_by(Nda.id.desc()).limit(ON_CARD)))


def may_disclose(work: Work, *, customer_id: str, recipient: str) -> dict[str, object]:
    """Say whether a third party may learn of a customer now, and why not."""
    work.get(Customer, customer_id)
    why = withheld(work, [customer_id], recipient).get(customer_id)
    return {
        "customer_id": customer_id, "recipient": recipient, "allowed": why is None, "reason": why,
        "as_of": work.now,
    }  # fmt: skip


def withheld(work: Work, customer_ids: Collection[str], recipient: str) -> dict[str, Withheld]:
    """Return the customers of whom a third party does not learn, each with the reason."""
    allowed = consents.allowing(work, customer_ids, Purpose.SHARING_WITH_PARTNERS)
    running: dict[str, list[list[str]]] = {}
    for one in work.session.scalars(
        select(Nda).where(Nda.customer_id.in_(customer_ids), _running(work))
    ):
        running.setdefault(one.customer_id, []).append(one.permitted)
    found = {
        id_: rules.withheld(id_ in allowed, running.get(id_, ()), recipient) for id_ in customer_ids
    }
    return {id_: why for id_, why in found.items() if why is not None}


def _running(work: Work) -> ColumnElement[bool]:
    ends = or_(Nda.valid_until.is_(None), Nda.valid_until > work.now)
    return (Nda.valid_from <= work.now) & ends
