"""Questions about what is known of customers as people, and what they did."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from chassis.cursors import DEFAULT_PAGE
from chassis.pages import Page, page
from chassis.work import Work
from services.accounts.config import Own
from services.accounts.domain.consents import Purpose
from services.accounts.domain.traits import (
    FAMILY_OF,
    Fact,
    Family,
    NoConsent,
    SensitiveTraitsOff,
    Side,
    TraitKind,
    side_of,
)
from services.accounts.reads import consents
from services.accounts.tables import BehaviourFact, Customer, SensitiveValue, Trait

ON_CARD = 50
LAST_FACTS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One attribute, with the family that it belongs to."""

    id: str
    version: int
    customer_id: str
    kind: TraitKind
    family: Family
    side: Side
    sensitive: bool
    value: str | None
    told_at: datetime


def traits(  # noqa: PLR0913  # whose, narrowed by what, and the page
    work: Work,
    *,
    customer_id: str,
    family: Family | None = None,
    side: Side | None = None,
    after: str | None = None,
    limit: int = DEFAULT_PAGE,
) -> Page[Shown]:
    """Page through the attributes of a customer that are not sensitive."""
    work.get(Customer, customer_id)
    query = select(Trait).where(
        Trait.customer_id == customer_id, ~Trait.sensitive, Trait.kind.in_(_kinds(family, side))
    )
    found = page(work, query, [Trait.id], limit=limit, after=after)
    return Page([_shown(one, one.value) for one in found.items], found.next)


def sensitive_traits(  # noqa: PLR0913  # whose, narrowed by what, and the page
    work: Work,
    *,
    customer_id: str,
    family: Family | None = None,
    side: Side | None = None,
    after: str | None = None,
    limit: int = DEFAULT_PAGE,
) -> Page[Shown]:
    """Page through the sensitive attributes of a customer who allows to keep them.

    :raises SensitiveTraitsOff: if this house does not want to know.
    :raises NoConsent: if the customer does not allow it.
    """
    work.get(Customer, customer_id)
    demand_allowed(work, customer_id)
    query = select(Trait).where(
        Trait.customer_id == customer_id, Trait.sensitive, Trait.kind.in_(_kinds(family, side))
    )
    found = page(work, query, [Trait.id], limit=limit, after=after)
    values = _values(work, [one.id for one in found.items])
    return Page([_shown(one, values.get(one.id)) for one in found.items], found.next)


def demand_allowed(work: Work, customer_id: str) -> None:
    """Demand that sensitive attributes of a customer may be kept and shown.

    :raises SensitiveTraitsOff: if this house does not want to know.
    :raises NoConsent: if the customer does not allow it.
    """
    if not (isinstance(work.own, Own) and work.own.sensitive_traits):
        raise SensitiveTraitsOff("This house keeps no sensitive attributes.")
    if not consents.allows(work, customer_id, Purpose.SENSITIVE_TRAITS):
        raise NoConsent("The customer has not allowed to keep sensitive attributes.")


def one_of(work: Work, customer_id: str, kind: TraitKind) -> Trait | None:
    """Return an attribute of a customer; after a merge the one that was told last."""
    query = select(Trait).where(Trait.customer_id == customer_id, Trait.kind == kind)
    return work.session.scalars(query.order_by(Trait.told_at.desc(), Trait.id).limit(1)).first()


def sensitive_of(work: Work, customer_id: str) -> list[Trait]:
    """Return the sensitive attributes of a customer."""
    query = select(Trait).where(Trait.customer_id == customer_id, Trait.sensitive)
    return list(work.session.scalars(query.order_by(Trait.id)))


def on_card(work: Work, customer_id: str) -> list[Shown]:
    """Return the attributes of a customer that are not sensitive, for the card."""
    query = select(Trait).where(Trait.customer_id == customer_id, ~Trait.sensitive)
    rows = work.session.scalars(query.order_by(Trait.id).limit(ON_CARD))
    return [_shown(one, one.value) for one in rows]


def behaviour(
    work: Work,
    *,
    customer_id: str,
    kind: str | None = None,
    after: str | None = None,
    limit: int = DEFAULT_PAGE,
) -> Page[BehaviourFact]:
    """Page through what a customer did or owed, the latest first."""
    work.get(Customer, customer_id)
    query = select(BehaviourFact).where(BehaviourFact.customer_id == customer_id)
    if kind is not None:
        query = query.where(BehaviourFact.kind == kind)
    keys = [BehaviourFact.period_start, BehaviourFact.id]
    return page(work, query, keys, limit=limit, after=after, descending=True)


def behaviour_on_card(work: Work, customer_id: str) -> list[BehaviourFact]:
    """Return what a customer did or owed last, for the card."""
    query = select(BehaviourFact).where(BehaviourFact.customer_id == customer_id)
    keys = (BehaviourFact.period_start.desc(), BehaviourFact.id.desc())
    return list(work.session.scalars(query.order_by(*keys).limit(LAST_FACTS)))


def told_before(work: Work, customer_id: str, fact: Fact) -> BehaviourFact | None:
    """Return what a source told before of the same period."""
    query = select(BehaviourFact).where(
        BehaviourFact.customer_id == customer_id,
        BehaviourFact.kind == fact.kind,
        BehaviourFact.period_start == fact.period_start,
        BehaviourFact.period_end == fact.period_end,
        BehaviourFact.source == fact.source,
    )
    return work.session.scalars(query.order_by(BehaviourFact.id).limit(1)).first()


def _kinds(family: Family | None, side: Side | None) -> list[TraitKind]:
    return [
        kind
        for kind in TraitKind
        if family in {None, FAMILY_OF[kind]} and side in {None, side_of(kind)}
    ]


def _values(work: Work, ids: Iterable[str]) -> dict[str, str]:
    query = select(SensitiveValue).where(SensitiveValue.trait_id.in_(list(ids)))
    return {one.trait_id: one.value for one in work.session.scalars(query)}


def _shown(one: Trait, value: str | None) -> Shown:
    return Shown(
        id=one.id,
        version=one.version,
        customer_id=one.customer_id,
        kind=one.kind,
        family=FAMILY_OF[one.kind],
        side=side_of(one.kind),
        sensitive=one.sensitive,
        value=value,
        told_at=one.told_at,
    )
