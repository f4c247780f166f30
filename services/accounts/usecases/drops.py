"""Warn owners who do nothing, and take customers from them by rule (ADR 0020)."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from chassis.ids import new_id
from chassis.work import Work
from contracts.owning import CustomerDropWarned
from services.accounts.domain import drops as rules
from services.accounts.domain.drops import Drop, DropTerms, Rule, Wait, Warn
from services.accounts.domain.ownership import OwnershipReason
from services.accounts.reads import customers, pools
from services.accounts.reads import drops as reads
from services.accounts.tables import Customer, DropRule
from services.accounts.usecases import ownership
from services.accounts.usecases.drop_timers import DROP_DUE

REARM = "drop_rearm"  # the process
REARMED_AT_ONCE = 1_000


def register_drop_rule(work: Work, *, terms: DropTerms) -> DropRule:
    """Set up a rule; all owned customers are looked at by it soon.

    :raises WarningTooLong: if it would have to warn before its clock starts.
    :raises PoolUnknown: if the pool it drops into is not in use.
    """
    _check(work, terms)
    return _write(work, work.add(DropRule()), terms)


def update_drop_rule(work: Work, *, rule_id: str, version: int, terms: DropTerms) -> DropRule:
    """Set a rule up anew; all owned customers are looked at by it soon.

    :raises StaleVersion: if it changed since.
    :raises WarningTooLong: if it would have to warn before its clock starts.
    :raises PoolUnknown: if the pool it drops into is not in use.
    """
    rule = work.get(DropRule, rule_id, version=version)
    _check(work, terms)
    return _write(work, rule, terms)


def look(work: Work, *, key: str, data: Mapping[str, object]) -> None:
    """Look at an owned customer: warn its owner, take it from him, or look again later."""
    del data
    customer = customers.locked(work, [key]).get(key)
    if customer is None or customer.owner_id is None:
        return
    in_use = reads.rules_of(work, customer.entity_id)
    match rules.decide(in_use, reads.standing(work, customer), work.now):
        case Wait(until):
            work.at(until, DROP_DUE, key, {})
        case Warn(rule, due):
            _warn(work, customer, rule, due)
            work.at(min(due, work.now + rules.LOOK_AGAIN), DROP_DUE, key, {})
        case Drop(rule):
            why = ownership.Why(
                OwnershipReason.DROPPED,
                rule=f"{rules.LEDGER_RULE}{rule.id}",
                cause=rule.terms.demand,
                pool_id=rule.terms.pool_id,
            )
            ownership.give(work, customer, None, why)


def rearm(work: Work, entity_id: str, after: str) -> str | None:
    """Have the next owned customers of an entity looked at; return the last one, None at the end."""
    found = reads.owned_after(work, entity_id, after, REARMED_AT_ONCE)
    for customer_id in found:
        work.at(work.now, DROP_DUE, customer_id, {})
    return found[-1] if len(found) == REARMED_AT_ONCE else None


def _check(work: Work, terms: DropTerms) -> None:
    rules.check(terms)
    if terms.pool_id is not None:
        pools.pool_for(work, terms.pool_id, None)


def _write(work: Work, rule: DropRule, terms: DropTerms) -> DropRule:
    for name, value in asdict(terms).items():
        setattr(rule, name, list(value) if isinstance(value, tuple) else value)
    work.start(REARM, new_id(), {"entity_id": rule.entity_id})
    return rule


def _warn(work: Work, customer: Customer, rule: Rule, due: datetime) -> None:
    known = pools.dealings(work, customer.id)
    known.drop_warned_at, known.drop_warned_by = work.now, rule.id

    def warned(done: Customer) -> CustomerDropWarned:
        return CustomerDropWarned(
            customer_id=done.id,
            version=done.version,
            owner_id=done.owner_id,
            team_id=done.team_id,
            territory_id=done.territory_id,
            rule_id=rule.id,
            demand=rule.terms.demand,
            due=due,
            entity_id=done.entity_id,
        )

    work.tell(warned, customer)
