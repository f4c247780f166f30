"""Keep of which class each customer is, as facts, time and the thresholds change."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, time

from chassis.errors import StaleVersion
from chassis.ids import natural_id, new_id
from chassis.work import Work
from contracts.sales import OrderPlaced, OrderRevised
from contracts.service_desk import SurveyAnswered
from contracts.standing import CustomerClassChanged
from services.accounts.domain import classes as rules
from services.accounts.domain.classes import Decision, Facts, Satisfaction, Thresholds
from services.accounts.domain.customers import Lifecycle
from services.accounts.reads import classes as reads
from services.accounts.reads import customers, telling
from services.accounts.tables import BoughtOrder, ClassPolicy, Customer, SurveyAnswer
from services.accounts.usecases import stages
from services.accounts.usecases.customers import awaited

CLASS_DUE = "customer.class_due"  # the kind of the timer
RECLASSIFY = "reclassify"  # the kind of the process
CANCELLED = "cancelled"


def note_order(work: Work, told: OrderPlaced | OrderRevised) -> Customer:
    """Keep an order in its newest version; its customer's class follows. Return the customer, held.

    :raises Unavailable: if the customer is not known yet.
    """
    order = reads.order(work, told.order_id)
    counted = order is not None and not order.cancelled
    previous_id = order.customer_id if order is not None else told.customer_id
    held = customers.locked(work, {told.customer_id, previous_id})  # by id: nobody waits in a ring
    customer = held.get(told.customer_id) or awaited(work, told.customer_id)
    if order is not None:
        work.session.refresh(order)
        if told.version <= order.version:
            return customer
    else:
        order = BoughtOrder(order_id=told.order_id)
        work.session.add(order)
    order.version, order.customer_id = told.version, told.customer_id
    order.ordered_on = date.fromisoformat(told.ordered_on)
    order.cancelled = told.status == CANCELLED
    work.flush()
    is_new = not order.cancelled and not counted
    reconsider(work, customer, ordered_on=order.ordered_on if is_new else None)
    if previous_id != told.customer_id and previous_id in held:
        reconsider(work, held[previous_id])
    return customer


def note_survey(work: Work, told: SurveyAnswered) -> None:
    """Keep what a customer said last; his class follows.

    :raises Unavailable: if the customer is not known yet.
    """
    customer = awaited(work, told.customer_id)
    said = reads.answer(work, customer.id)
    if said is not None and told.answered_at < said.answered_at:
        return
    if said is None:
        said = SurveyAnswer(customer_id=customer.id)
        work.session.add(said)
    said.survey_id, said.answered_at = told.survey_id, told.answered_at
    said.satisfaction = Satisfaction(told.satisfaction)
    work.flush()
    reconsider(work, customer)


def recheck(work: Work, *, key: str, data: Mapping[str, object]) -> None:  # noqa: ARG001  # a timer's
    """Look again at a customer whose class may have changed over night."""
    customer = customers.locked(work, [key]).get(key)
    if customer is not None:
        reconsider(work, customer)


def reconsider(work: Work, customer: Customer, *, ordered_on: date | None = None) -> None:
    """Let a customer be of the class, and at the stage, that follow from what is known.

    ``ordered_on`` is the day of an order that came in just now.
    """
    known, decided = reads.decision(work, customer)
    if decided.turns_on is None:
        work.cancel(CLASS_DUE, customer.id)
    else:
        due = datetime.combine(decided.turns_on, time(), UTC)
        work.at(due, CLASS_DUE, customer.id, {})
    step = stages.next_step(work, customer, known, decided.lifecycle, ordered_on)
    previous, customer.lifecycle = customer.lifecycle, decided.lifecycle
    if step is not None or previous is not decided.lifecycle:
        work.tell(telling.customer_recorded, customer)
    if previous is not decided.lifecycle:
        work.tell(lambda done: _changed(done, previous, known, decided), customer)
    if step is not None:
        stages.go(work, customer, step)


def look_again(work: Work, customer: Customer) -> None:
    """Conclude a customer anew from all that is known; who was only told of stays as he was told."""
    if not reads.is_decided(work, customer.id):
        return
    reconsider(work, customer)
    known, decided = reads.decision(work, customer)
    stages.catch_up(work, customer, known, decided.lifecycle)


def count_orders(work: Work, entity_id: str, after: str, limit: int) -> str | None:
    """Count the next orders that only timelines know; return the place to go on from, if any.

    They came before classes were decided. Sales' version of them is not known: whatever it tells
    later stands.
    """
    found = reads.uncounted(work, entity_id, after, limit)
    customers.locked(work, {one.customer_id for one in found})
    for one in reads.uncounted(work, entity_id, after, limit):  # as it is under the lock
        if one not in found:
            continue
        work.session.add(
            BoughtOrder(
                order_id=one.source_key,
                version=0,
                customer_id=one.customer_id,
                ordered_on=one.at.date(),
                cancelled=False,
            )
        )
    return found[-1].id if len(found) == limit else None


def reclassify_customers(work: Work) -> dict[str, object]:
    """Conclude class and stage of every customer anew, a few at a time; twice changes nothing."""
    entity_id = work.caller.entity_id
    asked = work.origin.key
    key = natural_id(RECLASSIFY, entity_id, work.caller.subject, asked) if asked else new_id()
    work.start(RECLASSIFY, key, {"entity_id": entity_id, "round": key, "counts_orders": True})
    return {"entity_id": entity_id, "round": key}


def set_class_policy(work: Work, *, version: int, thresholds: Thresholds) -> dict[str, object]:
    """Change where classes begin and end; every customer is looked at anew, a few at a time.

    :raises StaleVersion: if somebody changed it since.
    :raises ThresholdsContradict: if somebody would be churned while he is still new.
    """
    rules.check(thresholds)
    entity_id = work.caller.entity_id
    policy = reads.policy(work, entity_id)
    if (policy.version if policy is not None else 0) != version:
        raise StaleVersion(
            "The policy was changed by somebody else; read it again.",
            detail={"your_version": version, "version": policy.version if policy else 0},
        )
    policy = policy or work.add(ClassPolicy(id=reads.policy_id(entity_id), entity_id=entity_id))
    for name, value in asdict(thresholds).items():
        setattr(policy, name, value)
    if work.session.is_modified(policy):
        work.tell(telling.record_changed("class_policy"), policy)
        work.flush()
        key = f"{policy.id}:{policy.version}"
        work.start(RECLASSIFY, key, {"entity_id": entity_id, "round": key})
    return reads.shown(policy)


def _changed(
    customer: Customer, previous: Lifecycle, known: Facts, decided: Decision
) -> CustomerClassChanged:
    return CustomerClassChanged(
        customer_id=customer.id,
        version=customer.version,
        previous_class=previous,
        customer_class=decided.lifecycle,
        reasons=decided.reasons,
        orders=known.orders,
        first_order_on=_text(known.first_on),
        last_order_on=_text(known.last_on),
        satisfaction=known.satisfaction,
        answered_on=_text(known.answered_on),
    )


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
