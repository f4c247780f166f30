"""Raise flags over customers and lift them, and say how far they may owe us something."""

from collections.abc import Mapping

from chassis.work import Work
from contracts.flags import code_of
from contracts.standing import CustomerCreditChanged, CustomerFlagged, CustomerUnflagged
from services.accounts.domain import flags as rules
from services.accounts.domain.flags import JUDGING, Credit, LiftReason, NewFlag
from services.accounts.reads import customers, telling
from services.accounts.reads import flags as reads
from services.accounts.tables import Customer, Flag

EXPIRY = rules.EXPIRY  # the kind of the timer
JUDGE = "flag.judge"


def raise_flag(work: Work, *, customer_id: str, flag: NewFlag) -> Flag:
    """Raise a flag over a customer.

    :raises Forbidden: if it is a verdict, and the caller may only note a customer's wish.
    :raises FlagWrong: if it is over already, or is a verdict on one channel only.
    :raises FlagStands: if it stands already.
    """
    rules.check(flag, work.now)
    if flag.kind in JUDGING:
        work.require(JUDGE)
    customer = held(work, customer_id)
    key = reads.standing_key(customer.id, flag)
    known = reads.by_standing_key(work, key)
    if known is not None:
        raise rules.FlagStands("This flag stands already.", detail={"flag_id": known.id})
    raised = work.add(_written(work, customer, flag, key))
    customer.flags = rules.joined(customer.flags, code_of(flag.kind, flag.channel))
    if flag.until is not None:
        work.at(flag.until, EXPIRY, raised.id, {})
    work.tell(telling.customer_recorded, customer)  # first: whoever acts on the next has it
    work.tell(lambda done: _flagged(done, raised), customer)
    return raised


def lift_flag(work: Work, *, flag_id: str, version: int, reason: LiftReason) -> Flag:
    """Lift a flag that stands.

    :raises Forbidden: if it is a verdict, and the caller may only note a customer's wish.
    :raises FlagLifted: if it does not stand any more.
    """
    flag = work.get(Flag, flag_id, version=version)
    if flag.kind in JUDGING:
        work.require(JUDGE)
        work.get(Flag, flag_id)
    if flag.standing_key is None:
        raise rules.FlagLifted("This flag does not stand any more.")
    customer = customers.locked(work, [flag.customer_id])[flag.customer_id]
    _lift(work, customer, flag, reason)
    return flag


def expire(work: Work, *, key: str, data: Mapping[str, object]) -> None:  # noqa: ARG001  # a timer's
    """Lift a flag whose time is over."""
    flag = reads.by_id(work, key)
    if flag is None:
        return
    customer = customers.locked(work, [flag.customer_id])[flag.customer_id]
    work.session.refresh(flag)
    if flag.standing_key is not None and flag.until is not None and flag.until <= work.now:
        _lift(work, customer, flag, LiftReason.EXPIRED)


def set_credit(work: Work, *, customer_id: str, version: int, credit: Credit) -> dict[str, object]:
    """Say how far a customer may owe us something, and why; the audit trail is the history.

    :raises StaleVersion: if the customer changed since.
    :raises CreditWrong: if the limit has no currency, or the other way round.
    """
    rules.check_credit(credit)
    customer = work.get(Customer, customer_id, version=version)
    previous = customer.credit_rating
    customer.credit_rating, customer.credit_reason = credit.rating, credit.reason
    customer.credit_limit_minor, customer.credit_currency = credit.limit_minor, credit.currency
    customer.credit_note = credit.note
    customer.credit_at, customer.credit_by = work.now, work.actor

    def credit_changed(done: Customer) -> CustomerCreditChanged:
        return CustomerCreditChanged(
            customer_id=done.id,
            version=done.version,
            previous_rating=previous,
            rating=credit.rating,
            reason=credit.reason,
            limit_minor=credit.limit_minor,
            currency=credit.currency,
        )

    work.tell(telling.customer_recorded, customer)
    work.tell(credit_changed, customer)
    work.flush()
    return reads.credit_of(customer) | {"version": customer.version}


def held(work: Work, customer_id: str) -> Customer:
    """Load a visible customer and keep it from being changed until this work is done.

    :raises NotFound: if there is none that the caller may see.
    """
    found = customers.locked(work, [customer_id]).get(customer_id)
    return found or work.get(Customer, customer_id)


def _written(work: Work, customer: Customer, flag: NewFlag, key: str) -> Flag:
    return Flag(
        entity_id=customer.entity_id,
        customer_id=customer.id,
        owner_id=customer.owner_id,
        team_id=customer.team_id,
        territory_id=customer.territory_id,
        kind=flag.kind,
        channel=flag.channel,
        reason=flag.reason,
        note=flag.note,
        until=flag.until,
        raised_at=work.now,
        raised_by=work.actor,
        standing_key=key,
    )


def _lift(work: Work, customer: Customer, flag: Flag, reason: LiftReason) -> None:
    flag.standing_key, flag.lift_reason = None, reason
    flag.lifted_at, flag.lifted_by = work.now, work.actor
    customer.flags = rules.without(customer.flags, code_of(flag.kind, flag.channel))
    work.cancel(EXPIRY, flag.id)
    work.tell(telling.customer_recorded, customer)
    work.tell(lambda done: _unflagged(done, flag, reason), customer)


def _flagged(customer: Customer, flag: Flag) -> CustomerFlagged:
    return CustomerFlagged(
        customer_id=customer.id,
        version=customer.version,
        flag_id=flag.id,
        kind=flag.kind,
        channel=flag.channel,
        reason=flag.reason,
        effects=rules.effects_of(flag.kind, flag.channel),
        until=flag.until,
    )


def _unflagged(customer: Customer, flag: Flag, reason: LiftReason) -> CustomerUnflagged:
    return CustomerUnflagged(
        customer_id=customer.id,
        version=customer.version,
        flag_id=flag.id,
        kind=flag.kind,
        channel=flag.channel,
        reason=reason,
        effects=rules.effects_of(flag.kind, flag.channel),
    )
