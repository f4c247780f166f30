"""Questions to the ledger of messages."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from chassis.cursors import DEFAULT_PAGE
from chassis.errors import NotFound
from chassis.pages import Page, page
from chassis.work import Work
from contracts.flags import is_barred, is_stopped
from services.marketing.domain.campaigns import MAIL
from services.marketing.domain.sends import (
    SendStatus,
    Standing,
    is_unsubscribed,
    masked,
    token_hash,
)
from services.marketing.domain.templates import Purpose
from services.marketing.reads import audience
from services.marketing.tables import ConsentRef, CustomerRef, Send, Suppression


def standing(work: Work, customer: CustomerRef) -> Standing:
    """Return what decides whether a customer may be written to right now."""
    said = _said(work, customer.id)
    consent, service = said.get(Purpose.MARKETING.value), said.get(Purpose.SERVICE.value)
    suppression = work.session.get(Suppression, customer.id)
    return Standing(
        address=customer.email,
        granted_at=consent.at if consent is not None and _holds(work, consent) else None,
        service_refused=service is not None and not _holds(work, service),
        barred=is_barred(customer.flags),
        stop_told=is_stopped(customer.flags, MAIL),
        unsubscribed_at=suppression.unsubscribed_at if suppression else None,
        stopped_at=suppression.stopped_at if suppression else None,
        refused_address=suppression.refused_address if suppression else None,
    )


def _said(work: Work, customer_id: str) -> dict[str | None, ConsentRef]:
    """Return what a customer said of mail, by what it is for."""
    query = select(ConsentRef).where(
        ConsentRef.customer_id == customer_id, ConsentRef.channel == MAIL, ~ConsentRef.erased
    )
    return {one.purpose: one for one in work.session.scalars(query)}


def _holds(work: Work, consent: ConsentRef) -> bool:
    # Its time may be over before accounts has told so.
    return consent.granted and (consent.valid_until is None or work.now < consent.valid_until)


def by_message_ids(work: Work, message_ids: Collection[str]) -> dict[str, Send]:
    """Return messages by their Message-ID, under their locks."""
    query = select(Send).where(Send.message_id.in_(message_ids), *work.visible(Send))
    found = work.session.scalars(query.order_by(Send.id).with_for_update())
    return {send.message_id: send for send in found}


def by_token(work: Work, token: str) -> Send:
    """Return the message whose link to unsubscribe holds a token.

    :raises NotFound: if there is none.
    """
    send = work.session.scalar(select(Send).where(Send.token_hash == token_hash(token)))
    if send is None:
        raise NotFound("This link is not one of ours.", code="marketing.link.unknown")
    return send


def unsubscribe_form(work: Work, *, token: str) -> dict[str, object]:
    """Say what a link to unsubscribe is about, without saying whose it is."""
    send = by_token(work, token)
    customer = audience.customer(work, send.customer_id)
    is_out = customer is not None and is_unsubscribed(standing(work, customer))
    return {
        "purpose": send.purpose.value,
        "channel": send.channel,
        "address": masked(customer.email if customer else None),
        "state": "unsubscribed" if is_out else "subscribed",
    }


def unknown_sends(work: Work, *, limit: int = DEFAULT_PAGE, after: str | None = None) -> Page[Any]:
    """List the messages of which nobody knows whether they went out."""
    query = select(Send).where(Send.status == SendStatus.UNKNOWN, *work.visible(Send))
    return page(work, query, [Send.id], limit=limit, after=after)
