"""Who is to be called back: who gave up waiting, or asked for it; said again until it is done."""

from collections.abc import Mapping
from datetime import datetime

from chassis import erased
from chassis.ids import new_id
from chassis.ownership import demand_current, demand_sight
from chassis.work import Work
from contracts import preferences
from contracts.flags import DO_NOT_CONTACT, is_stopped
from contracts.standing import CustomerFlagged
from services.telephony.domain import callbacks as rules
from services.telephony.domain.callbacks import (
    CallbackOutcome,
    CallbackReason,
    CallbackState,
    Closing,
    NewCallback,
)
from services.telephony.domain.calls import ABANDONED, Direction
from services.telephony.reads import callbacks as reads
from services.telephony.reads import records, telling
from services.telephony.tables import Call, Callback
from services.telephony.usecases import ownership

CALLBACK_DUE = "callback.due"  # the kind of the timer
PHONE = "phone"  # the channel that flags call it


def request_callback(work: Work, *, new: NewCallback) -> Callback:
    """Promise somebody to call back; of a call, what is not said is taken from there.

    :raises NobodyToCall: if there is no number.
    :raises CallbackExists: if somebody is to call there already.
    :raises DoNotCall: if the customer wants no calls.
    :raises Forbidden: if the customer is somebody else's.
    :raises Conflict: if the customer was erased.
    """
    call = work.get(Call, new.call_id) if new.call_id else None
    number = new.number or (call.number if call else None)
    customer_id = new.customer_id or (call.customer_id if call else None)
    if number is None:
        raise rules.NobodyToCall("Tell a number, or a call that has one.")
    erased.demand_living(work.session, customer_id, work.service)
    if new.customer_id is not None:
        ownership.known_customer(work, new.customer_id)
    if wants_no_calls(work, customer_id):
        raise rules.DoNotCall("This customer wants no calls; accounts says why.")
    due = rules.demand_due(new.due or work.now + rules.AFTER_ABANDONED, work.now)
    entity_id = call.entity_id if call else work.caller.entity_id
    known = reads.open_for(work, entity_id, number, customer_id)
    if known:
        raise rules.CallbackExists(
            "Somebody is to call there already.", detail={"callback_id": known[0].id}
        )
    callback = _promise(work, entity_id, CallbackReason.ASKED, number)
    callback.agreed = new.agreed
    callback.call_id, callback.note = new.call_id, new.note
    callback.queue = new.queue or (call.queue if call else None)
    _give_to(work, callback, customer_id)
    _plan(work, callback, due)
    work.tell(telling.callback_requested, callback)
    demand_sight(work, callback)
    return callback


def reschedule_callback(
    work: Work, *, callback_id: str, version: int, due: datetime, agreed: bool
) -> Callback:
    """Put a call-back off to another instant; it is said anew from then on."""
    callback = _open(work, callback_id, version)
    callback.reminders, callback.agreed = 0, agreed
    _plan(work, callback, rules.demand_due(due, work.now))
    work.tell(telling.callback_requested, callback)
    return callback


def close_callback(work: Work, *, callback_id: str, version: int, closing: Closing) -> Callback:
    """Say how a call-back ended, and by which call."""
    callback = _open(work, callback_id, version)
    if closing.call_id is not None:
        work.get(Call, closing.call_id)
    callback.note = closing.note if closing.note is not None else callback.note
    _close(work, callback, closing.outcome, closing.call_id)
    return callback


def owe(work: Work, call: Call) -> None:
    """Promise a caller who gave up waiting to call back, unless he was faster or is promised it."""
    lost = call.outcome == ABANDONED and call.direction is Direction.INBOUND
    if not lost or call.number is None or wants_no_calls(work, call.customer_id):
        return
    known = reads.open_for(work, call.entity_id, call.number, call.customer_id)
    if reads.was_answered_since(work, call):
        return
    if known:
        known[0].attempts += 1
        return
    callback = _promise(work, call.entity_id, CallbackReason.ABANDONED, call.number)
    callback.call_id, callback.attempts = call.id, 1
    callback.queue = call.queue or records.queue_of(work, call.dnis)
    _give_to(work, callback, call.customer_id)
    _plan(work, callback, work.now + rules.AFTER_ABANDONED)
    work.tell(telling.callback_requested, callback)


def settle_answered(work: Work, call: Call) -> None:
    """Close what a caller was promised who called again, and whom somebody answered."""
    if call.direction is not Direction.INBOUND or call.established_at is None:
        return
    for callback in reads.open_for(work, call.entity_id, call.number, call.customer_id):
        promised_in_it = callback.call_id == call.id
        if not promised_in_it and reads.came_before(work, callback, call):
            _close(work, callback, CallbackOutcome.CALLED_AGAIN, call.id)


def know_customer(work: Work, call: Call) -> None:
    """Let what is owed to a call be owed to its customer, who may be promised it already."""
    callback = reads.open_of_call(work, call.id)
    if callback is None:
        return
    if wants_no_calls(work, call.customer_id):
        _close(work, callback, CallbackOutcome.DO_NOT_CONTACT, None)
        return
    others = [
        one
        for one in reads.open_for(work, callback.entity_id, None, call.customer_id)
        if one.id != callback.id
    ]
    if others:
        others[0].attempts += callback.attempts
        _close(work, callback, CallbackOutcome.MERGED, None)
        return
    _give_to(work, callback, call.customer_id)
    _move_into_time(work, callback)


def know_by_customer(work: Work, callback: Callback, _: str | None) -> None:
    """Let an open call-back be found by the customer it is owed to now; of several, the first."""
    if callback.state is not CallbackState.OPEN or callback.customer_id is None:
        return
    others = reads.open_for(work, callback.entity_id, None, callback.customer_id)
    key = reads.customer_key(callback.entity_id, callback.customer_id)
    callback.open_customer = None if any(one.id != callback.id for one in others) else key
    work.flush()


def remind(work: Work, *, key: str, data: Mapping[str, object]) -> None:
    """Tell that it is time to call back, and again ever more rarely; at last it is given up."""
    callback = records.locked(work, Callback, key)
    if callback is None or callback.state is not CallbackState.OPEN:
        return
    if callback.reminders >= rules.MAX_REMINDERS:
        _close(work, callback, CallbackOutcome.GIVEN_UP, None)
        return
    if _move_into_time(work, callback):
        return  # the time is over for the day: nobody is to call now
    callback.reminders += 1
    again = work.now + rules.reminder_pause(callback.reminders)
    window = _window(work, callback)
    if window is not None:
        again = min(again, preferences.closing(window, work.now))
    work.at(again, CALLBACK_DUE, key, data)
    work.tell(telling.callback_due, callback)


def note_flag(work: Work, told: CustomerFlagged) -> None:
    """Promise no call any more to a customer who wants none from now on.

    :raises Unavailable: if the copy has not heard of the flag yet: until it has, somebody may
        promise another call.
    """
    if told.kind != DO_NOT_CONTACT or told.channel not in {"any", PHONE}:
        return
    customer = demand_current(work, records.customer(work, told.customer_id), told)
    if customer is None or not is_stopped(customer.flags, PHONE):
        return  # it was lifted meanwhile, or the customer merged into one whose flags are told
    entity_id = customer.entity_id or work.caller.entity_id
    for callback in reads.open_for(work, entity_id, None, customer.id):
        _close(work, callback, CallbackOutcome.DO_NOT_CONTACT, None)


def wants_no_calls(work: Work, customer_id: str | None) -> bool:
    """Say whether a customer wants no calls, as accounts told last."""
    customer = records.customer(work, customer_id) if customer_id else None
    return customer is not None and is_stopped(customer.flags, PHONE)


def _open(work: Work, callback_id: str, version: int) -> Callback:
    callback = work.get(Callback, callback_id, version=version)
    rules.demand_open(callback.state)
    return callback


def _promise(work: Work, entity_id: str, reason: CallbackReason, number: str) -> Callback:
    return Callback(
        id=new_id(),
        entity_id=entity_id,
        state=CallbackState.OPEN,
        reason=reason,
        number=number,
        open_number=reads.number_key(entity_id, number),
        requested_at=work.now,
        agreed=False,
        reminders=0,
        attempts=0,
    )


def _give_to(work: Work, callback: Callback, customer_id: str | None) -> None:
    callback.customer_id = customer_id
    ownership.follow_copy(work, callback, customer_id)
    key = customer_id and reads.customer_key(callback.entity_id, customer_id)
    callback.open_customer = key
    work.add(callback)


def _plan(work: Work, callback: Callback, wished: datetime) -> None:
    """Have a call-back said when it is due: at a time of day that its customer likes."""
    due = preferences.opening(_window(work, callback), max(wished, work.now))
    callback.due, callback.moved_from = due, wished if due != wished else None
    work.at(due, CALLBACK_DUE, callback.id, {})


def _move_into_time(work: Work, callback: Callback) -> bool:
    """Move a call-back that is due out of the time that its customer likes; say whether it was."""
    wished = callback.moved_from or callback.due
    if preferences.is_open(_window(work, callback), max(callback.due, work.now)):
        return False
    _plan(work, callback, wished)
    work.tell(telling.callback_requested, callback)
    return True


def _window(work: Work, callback: Callback) -> preferences.Window | None:
    """Return when a customer likes to be called back, unless he has named the moment himself."""
    customer = records.customer(work, callback.customer_id) if callback.customer_id else None
    if customer is None or callback.agreed:
        return None
    told = (customer.preferred_from, customer.preferred_until, customer.preferred_zone)
    return preferences.window(*told)


def _close(work: Work, callback: Callback, outcome: CallbackOutcome, call_id: str | None) -> None:
    callback.state, callback.outcome = CallbackState.CLOSED, outcome
    callback.closed_at, callback.settled_by = work.now, call_id
    callback.open_number = callback.open_customer = None
    work.cancel(CALLBACK_DUE, callback.id)
    work.tell(telling.callback_closed, callback)
    work.flush()
