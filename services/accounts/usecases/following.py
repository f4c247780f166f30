"""Hear from every service that it has followed, and look for those who have not."""

from collections.abc import Mapping

from chassis.logs import get_logger
from chassis.work import Work
from contracts.base import describe
from contracts.following import Followed
from services.accounts.domain.merging import MergeStatus
from services.accounts.reads import merging as reads
from services.accounts.tables import Acknowledgement, Merge

OVERDUE = "merge.overdue"  # the kind of the timer
_SETTLED = {
    MergeStatus.FOLLOWING: MergeStatus.COMPLETE,
    MergeStatus.UNFOLLOWING: MergeStatus.UNDONE,
}

log = get_logger(__name__)


def begin(work: Work, merge: Merge, counts: Mapping[str, int]) -> None:
    """Note what accounts itself has done for a task, and from when on the services are awaited."""
    merge.told_at, merge.completed_at = work.now, None
    note(work, merge.task_id, work.service, counts)
    work.at(work.now + reads.OVERDUE_AFTER, OVERDUE, merge.task_id, {})


def note_followed(work: Work, told: Followed) -> None:
    """Note that a service has followed; with the last one the task is complete."""
    merge = reads.merge_of_task(work, told.task_id)  # first, so that the last two see each other
    note(work, told.task_id, service_of(told), told.counts)
    if merge is None or merge.status not in _SETTLED or reads.missing(work, told.task_id):
        return
    merge.status, merge.completed_at = _SETTLED[merge.status], work.now
    work.cancel(OVERDUE, merge.task_id)


def look_for_missing(work: Work, *, key: str, data: Mapping[str, object]) -> None:  # noqa: ARG001  # a timer's
    """Say which services a task waits for, and look again later."""
    merge = reads.merge_of_task(work, key)
    if merge is None or merge.status not in _SETTLED:
        return
    lacking = ", ".join(reads.missing(work, key))
    log.warning("a merge waits for services", merge=merge.id, services=lacking)
    work.at(work.now + reads.OVERDUE_AFTER, OVERDUE, key, {})


def service_of(told: Followed) -> str:
    """Return who says so."""
    return describe(type(told)).service


def note(work: Work, task_id: str, service: str, counts: Mapping[str, int]) -> None:
    """Note what a service has done for a task."""
    row = {"task_id": task_id, "service": service, "at": work.now, "counts": dict(counts)}
    work.insert_once(Acknowledgement.__table__, row)
