"""What the rules of dropping look at."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime

from sqlalchemy import func, select

from chassis.work import Work
from services.accounts.domain.customers import Lifecycle
from services.accounts.domain.drops import NO_FOLLOW_UP, DropTerms, Rule, Standing
from services.accounts.tables import Customer, Dealings, DropRule, Interaction, Ownership

MAX_RULES = 500


def rules_of(work: Work, entity_id: str) -> list[Rule]:
    """Return the rules of an entity that are in use."""
    query = select(DropRule).where(DropRule.entity_id == entity_id, DropRule.active)
    found = work.session.scalars(query.order_by(DropRule.id).limit(MAX_RULES))
    return [Rule(one.id, _terms(one)) for one in found]


def _terms(rule: DropRule) -> DropTerms:
    told = {each.name: getattr(rule, each.name) for each in fields(DropTerms)}
    told["segments"] = tuple(rule.segments)
    told["lifecycles"] = tuple(map(Lifecycle, rule.lifecycles))
    return DropTerms(**told)


def standing(work: Work, customer: Customer) -> Standing:
    """Return what is known of an owned customer."""
    found = work.session.get(Dealings, customer.id)
    return Standing(
        owned_since=_owned_since(work, customer),
        segment=customer.segment,
        lifecycle=customer.lifecycle,
        last_follow_up=_last_follow_up(work, customer.id),
        last_opportunity=found.last_opportunity_at if found else None,
        last_deal=found.last_deal_at if found else None,
        has_open=found is not None and found.open_opportunities > 0,
        is_locked=customer.locked_at is not None,
        warned_at=found.drop_warned_at if found else None,
        warned_by=found.drop_warned_by if found else None,
    )


def warned_at(work: Work, customer_id: str) -> datetime | None:
    """Return when it was last said that a customer will be dropped, if that still stands."""
    found = work.session.get(Dealings, customer_id)
    return None if found is None else found.drop_warned_at


def owned_after(work: Work, entity_id: str, after: str, limit: int) -> Sequence[str]:
    """Return the next owned customers of an entity, by id."""
    query = select(Customer.id).where(
        Customer.entity_id == entity_id, Customer.owner_id.is_not(None), Customer.id > after
    )
    return list(work.session.scalars(query.order_by(Customer.id).limit(limit)))


def _owned_since(work: Work, customer: Customer) -> datetime:
    """Return since when its owner has it; the history of who was merged into it is another's."""
    query = select(func.max(Ownership.at)).where(
        Ownership.customer_id == customer.id, Ownership.owner_id == customer.owner_id
    )
    found: datetime | None = work.session.scalar(query)
    return found or customer.created_at


def _last_follow_up(work: Work, customer_id: str) -> datetime | None:
    """Return the last touch that somebody took trouble for; one that is to come is none yet."""
    query = select(func.max(Interaction.at)).where(
        Interaction.customer_id == customer_id,
        Interaction.at <= work.now,
        Interaction.source.not_in(NO_FOLLOW_UP),
    )
    found: datetime | None = work.session.scalar(query)
    return found
