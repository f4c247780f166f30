"""The end of a call: told once, with its customer if that is known within a bounded time."""

from collections.abc import Mapping

from chassis.work import Work
from services.telephony.domain import calls as rules
from services.telephony.domain.calls import CallState, Identity
from services.telephony.reads import records, telling
from services.telephony.tables import Call
from services.telephony.usecases import callbacks, ownership, pops

ENDING_DUE = "call.ending_due"  # the kind of the timer


def settle(work: Work, call: Call) -> None:
    """Tell the end of a call that is over as soon as it is known whose it was."""
    if call.state is not CallState.CLEARED or call.told_end_at is not None:
        return
    if call.number is not None and call.identity is None:
        work.at(work.now + rules.ENDING_PATIENCE, ENDING_DUE, call.id, {})
        return
    _tell(work, call)


def end_without_customer(work: Work, *, key: str, data: Mapping[str, object]) -> None:  # noqa: ARG001  # a timer's
    """Tell the end of a call although accounts has not said whose it was; that may still come."""
    call = records.call(work, key)
    if call is None or call.told_end_at is not None:
        return
    if call.identity is None:
        call.identity = Identity.UNAVAILABLE
        work.tell(telling.call_identified, call)
    _tell(work, call)


def _tell(work: Work, call: Call) -> None:
    work.cancel(ENDING_DUE, call.id)
    call.told_end_at = work.now
    ownership.follow_copy(work, call, call.customer_id)
    work.tell(telling.call_ended, call)
    callbacks.owe(work, call)
    pops.forget(work, call)
