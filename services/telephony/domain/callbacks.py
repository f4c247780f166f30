"""When somebody is to be called back, how often that is said again, and how it ends."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chassis.errors import Conflict, Invalid

AFTER_ABANDONED = timedelta(minutes=15)  # who gave up waiting is called back within, business time
FIRST_PAUSE = timedelta(minutes=15)
LAST_PAUSE = timedelta(hours=4)
MAX_REMINDERS = 8  # the call-back is given up at the next one
FARTHEST = timedelta(days=366)


class CallbackReason(StrEnum):
    """Why somebody is to be called back."""

    ABANDONED = "abandoned"  # gave up waiting
    ASKED = "asked"


class CallbackState(StrEnum):
    """Whether somebody still is to be called back."""

    OPEN = "open"
    CLOSED = "closed"


class CallbackOutcome(StrEnum):
    """How a call-back ended."""

    DONE = "done"
    CALLED_AGAIN = "called_again"  # the customer was faster
    GIVEN_UP = "given_up"  # nobody did it, however often it was said
    DO_NOT_CONTACT = "do_not_contact"  # the customer wants no calls
    MERGED = "merged"  # it turned out to be the same customer's as another


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCallback:
    """Whom to call back, when and why, as somebody asks for it."""

    number: str | None = None
    customer_id: str | None = None
    call_id: str | None = None
    due: datetime | None = None
    agreed: bool = False  # the customer has named the moment
    queue: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """How a call-back ended, as somebody says it."""

    outcome: CallbackOutcome = CallbackOutcome.DONE
    note: str | None = None
    call_id: str | None = None  # by which call


BY_HAND = (CallbackOutcome.DONE, CallbackOutcome.GIVEN_UP)  # what a person may say


class CallbackClosed(Conflict):
    """Refuse to work on a call-back that is over."""

    code = "telephony.callback.closed"


class CallbackExists(Conflict):
    """Refuse a second call-back for somebody who is to be called back already."""

    code = "telephony.callback.exists"


class DoNotCall(Conflict):
    """Refuse to promise a call to a customer who wants none."""

    code = "telephony.callback.do_not_contact"


class NobodyToCall(Invalid):
    """Refuse a call-back without a number."""

    code = "telephony.callback.no_number"


class NotInTheFuture(Invalid):
    """Refuse a call-back for an instant that is over, or too far away."""

    code = "telephony.callback.due"


def demand_open(state: CallbackState) -> None:
    """Demand that a call-back can still be worked on.

    :raises CallbackClosed: if it is over.
    """
    if state is not CallbackState.OPEN:
        raise CallbackClosed("The call-back is over.")


def demand_due(due: datetime, now: datetime) -> datetime:
    """Return when a call-back is due, which must be in the future and within a year.

    :raises NotInTheFuture: if it is not.
    """
    if not now < due <= now + FARTHEST:
        raise NotInTheFuture("A call-back is due in the future, within a year.")
    return due


def reminder_pause(reminders: int) -> timedelta:
    """Return how long to wait after so many reminders: 15, 30, 60, … minutes, at most four hours."""
    doubled: int = 2 ** min(reminders - 1, MAX_REMINDERS)
    return min(FIRST_PAUSE * doubled, LAST_PAUSE)
