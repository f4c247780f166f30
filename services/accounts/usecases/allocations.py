"""Deal customers out in batches, and hand over everything of somebody who leaves."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chassis import aliases
from chassis.bulk import insert_many
from chassis.errors import NotFound, Refused
from chassis.ids import new_id
from chassis.work import Work
from contracts.owning import AllocationFinished
from services.accounts.domain import allocation as rules
from services.accounts.domain.allocation import Dealing, Method, Selection, Verdict
from services.accounts.domain.imports import Status
from services.accounts.domain.ownership import Owner, OwnershipReason
from services.accounts.domain.pools import OverCap, Right
from services.accounts.reads import allocations as reads
from services.accounts.reads import customers, directory, pools
from services.accounts.tables import Allocation, AllocationItem, Customer, Staff
from services.accounts.usecases import caps, leavers, ownership
from services.accounts.usecases.dealing import Dealer

PROCESS = "allocation"
TAKEN_AT_ONCE = 200
LEDGER_RULE = "allocation."  # before the method, in the history of owners


def allocate_customers(
    work: Work, *, selection: Selection, dealing: Dealing, over_cap: OverCap | None = None
) -> Allocation:
    """Start to deal customers out among people; of each it is said what became of it.

    Only customers that the caller sees are given, from a pool only by whoever may distribute it.
    Nobody gets more than he may own unless ``over_cap`` says why.

    :raises NothingSelected, TooMany: if it is about no customers, or too many.
    :raises NoRecipients: if it is for nobody.
    :raises StaffInactive: if one of the recipients has left.
    :raises Forbidden: if people are to get more than they may and the caller may not decide so.
    """
    caps.demand_may_exceed(work, over_cap)
    if selection.is_empty:
        raise rules.NothingSelected("Say which customers are to be given.")
    _check(work, dealing)
    pool = None
    if selection.pool_id is not None:
        pool = pools.pool_for(work, selection.pool_id, Right.DISTRIBUTE)
    names = aliases.renamed(work.session, selection.customer_ids)
    named = tuple(dict.fromkeys(names.get(one, one) for one in selection.customer_ids))
    selection = replace(selection, customer_ids=named)
    found = {row.id: row.owner_id for row in reads.chosen(work, selection, pool)}
    if len(found) > rules.MAX_BATCH:
        raise rules.TooMany(f"A batch takes {rules.MAX_BATCH} customers at most.")
    job = _start(work, dealing, pool_id=selection.pool_id)
    rows = [
        _item(job.id, number, customer_id, found, takes_owned=selection.takes_owned)
        for number, customer_id in enumerate(selection.customer_ids or found, 1)
    ]
    job.over_cap, job.total = over_cap, len(rows)
    job.refused = sum(row["verdict"] is Verdict.REFUSED for row in rows)
    _insert(work, rows)
    return job


def hand_over(
    work: Work, *, staff_id: str, dealing: Dealing, deactivates: bool = False
) -> Allocation:
    """Start to hand over everything of somebody, to one person or by a rule (ADR 0029).

    No cap stands in the way: somebody has to have the customers. Who has more than he may is said
    after. Contacts and interactions go with them; the other services follow. With ``deactivates``
    he has left from this instant on, and gets nothing any more.

    :raises NoRecipients: if it is for nobody, or for nobody but himself.
    :raises StaffInactive: if one of the recipients has left.
    :raises Forbidden: if he is to be deactivated and the caller may not.
    """
    staff = work.get(Staff, staff_id)
    if deactivates:
        leavers.deactivate(work, staff)
    _check(work, dealing, besides=staff_id)
    named = {one.staff_id for one in dealing.recipients}
    if named and named <= {staff_id}:
        raise rules.NoRecipients("Nobody hands over to himself.")
    return _start(work, dealing, from_staff_id=staff_id)


def take_items(work: Work, job: Allocation) -> bool:
    """Give the next customers of a batch; say whether there are more."""
    items = _next_items(work, job)
    if not items:
        return False
    dealer = Dealer(work, job)
    held = customers.locked(work, [one.customer_id for one in items])
    for item in items:
        try:
            owner = _give(work, job, dealer, _expected(job, item, held))
            item.verdict, item.owner_id = Verdict.GIVEN, owner.staff_id
            job.given += 1
        except Refused as refusal:
            item.verdict, item.code = Verdict.REFUSED, refusal.code
            job.refused += 1
    return len(items) == TAKEN_AT_ONCE


def finish(work: Work, job: Allocation) -> None:
    """Close a batch and tell how it ended."""
    job.status, job.finished_at = Status.FINISHED, work.now
    if job.over_cap is not None or job.from_staff_id is not None:
        owners = reads.owners_of_batch(work, job)
        job.people_over_cap = caps.over(work, owners, job.entity_id)
    work.tell(_finished, job)
    if job.from_staff_id is not None:
        leavers.begin(work, job)


def _check(work: Work, dealing: Dealing, besides: str | None = None) -> None:
    if not dealing.recipients and dealing.method is not Method.TERRITORY:
        raise rules.NoRecipients("Name the people who are to get the customers.")
    for one in dealing.recipients:
        if one.staff_id != besides:
            directory.owner(work, one.staff_id)


def _start(
    work: Work, dealing: Dealing, *, pool_id: str | None = None, from_staff_id: str | None = None
) -> Allocation:
    job = work.add(
        Allocation(
            id=new_id(),
            owner_id=work.caller.staff_id,
            method=dealing.method,
            rotation=dealing.rotation,
            absent=dealing.absent,
            recipients=[{"staff_id": r.staff_id, "weight": r.weight} for r in dealing.recipients],
            pool_id=pool_id,
            from_staff_id=from_staff_id,
            people_over_cap=[],
            status=Status.RUNNING,
            total=0,
            given=0,
            refused=0,
        )
    )
    work.start(PROCESS, job.id, {"allocation_id": job.id})
    return job


def _item(
    allocation_id: str, number: int, customer_id: str, found: dict[str, str | None], *,
    takes_owned: bool,
) -> dict[str, Any]:  # fmt: skip
    owner_id, code = found.get(customer_id), None
    if customer_id not in found:
        code = "accounts.customer.not_found"
    elif owner_id is not None and not takes_owned:
        code = rules.OwnedAlready.code
    return {
        "allocation_id": allocation_id,
        "number": number,
        "customer_id": customer_id,
        "previous_owner_id": owner_id,
        "verdict": Verdict.REFUSED if code else Verdict.PENDING,
        "owner_id": None,
        "code": code,
    }


def _insert(work: Work, rows: Sequence[dict[str, Any]]) -> None:
    table: Any = AllocationItem.__table__
    insert_many(work.session, table, rows)


def _next_items(work: Work, job: Allocation) -> Sequence[AllocationItem]:
    """Return what was chosen before, or what whoever hands over still has."""
    if job.from_staff_id is None:
        return reads.pending(work, job.id, TAKEN_AT_ONCE)
    left = reads.left_of(work, job, TAKEN_AT_ONCE)
    owned = dict.fromkeys(left, job.from_staff_id)
    rows = [
        _item(job.id, number, customer_id, dict(owned), takes_owned=True)
        for number, customer_id in enumerate(left, job.total + 1)
    ]
    job.total += len(rows)
    _insert(work, rows)
    return reads.pending(work, job.id, TAKEN_AT_ONCE)


def _expected(job: Allocation, item: AllocationItem, held: dict[str, Customer]) -> Customer:
    """Return a customer of a batch if it is still whose it was when it was chosen."""
    customer = held.get(item.customer_id)
    if customer is None or customer.entity_id != job.entity_id:
        raise NotFound("There is no such customer.", code="accounts.customer.not_found")
    if customer.owner_id != item.previous_owner_id:
        raise rules.OwnerChanged("Somebody else got or gave this customer meanwhile.")
    return customer


def _give(work: Work, job: Allocation, dealer: Dealer, customer: Customer) -> Owner:
    owner, cause = dealer.pick(customer)
    if owner.staff_id != customer.owner_id:
        handed = job.from_staff_id is not None
        why = ownership.Why(
            OwnershipReason.HANDED_OVER if handed else OwnershipReason.ALLOCATED,
            rule=f"{LEDGER_RULE}{job.method}",
            cause=cause,
            pool_id=job.pool_id,
            batch_id=job.id,
        )
        ownership.give(work, customer, owner, why)
    return owner


def _finished(job: Allocation) -> AllocationFinished:
    return AllocationFinished(
        allocation_id=job.id,
        version=job.version,
        method=job.method,
        total=job.total,
        given=job.given,
        refused=job.refused,
        entity_id=job.entity_id,
    )
