"""Public pools: set them up, claim from them, give customers back to them (ADR 0020)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import update

from chassis import aliases
from chassis.errors import Forbidden, Invalid, Refused
from chassis.ids import new_id
from chassis.work import Work
from services.accounts.domain import pools as rules
from services.accounts.domain.ownership import Owner, OwnershipReason
from services.accounts.domain.pools import CapKind, PoolTerms, ReleaseReason, Right
from services.accounts.reads import directory
from services.accounts.reads import pools as reads
from services.accounts.tables import (
    Claim,
    ClaimCount,
    Customer,
    Pool,
    Staff,
    Team,
    Territory,
)
from services.accounts.usecases import caps, ownership

CLAIMED, REFUSED = "claimed", "refused"


class UnknownPeople(Invalid):
    """Refuse a pool of people, teams or territories that are not there."""

    code = "accounts.pool.unknown_ids"


def register_pool(work: Work, *, terms: PoolTerms) -> Pool:
    """Set up a public pool.

    :raises UnknownPeople: if it names a person, a team or a territory that is not there.
    """
    _check(work, terms)
    return _write(work.add(Pool()), terms)


def update_pool(work: Work, *, pool_id: str, version: int, terms: PoolTerms) -> Pool:
    """Set a pool up anew; customers that were put into it stay there.

    :raises StaleVersion: if it changed since.
    :raises UnknownPeople: if it names a person, a team or a territory that is not there.
    """
    pool = work.get(Pool, pool_id, version=version)
    _check(work, terms)
    return _write(pool, terms)


def claim_customer(work: Work, *, pool_id: str, customer_id: str) -> Customer:
    """Take a customer out of a pool and own it; of all who try at once one does.

    :raises PoolUnknown, RightMissing: if the caller may not claim here.
    :raises AlreadyClaimed: if somebody else was faster.
    :raises NotInPool: if it is not in this pool.
    :raises QuotaSpent: if the caller has claimed what he may in a day.
    :raises CoolingOff: if the caller lost it a short while ago.
    :raises OwnerCapReached: if the caller owns as many as he may.
    """
    claiming = _claiming(work, pool_id)
    return _take(work, claiming, customer_id)


def claim_customers(work: Work, *, pool_id: str, customer_ids: Sequence[str]) -> dict[str, object]:
    """Claim many customers, each by itself, and say of each what became of it.

    :raises PoolUnknown, RightMissing: if the caller may not claim here.
    """
    claiming = _claiming(work, pool_id)
    names = aliases.renamed(work.session, customer_ids)
    codes: dict[str, str | None] = {}
    for customer_id in sorted(set(customer_ids)):  # in one order: nobody waits in a circle
        try:
            _take(work, claiming, names.get(customer_id, customer_id))
            codes[customer_id] = None
        except Refused as refusal:
            codes[customer_id] = refusal.code
    verdicts = [
        {"customer_id": id_, "verdict": REFUSED if codes[id_] else CLAIMED, "code": codes[id_]}
        for id_ in dict.fromkeys(customer_ids)
    ]
    refused = sum(code is not None for code in codes.values())
    return {"claimed": len(codes) - refused, "refused": refused, "verdicts": verdicts}


def release_customer(
    work: Work, *, customer_id: str, version: int, pool_id: str, reason: ReleaseReason
) -> Customer:
    """Give a customer up: it is nobody's and lies in a public pool.

    :raises StaleVersion: if it changed since.
    :raises NobodysCustomer: if it is nobody's already.
    :raises PoolUnknown: if there is no such pool in use.
    """
    customer = work.get(Customer, customer_id, version=version)
    if customer.owner_id is None:
        raise rules.NobodysCustomer("Nobody owns this customer.", detail={"id": customer_id})
    pool = reads.pool_for(work, pool_id, None)
    why = ownership.Why(OwnershipReason.RELEASED, cause=reason, pool_id=pool.id)
    ownership.give(work, customer, None, why)
    return customer


@dataclass(slots=True)
class _Claiming:
    """Who claims from which pool, and how much of quota and cap is left."""

    pool: Pool
    owner: Owner
    count: ClaimCount | None
    room: int | None


def _claiming(work: Work, pool_id: str) -> _Claiming:
    if work.caller.staff_id is None:
        raise Forbidden("Only a person claims customers.", code="accounts.claim.not_a_person")
    pool = reads.pool_for(work, pool_id, Right.CLAIM)
    owner = directory.owner(work, work.caller.staff_id)
    room = caps.room_left(work, owner, CapKind.OWN)
    count = None
    if pool.daily_claims is not None:
        day = rules.day_of(work.now, pool.zone)
        count = reads.count_of(work, pool.id, owner.staff_id, day)
    return _Claiming(pool, owner, count, room)


def _take(work: Work, claiming: _Claiming, customer_id: str) -> Customer:
    pool, owner = claiming.pool, claiming.owner
    if not reads.is_in_pool(work, pool, customer_id):
        raise _lost(work, pool, customer_id)
    is_won = reads.has_bought(work, customer_id)
    _demand_claimable(work, claiming, customer_id, is_won=is_won)
    # The one statement that decides. Whoever comes second waits for the first to be done, meets
    # the condition no more, and changes nothing.
    still_free = update(Customer).where(Customer.id == customer_id, reads.in_pool(pool))
    taken: Any = work.session.execute(
        still_free.values(updated_at=work.now).execution_options(synchronize_session=False)
    )
    if not taken.rowcount:
        raise _lost(work, pool, customer_id)
    customer = reads.fresh(work, customer_id)
    why = ownership.Why(OwnershipReason.CLAIMED, pool_id=pool.id)
    ownership.give(work, customer, owner, why)
    work.session.add(
        Claim(
            id=new_id(), entity_id=customer.entity_id, pool_id=pool.id, customer_id=customer_id,
            customer_version=customer.version, staff_id=owner.staff_id, at=work.now,
        )
    )  # fmt: skip
    if claiming.count is not None:
        claiming.count.claimed += 1
    if claiming.room is not None and not is_won:
        claiming.room -= 1
    return customer


def _demand_claimable(work: Work, claiming: _Claiming, customer_id: str, *, is_won: bool) -> None:
    pool, count = claiming.pool, claiming.count
    if reads.lost_by(work, claiming.owner.staff_id, customer_id, pool.cooling_days):
        raise rules.CoolingOff(
            "You lost this customer a short while ago; it is others' turn.",
            detail={"days": pool.cooling_days},
        )
    if claiming.room == 0 and not is_won:
        raise caps.full(CapKind.OWN)
    if count is not None and count.claimed >= (pool.daily_claims or 0):
        raise rules.QuotaSpent(
            "You have claimed from this pool what you may in a day.",
            detail={"daily_claims": pool.daily_claims, "day": count.day},
        )


def _lost(work: Work, pool: Pool, customer_id: str) -> Refused:
    """Say that somebody was faster, to whoever could have seen the customer in this pool."""
    if reads.was_claimed(work, pool, customer_id):
        return rules.AlreadyClaimed("Somebody else was faster.", detail={"id": customer_id})
    return rules.NotInPool("This customer is not in this pool.", detail={"id": customer_id})


def _check(work: Work, terms: PoolTerms) -> None:
    people = (*terms.member_ids, *terms.admin_ids)
    for kind, ids in ((Staff, people), (Team, terms.team_ids), (Territory, terms.territory_ids)):
        unknown = reads.unknown_among(work, kind, ids)
        if unknown:
            raise UnknownPeople(
                f"There is no {kind.__name__.lower()} with one of these ids.",
                detail={"unknown": unknown},
            )


def _write(pool: Pool, terms: PoolTerms) -> Pool:
    for name, value in asdict(terms).items():
        setattr(pool, name, list(value) if isinstance(value, tuple) else value)
    return pool
