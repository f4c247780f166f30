"""Questions about what customers allow us."""

from collections.abc import Collection

from sqlalchemy import select

from chassis.cursors import DEFAULT_PAGE
from chassis.ids import natural_id
from chassis.pages import Page, page
from chassis.work import Work
from services.accounts.domain.consents import Channel, LinkUnknown, Purpose, Statement, digest
from services.accounts.tables import Consent, ConsentRequest, Customer


def id_of(statement: Statement) -> str:
    """Return the id of the consent that a statement is about."""
    return consent_id(statement.customer_id, statement.purpose, statement.channel)


def consent_id(customer_id: str, purpose: Purpose, channel: Channel) -> str:
    """Return the id of what a customer said of a purpose on a channel."""
    return natural_id("consent", customer_id, purpose, channel)


def standing(work: Work, ids: Collection[str]) -> dict[str, Consent]:
    """Return the consents with these ids."""
    found = work.session.scalars(select(Consent).where(Consent.id.in_(ids)))
    return {consent.id: consent for consent in found}


def allows(work: Work, customer_id: str, purpose: Purpose) -> bool:
    """Say whether a customer allows a purpose whatever the channel, as it said last."""
    return customer_id in allowing(work, [customer_id], purpose)


def allowing(work: Work, customer_ids: Collection[str], purpose: Purpose) -> set[str]:
    """Return which customers allow a purpose whatever the channel, as each said last."""
    query = select(Consent).where(Consent.customer_id.in_(customer_ids), Consent.purpose == purpose)
    # Of one instant, the no stands: it is the last one here.
    said = work.session.scalars(query.order_by(Consent.at, Consent.granted.desc()))
    last = {one.customer_id: one for one in said}
    return {
        id_
        for id_, one in last.items()
        if one.granted and (one.valid_until is None or one.valid_until > work.now)
    }


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


def standing_by_id(work: Work, id_: str) -> Consent | None:
    """Return a consent, or None if there is none."""
    return work.session.get(Consent, id_)


def request_id_of(statement: Statement) -> str:
    """Return the id of the request that asks for a consent."""
    return natural_id(
        "consent_request", statement.customer_id, statement.purpose, statement.channel
    )


def request(work: Work, id_: str) -> ConsentRequest | None:
    """Return what a customer was asked, or None."""
    return work.session.get(ConsentRequest, id_)


def by_token(work: Work, token: str) -> ConsentRequest:
    """Return what the link with a token asks for.

    :raises LinkUnknown: if it leads nowhere, or its time is over.
    """
    query = select(ConsentRequest).where(ConsentRequest.token_hash == digest(token))
    found = work.session.scalar(query)
    if found is None or (found.confirmed_at is None and found.confirm_by <= work.now):
        raise LinkUnknown("This link leads nowhere, or no longer.")
    return found


def consent_form(work: Work, *, token: str) -> dict[str, object]:
    """Say what a link would confirm, without saying whose it is.

    :raises LinkUnknown: if it leads nowhere, or its time is over.
    """
    return shown_outside(by_token(work, token))


def shown_outside(asked: ConsentRequest) -> dict[str, object]:
    """Return what whoever has the link may see of it."""
    state = "asked" if asked.confirmed_at is None else "confirmed"
    return {"purpose": asked.purpose.value, "channel": asked.channel.value, "state": state}
