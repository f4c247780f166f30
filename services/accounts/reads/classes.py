"""Questions about classes: what is known of a customer, by which thresholds, and why."""

from dataclasses import asdict, fields

from sqlalchemy import func, select

from chassis.cursors import DEFAULT_PAGE
from chassis.ids import natural_id
from chassis.pages import Page, page
from chassis.work import Work
from services.accounts.domain.classes import Decision, Facts, Thresholds, decide
from services.accounts.domain.stages import Stage
from services.accounts.tables import (
    BoughtOrder,
    ClassPolicy,
    Customer,
    Interaction,
    StageChange,
    SurveyAnswer,
)

ORDERS = "sales.order"  # the source of an order on a timeline


def order(work: Work, order_id: str) -> BoughtOrder | None:
    """Return an order as it was told last."""
    return work.session.get(BoughtOrder, order_id)


def answer(work: Work, customer_id: str) -> SurveyAnswer | None:
    """Return what a customer said last."""
    return work.session.get(SurveyAnswer, customer_id)


def facts(work: Work, customer_id: str) -> Facts:
    """Return what a customer's class follows from."""
    day = BoughtOrder.ordered_on
    query = select(func.count(), func.min(day), func.max(day)).where(
        BoughtOrder.customer_id == customer_id, ~BoughtOrder.cancelled
    )
    count, first, last = work.session.execute(query).one()
    said = answer(work, customer_id)
    return Facts(
        orders=count,
        first_on=first,
        last_on=last,
        satisfaction=said.satisfaction if said else None,
        answered_on=said.answered_at.date() if said else None,
    )


def is_decided(work: Work, customer_id: str) -> bool:
    """Say whether there is anything that the class follows from; else it stays as it was told."""
    known = facts(work, customer_id)
    return known.orders > 0 or known.satisfaction is not None


def policy_id(entity_id: str) -> str:
    """Return the id of the one policy of an entity."""
    return natural_id("class_policy", entity_id)


def policy(work: Work, entity_id: str) -> ClassPolicy | None:
    """Return what an admin decided, or None as long as the thresholds are the first ones."""
    return work.session.get(ClassPolicy, policy_id(entity_id))


def thresholds(decided: ClassPolicy | None) -> Thresholds:
    """Return the thresholds of a policy."""
    if decided is None:
        return Thresholds()
    return Thresholds(**{each.name: getattr(decided, each.name) for each in fields(Thresholds)})


def class_policy(work: Work) -> dict[str, object]:
    """Return the thresholds that hold in the asker's entity; version 0: nobody changed them."""
    return shown(policy(work, work.caller.entity_id))


def shown(decided: ClassPolicy | None) -> dict[str, object]:
    """Return a policy as it is shown."""
    version = decided.version if decided is not None else 0
    return {"version": version, **asdict(thresholds(decided))}


def decision(work: Work, customer: Customer) -> tuple[Facts, Decision]:
    """Return what is known of a customer, and the class that follows from it today."""
    known = facts(work, customer.id)
    by = thresholds(policy(work, customer.entity_id))
    return known, decide(known, by, work.now.date())


def explain_class(work: Work, *, customer_id: str) -> dict[str, object]:
    """Say of which class a customer is, why, by which thresholds, and when that may change.

    :raises NotFound: if there is no such customer that the asker may see.
    """
    customer = work.get(Customer, customer_id)
    known, decided = decision(work, customer)
    return {
        "customer_id": customer_id,
        "customer_class": customer.lifecycle,
        "reasons": decided.reasons,
        "turns_on": decided.turns_on,
        "facts": asdict(known),
        "policy": shown(policy(work, customer.entity_id)),
        "as_of": work.now,
    }


def stage_history(
    work: Work, *, customer_id: str, after: str | None = None, limit: int = DEFAULT_PAGE
) -> Page[StageChange]:
    """Page through the steps in the dealings with a customer, the latest first."""
    work.get(Customer, customer_id)
    query = select(StageChange).where(StageChange.customer_id == customer_id)
    keys = [StageChange.at, StageChange.id]
    return page(work, query, keys, limit=limit, after=after, descending=True)


def ids_after(work: Work, entity_id: str, after: str, limit: int) -> list[str]:
    """Return the next customers of an entity, by id."""
    query = select(Customer.id).where(Customer.entity_id == entity_id, Customer.id > after)
    return list(work.session.scalars(query.order_by(Customer.id).limit(limit)))


def before_lost(work: Work, customer_id: str) -> Stage | None:
    """Return the stage that a customer was at before he was lost the last time."""
    query = select(StageChange.previous_stage).where(
        StageChange.customer_id == customer_id, StageChange.stage == Stage.LOST
    )
    last = query.order_by(StageChange.at.desc(), StageChange.id.desc())
    return work.session.scalar(last.limit(1))


def uncounted(work: Work, entity_id: str, after: str, limit: int) -> list[Interaction]:
    """Return the next orders that stand on timelines and that no class counts yet."""
    query = (
        select(Interaction)
        .outerjoin(BoughtOrder, BoughtOrder.order_id == Interaction.source_key)
        .where(
            Interaction.entity_id == entity_id,
            Interaction.source == ORDERS,
            Interaction.id > after,
            BoughtOrder.order_id.is_(None),
        )
    )
    return list(work.session.scalars(query.order_by(Interaction.id).limit(limit)))
