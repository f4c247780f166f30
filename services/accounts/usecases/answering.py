"""Hear from every service that it has done what accounts told it: a merge, its undoing, an erasure."""

from chassis.following import ERASURE, PARKED
from chassis.work import Work
from contracts.following import Followed
from services.accounts.usecases import erasing, following


def note_followed(work: Work, told: Followed) -> None:
    """Note that a service has followed; with the last one the task is complete."""
    if told.task != ERASURE:
        following.note_followed(work, told)
        return
    erasing.hold(work, told.task_id)  # first, so that the last two see each other
    service, counts = following.service_of(told), dict(told.counts)
    parked = counts.pop(PARKED, 0)
    following.note(work, told.task_id, service, counts)
    erasing.certify(work, told.task_id)
    erasing.note_parked(work, told.task_id, service, parked)
