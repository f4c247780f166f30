"""Erase one contact of a customer, who stays (ADR 0027)."""

from collections.abc import Sequence

from chassis.erasing import erase_said
from chassis.erasures import ANSWERS, TRAIL, Progress, erase_next
from chassis.forgetting import forget_answers_saying
from chassis.moving import CHUNK, Key
from chassis.wiping import wipe, wipe_said
from chassis.work import Work
from services.accounts.reads import customers, strangers, telling
from services.accounts.reads import erasing_contacts as reads
from services.accounts.reads.erasing_contacts import ERASING, SAID
from services.accounts.tables import Customer


def wipe_next(work: Work, customer_id: str, how_far: Progress) -> bool:
    """Wipe the next of what is the contact's; say whether there is more."""
    return _parted(work, customer_id, how_far.ids[0]) or erase_next(work, ERASING, how_far)


def wipe_said_next(
    work: Work, request_id: str, ids: Sequence[str], place: tuple[int, Key | None],
    counts: dict[str, int],
) -> tuple[int, Key | None] | None:  # fmt: skip
    """Wipe the next of what is kept of the customer and says the contact.

    Returns where to go on, if anywhere: the records, then the answers, then the customer's own history.
    """
    number, after = place
    who = strangers.who_is_erased(work, request_id)
    if number < len(SAID):
        name = SAID[number].name
        count, last = wipe_said(work, SAID[number], ids[0], after, who.told_by)
    elif number == len(SAID):
        name = ANSWERS
        count, last = forget_answers_saying(work, who.said_in, after)
    else:
        count = sum(erase_said(work, Customer.__tablename__, id_, who.told_by) for id_ in ids)
        counts[TRAIL] = counts.get(TRAIL, 0) + count
        return None
    counts[name] = counts.get(name, 0) + count
    return (number + 1, None) if last is None else (number, last)


def wipe_again(work: Work, customer_id: str, contact_id: str) -> None:
    """Wipe what somebody wrote of the contact meanwhile."""
    while _parted(work, customer_id, contact_id):
        pass
    for kind in ERASING.wipes:
        while wipe(work, kind, contact_id, None)[0] == CHUNK:
            pass


def _parted(work: Work, customer_id: str, contact_id: str) -> bool:
    """Let the next of those who report to the contact report to nobody; say whether there may be more."""
    customers.hold(work, [f"people:{customer_id}"])
    found = reads.reporting_to(work, contact_id, CHUNK)
    for one in found:
        one.reports_to_id = None
        work.tell(telling.contact_recorded, one)
    work.flush()
    return len(found) == CHUNK
