"""How far a hand-over is: what was given away where, and what is still his who leaves."""

from sqlalchemy import func, select

from chassis.work import Work
from services.accounts.domain.allocation import NotAHandOver, Verdict
from services.accounts.reads.merging import OVERDUE_AFTER, answers
from services.accounts.tables import Allocation, AllocationItem, Contact, Customer, Interaction

# Who keeps records of the staff's own, or of customers by their owners. Scores follow customers
# and leads by what is told of these, and marketing keeps nothing of anybody.
FOLLOWERS = ("sales", "service_desk", "telephony")
__all__ = [
    "FOLLOWERS", "OVERDUE_AFTER", "given", "hand_over", "hand_over_status", "kept", "missing",
]  # fmt: skip


def kept(work: Work, job: Allocation) -> int:
    """Count the customers that whoever hands over still has."""
    query = select(func.count()).where(
        Customer.entity_id == job.entity_id, Customer.owner_id == job.from_staff_id
    )
    return int(work.session.scalar(query) or 0)


def given(work: Work, job: Allocation) -> dict[str, int]:
    """Count what accounts itself has given away, by kind."""
    got = select(AllocationItem.customer_id).where(
        AllocationItem.allocation_id == job.id, AllocationItem.verdict == Verdict.GIVEN
    )
    counts = {"customers": job.given}
    for name, kind in (("contacts", Contact), ("interactions", Interaction)):
        query = select(func.count()).select_from(kind).where(kind.customer_id.in_(got))
        counts[name] = int(work.session.scalar(query) or 0)
    counts["customers_left"] = job.kept or 0
    return {name: number for name, number in counts.items() if number}


def hand_over(work: Work, allocation_id: str) -> Allocation | None:
    """Load a hand-over under its lock."""
    query = select(Allocation).where(Allocation.id == allocation_id).with_for_update()
    return work.session.scalar(query)


def missing(work: Work, allocation_id: str) -> list[str]:
    """Return the services that have not answered for a hand-over yet."""
    done = {one.service for one in answers(work, allocation_id)}
    return [name for name in FOLLOWERS if name not in done]


def hand_over_status(work: Work, *, allocation_id: str) -> dict[str, object]:
    """Return how far a hand-over is: what each service has given away, and who has not answered.

    :raises NotAHandOver: if it is another batch.
    """
    job = work.get(Allocation, allocation_id)
    if job.from_staff_id is None:
        raise NotAHandOver("This batch is no hand-over.", detail={"id": allocation_id})
    lacking = missing(work, job.id)
    return {
        "allocation_id": job.id,
        "staff_id": job.from_staff_id,
        "status": job.status,
        "given": job.given,
        "refused": job.refused,
        "people_over_cap": job.people_over_cap,
        "finished_at": job.finished_at,
        "completed_at": job.completed_at,
        "acknowledgements": answers(work, job.id),
        "missing": lacking,
        "is_overdue": bool(lacking) and job.finished_at is not None
        and work.now - job.finished_at > OVERDUE_AFTER,
    }  # fmt: skip
