"""Customers who want no more mail, or whom a person takes off the list."""

from chassis.errors import NotFound
from chassis.work import Work
from services.marketing.domain.campaigns import UNSUBSCRIBED
from services.marketing.domain.sends import is_unsubscribed
from services.marketing.reads import audience, telling
from services.marketing.reads import sends as reads
from services.marketing.tables import Campaign, CustomerRef, Suppression
from services.marketing.usecases import responses
from services.marketing.usecases.audience import held
from services.marketing.usecases.responses import Reaction
from services.marketing.usecases.sends import suppression


def unsubscribe(work: Work, *, token: str) -> dict[str, object]:
    """Send no more marketing to whoever got this link, from this moment on.

    :raises NotFound: if the link is not one of ours.
    """
    send = reads.by_token(work, token)
    held(work, send.customer_id)  # two clicks at a time are one
    customer = _customer(work, send.customer_id)
    kept = suppression(work, customer.id, audience.entity_of(customer))
    work.flush()
    if not is_unsubscribed(reads.standing(work, customer)):
        kept.unsubscribed_at = work.now
        work.tell(telling.unsubscribed(send), kept)
    if send.campaign_id is not None:
        campaign = work.get(Campaign, send.campaign_id)
        evidence = f"send:{send.id}"
        responses.note(work, Reaction(campaign, customer.id, UNSUBSCRIBED, evidence))
    return {"purpose": send.purpose.value, "channel": send.channel, "state": "unsubscribed"}


def set_do_not_contact(work: Work, *, customer_id: str, stopped: bool) -> Suppression:
    """Send a customer nothing at all any more, or lift that."""
    held(work, customer_id)
    customer = _customer(work, customer_id)
    kept = suppression(work, customer.id, audience.entity_of(customer))
    kept.stopped_at = (kept.stopped_at or work.now) if stopped else None
    return kept


def allow_address(work: Work, *, customer_id: str) -> Suppression:
    """Write again to an address that a mail server refused."""
    held(work, customer_id)
    customer = _customer(work, customer_id)
    kept = suppression(work, customer.id, audience.entity_of(customer))
    kept.refused_address = kept.refused_at = None
    return kept


def _customer(work: Work, customer_id: str) -> CustomerRef:
    customer = audience.customer(work, customer_id)
    if customer is None or not audience.is_seen(work, audience.entity_of(customer)):
        raise NotFound("There is no customer with this id.", code="marketing.customer.unknown")
    return customer
