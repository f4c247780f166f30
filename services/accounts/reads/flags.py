"""Questions about flags: which stand, which stood, and whether a customer may be turned to."""

from sqlalchemy import select

from chassis.cursors import DEFAULT_PAGE
from chassis.ids import natural_id
from chassis.pages import Page, page
from chassis.work import Work
from contracts.flags import code_of, is_barred, is_stopped
from services.accounts.domain import consents as rules
from services.accounts.domain.consents import Channel, Purpose
from services.accounts.domain.contacting import Barriers, Said, decide
from services.accounts.domain.flags import FlagKind, NewFlag
from services.accounts.reads.consents import consent_id, standing_by_id
from services.accounts.tables import Customer, Flag


def standing_key(customer_id: str, flag: NewFlag) -> str:
    """Return what two standing flags of the same kind would share."""
    return key_of(customer_id, flag.kind, flag.channel)


def key_of(customer_id: str, kind: FlagKind, channel: Channel) -> str:
    """Return what standing flags of a kind on a channel would share."""
    return natural_id("flag", customer_id, kind, channel)


def by_standing_key(work: Work, key: str) -> Flag | None:
    """Return the standing flag of a kind, or None."""
    return work.session.scalar(select(Flag).where(Flag.standing_key == key))


def by_id(work: Work, id_: str) -> Flag | None:
    """Return a flag whoever may see it, or None."""
    return work.session.get(Flag, id_)


def standing(work: Work, customer_id: str) -> list[Flag]:
    """Return the flags of a customer that stand, the first raised first."""
    query = select(Flag).where(Flag.customer_id == customer_id, Flag.standing_key.is_not(None))
    return list(work.session.scalars(query.order_by(Flag.raised_at, Flag.id)))


def codes_of(work: Work, customer_id: str) -> list[str]:
    """Return what the flags of a customer that stand come to, in the order of their codes."""
    work.flush()
    return sorted({code_of(one.kind, one.channel) for one in standing(work, customer_id)})


def flags(
    work: Work, *, customer_id: str, after: str | None = None, limit: int = DEFAULT_PAGE
) -> Page[Flag]:
    """Page through a customer's flags, also those that were lifted, the latest first."""
    work.get(Customer, customer_id)
    query = select(Flag).where(Flag.customer_id == customer_id)
    keys = [Flag.raised_at, Flag.id]
    return page(work, query, keys, limit=limit, after=after, descending=True)


def credit_of(customer: Customer) -> dict[str, object]:
    """Return how far a customer may owe us something, who said so and why."""
    return {
        "customer_id": customer.id,
        "rating": customer.credit_rating,
        "limit_minor": customer.credit_limit_minor,
        "currency": customer.credit_currency,
        "reason": customer.credit_reason,
        "note": customer.credit_note,
        "at": customer.credit_at,
        "by": customer.credit_by,
    }


def may_contact(
    work: Work, *, customer_id: str, purpose: Purpose, channel: Channel
) -> dict[str, object]:
    """Say whether a customer may be turned to now, and what decides it.

    :raises ChannelContradicts: if nobody is turned to on ``any`` channel for this purpose.
    """
    rules.check_channel(purpose, channel)
    customer = work.get(Customer, customer_id)
    barriers = Barriers(is_stopped(customer.flags, channel), is_barred(customer.flags))
    consent = standing_by_id(work, consent_id(customer_id, purpose, channel))
    said = Said(consent.granted, consent.valid_until) if consent is not None else None
    allowed, why = decide(purpose, barriers, said, work.now)
    return {
        "customer_id": customer_id,
        "purpose": purpose,
        "channel": channel,
        "allowed": allowed,
        "reason": why,
        "consent_id": consent.id if consent is not None else None,
        "flags": customer.flags,
        "as_of": work.now,
    }
