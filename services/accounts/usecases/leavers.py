"""Somebody leaves: no more work for him, and every service gives away what it keeps of him."""

from collections.abc import Mapping

from chassis.logs import get_logger
from chassis.visibility import scope_of
from chassis.work import Work
from contracts.base import describe
from contracts.owning import StaffFollowed, StaffHandedOver
from services.accounts.reads import leavers as reads
from services.accounts.reads import telling
from services.accounts.tables import Allocation, Staff
from services.accounts.usecases import following

OVERDUE = "hand_over.overdue"  # the kind of the timer
DEACTIVATE = "directory.write"  # the permission to say that somebody has left

log = get_logger(__name__)


def deactivate(work: Work, staff: Staff) -> None:
    """Say that somebody has left; nobody gives him anything from now on.

    :raises Forbidden: if the caller may not.
    """
    scope_of(work.caller, DEACTIVATE, work.service, work.origin.method)
    if staff.active:
        staff.active = False
        work.tell(telling.staff_recorded, staff)


def begin(work: Work, job: Allocation) -> None:
    """Tell the services that the customers are given, and await what they say."""
    job.kept = reads.kept(work, job)
    following.note(work, job.id, work.service, reads.given(work, job))
    work.at(work.now + reads.OVERDUE_AFTER, OVERDUE, job.id, {})
    work.tell(_handed_over, job)


def note_followed(work: Work, told: StaffFollowed) -> None:
    """Note what a service has given away; with the last one the hand-over is complete."""
    job = reads.hand_over(work, told.task_id)  # first, so that the last two see each other
    following.note(work, told.task_id, describe(type(told)).service, told.counts)
    if job is None or job.completed_at is not None or reads.missing(work, told.task_id):
        return
    job.completed_at = work.now
    work.cancel(OVERDUE, job.id)


def look_for_missing(work: Work, *, key: str, data: Mapping[str, object]) -> None:  # noqa: ARG001  # a timer's
    """Say which services a hand-over waits for, and look again later."""
    job = reads.hand_over(work, key)
    if job is None or job.completed_at is not None:
        return
    lacking = ", ".join(reads.missing(work, key))
    log.warning("a hand-over waits for services", allocation=key, services=lacking)
    work.at(work.now + reads.OVERDUE_AFTER, OVERDUE, key, {})


def _handed_over(job: Allocation) -> StaffHandedOver:
    return StaffHandedOver(
        allocation_id=job.id,
        version=job.version,
        staff_id=str(job.from_staff_id),
        recipient_ids=tuple(str(one["staff_id"]) for one in job.recipients),
        entity_id=job.entity_id,
        kept=job.kept or 0,
    )
