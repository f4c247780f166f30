"""Let the dealings with a customer go on: by what happens, and by what people say."""

from datetime import date

from chassis.ids import new_id
from chassis.work import Work
from contracts.sales import LeadConverted, LeadMatched, OpportunityOpened
from contracts.standing import CustomerStageChanged
from services.accounts.domain import stages as rules
from services.accounts.domain.classes import Facts
from services.accounts.domain.customers import Lifecycle
from services.accounts.domain.stages import Dealings, Stage, StageReason, Step
from services.accounts.reads import classes as reads
from services.accounts.reads import telling
from services.accounts.tables import Customer, StageChange
from services.accounts.usecases.customers import awaited


def move_customer_stage(
    work: Work, *, customer_id: str, version: int, stage: Stage, reason: StageReason
) -> Customer:
    """Say how far the dealings with a customer are, and why.

    :raises StaleVersion: if the customer changed since.
    :raises StageByFactsOnly: if only what happens can make it true.
    :raises StageUnreachable: if it does not lead on from here.
    """
    customer = work.get(Customer, customer_id, version=version)
    step = Step(stage, reason)
    rules.check(customer.stage, step, orders=reads.facts(work, customer_id).orders)
    work.tell(telling.customer_recorded, customer)
    go(work, customer, step)
    return customer


def note_sale(work: Work, told: LeadMatched | LeadConverted | OpportunityOpened) -> None:
    """Let a lead or an opportunity bring its customer on.

    :raises Unavailable: if the customer is not known yet.
    """
    customer = awaited(work, told.customer_id)
    match told:
        case LeadMatched():
            reason = StageReason.LEAD_MATCHED
        case LeadConverted():
            reason = StageReason.LEAD_CONVERTED
        case OpportunityOpened():
            reason = StageReason.OPPORTUNITY_OPENED
    orders = reads.facts(work, customer.id).orders
    step = rules.after_interest(customer.stage, reason, orders=orders)
    if step is not None:
        work.tell(telling.customer_recorded, customer)
        go(work, customer, step)


def next_step(
    work: Work, customer: Customer, known: Facts, lifecycle: Lifecycle, ordered_on: date | None
) -> Step | None:
    """Return where a customer's orders lead, if anywhere."""
    return rules.after_orders(_dealings(work, customer, known, lifecycle, ordered_on))


def catch_up(work: Work, customer: Customer, known: Facts, lifecycle: Lifecycle) -> None:
    """Take the steps that orders lead to which nobody counted when they came."""
    for _ in Stage:  # no way is longer
        step = rules.caught_up(_dealings(work, customer, known, lifecycle, None))
        if step is None:
            return
        work.tell(telling.customer_recorded, customer)
        go(work, customer, step)
        work.flush()


def _dealings(
    work: Work, customer: Customer, known: Facts, lifecycle: Lifecycle, ordered_on: date | None
) -> Dealings:
    is_lost = customer.stage is Stage.LOST
    return Dealings(
        stage=customer.stage,
        reason=customer.stage_reason,
        since=(customer.stage_at or customer.created_at).date(),
        orders=known.orders,
        churned=lifecycle is Lifecycle.CHURNED,
        ordered_on=ordered_on,
        before_lost=reads.before_lost(work, customer.id) if is_lost else None,
    )


def go(work: Work, customer: Customer, step: Step) -> None:
    """Take a step, keep it in the history and tell it."""
    previous = customer.stage
    customer.stage, customer.stage_reason, customer.stage_at = step.stage, step.reason, work.now
    work.session.add(
        StageChange(
            id=new_id(),
            entity_id=customer.entity_id,
            customer_id=customer.id,
            at=work.now,
            previous_stage=previous,
            stage=step.stage,
            reason=step.reason,
            actor=work.actor,
        )
    )
    work.tell(
        lambda done: CustomerStageChanged(
            customer_id=done.id,
            version=done.version,
            previous_stage=previous,
            stage=step.stage,
            reason=step.reason,
        ),
        customer,
    )
