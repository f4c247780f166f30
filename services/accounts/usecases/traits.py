"""Keep what is known of customers as people, as far as they allow it, and what they did."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import delete

from chassis import records
from chassis.errors import StaleVersion
from chassis.work import Work
from services.accounts.domain import traits as rules
from services.accounts.domain.traits import SENSITIVE, Fact, TraitKind
from services.accounts.reads import customers
from services.accounts.reads import traits as reads
from services.accounts.tables import BehaviourFact, Customer, SensitiveValue, Trait

KIND, FACT = "trait", "behaviour_fact"


def set_trait(
    work: Work, *, customer_id: str, kind: TraitKind, value: str | None, version: int | None
) -> Trait | None:
    """Keep an attribute of a customer, or take it away.

    :raises UnknownValue: if it is one of a closed set, and not this.
    :raises StaleVersion: if it is not known in this version.
    """
    customer = work.get(Customer, customer_id)
    rules.check(kind, value)
    known = _at_version(work, customer, kind, version)
    if value is None:
        _take_away(work, known)
        return None
    trait = known or _new(work, customer, kind)
    if trait.value != value:
        trait.value, trait.told_at = value, work.now
        records.tell_changed(work, KIND, trait, "updated" if known else "created")
    work.flush()
    return trait


def set_sensitive_trait(
    work: Work, *, customer_id: str, kind: TraitKind, value: str | None, version: int | None
) -> Trait | None:
    """Keep a sensitive attribute of a customer who allows it, or take it away; it is never told.

    The audit trail says who kept which attribute and when, but not its value.

    :raises SensitiveTraitsOff: if this house does not want to know.
    :raises NoConsent: if the customer does not allow it.
    :raises StaleVersion: if it is not known in this version.
    """
    customer = work.get(Customer, customer_id)
    customers.locked(work, [customer_id])  # who withdraws the consent meanwhile waits, or is first
    reads.demand_allowed(work, customer_id)
    known = _at_version(work, customer, kind, version)
    if value is None:
        _take_away(work, known)
        return None
    trait = known or _new(work, customer, kind)
    trait.told_at = work.now
    work.flush()
    stored = work.session.get(SensitiveValue, trait.id) or SensitiveValue(
        trait_id=trait.id, entity_id=trait.entity_id, customer_id=customer_id
    )
    stored.value = value
    work.session.add(stored)
    return trait


def forget_sensitive(work: Work, customer_id: str) -> None:
    """Take away all sensitive attributes of a customer who does not allow them any more."""
    for trait in reads.sensitive_of(work, customer_id):
        _take_away(work, trait)


def record_behaviour(work: Work, *, customer_id: str, facts: Sequence[Fact]) -> dict[str, int]:
    """Note what a customer did or owed; what a source tells again of a period is corrected.

    :raises FactIncomplete: if one says nothing, or of no time; then none is noted.
    """
    customer = work.get(Customer, customer_id)
    customers.hold(work, [f"behaviour:{customer_id}"])
    recorded = 0
    for fact in facts:
        rules.check_fact(fact)
        recorded += _note(work, customer, fact)
    return {"recorded": recorded, "unchanged": len(facts) - recorded}


def _note(work: Work, customer: Customer, fact: Fact) -> bool:
    known = reads.told_before(work, customer.id, fact)
    if known is None:
        new = BehaviourFact(**asdict(fact), entity_id=customer.entity_id, customer_id=customer.id)
        records.tell_changed(work, FACT, work.add(new), "created")
        work.flush()
        return True
    for name, value in asdict(fact).items():
        setattr(known, name, value)
    if not work.session.is_modified(known):
        return False
    records.tell_changed(work, FACT, known, "updated")
    work.flush()
    return True


def _at_version(
    work: Work, customer: Customer, kind: TraitKind, version: int | None
) -> Trait | None:
    customers.hold(work, [f"traits:{customer.id}"])
    known = reads.one_of(work, customer.id, kind)
    if (known.version if known else None) != version:
        raise StaleVersion(
            "This attribute was changed by somebody else; read it again.",
            detail={"your_version": version, "version": known.version if known else None},
        )
    return known


def _new(work: Work, customer: Customer, kind: TraitKind) -> Trait:
    trait = Trait(
        customer_id=customer.id, entity_id=customer.entity_id, kind=kind, value=None,
        sensitive=kind in SENSITIVE, told_at=work.now,
    )  # fmt: skip
    return work.add(trait)


def _take_away(work: Work, trait: Trait | None) -> None:
    if trait is None:
        return  # there is nothing to take away, which is what was asked for
    if trait.sensitive:
        mine = SensitiveValue.trait_id == trait.id
        work.session.execute(delete(SensitiveValue).where(mine))
    else:
        records.tell_changed(work, KIND, trait, "deleted")
    work.remove(trait)
    work.flush()
