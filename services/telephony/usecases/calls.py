"""Follow the calls that the bridge tells, and say what came of them."""

from dataclasses import replace

from chassis import erased
from chassis.work import Work
from contracts import base as contracts
from contracts.cti import CallTold
from services.telephony.domain import calls as rules
from services.telephony.domain.calls import CallState, Direction
from services.telephony.reads import records, telling
from services.telephony.tables import Call, CallEvent
from services.telephony.usecases import callbacks, endings, identification, pops


def follow(work: Work, event: CallTold) -> None:
    """Take over what the bridge tells of a call, in whatever order it comes.

    Each event carries the whole call, so the newest one is right by itself; an older one only adds
    its line to the history, and the phones that it saw ringing.
    """
    call = records.call(work, event.call_id)
    had_talked = call is not None and call.established_at is not None
    _note(work, event)
    if call is None:
        call = _enter(work, event)
    elif event.seq > call.seq:
        _take_over(work, call, _of_nobody(event) if _is_of_erased(work, call) else event)
    call.estimated = call.estimated or event.basis != rules.LIVE
    identification.begin(work, call)
    pops.note_rung(work, call, event.legs)
    if not had_talked:
        callbacks.settle_answered(work, call)
    endings.settle(work, call)


def dispose_call(
    work: Work, *, call_id: str, version: int, disposition: str, note: str | None
) -> Call:
    """Say what came of a call that is over.

    :raises NotOver: if it goes on.
    """
    call = work.get(Call, call_id, version=version)
    rules.demand_over(call.state)
    call.disposition = records.disposition(work, call.entity_id, disposition).key
    call.note = note
    work.tell(telling.call_disposed, call)
    return call


def _note(work: Work, event: CallTold) -> None:
    verb = contracts.describe(type(event)).name.split(".")[2]
    row = {
        "call_id": event.call_id,
        "seq": event.seq,
        "type": verb,
        "at": event.at,
        "basis": event.basis,
        "state": event.state,
        "queue": event.queue,
        "device": event.device,
        "outcome": event.outcome,
        "heard_at": work.now,
    }
    work.insert_once(CallEvent.__table__, row)


def _enter(work: Work, event: CallTold) -> Call:
    call = Call(
        id=event.call_id,
        pbx=event.pbx,
        boot_id=event.boot_id,
        linkedid=event.linkedid,
        estimated=False,
        is_linked=False,
        device=None,
        agent_id=None,
    )
    _take_over(work, call, event)
    work.add(call)
    work.flush()
    work.tell(telling.call_started, call)
    return call


def _take_over(work: Work, call: Call, event: CallTold) -> None:
    call.seq, call.state = event.seq, rules.word(CallState, event.state)
    call.direction = rules.word(Direction, event.direction)  # internal until it dials outside
    call.number = _number(call.direction, event)
    call.caller_name = rules.clean(event.caller_name, rules.MAX_NAME)
    call.dnis = rules.clean(event.dnis, rules.MAX_NUMBER)
    call.data, call.queue = rules.keyed(event.data), event.queue
    device = rules.agents_device(event.legs, event.device)
    if call.agent_id is None or device != call.device:
        call.device, call.agent_id = device, records.agent_of(work, device)
    call.started_at, call.queued_at = event.started_at, event.queued_at
    call.delivered_at, call.established_at = event.delivered_at, event.established_at
    call.ended_at = event.ended_at
    call.quarter = rules.quarter_of(event.queued_at or event.started_at)
    call.wait_ms = rules.milliseconds(event.wait_seconds)
    call.talk_ms = rules.milliseconds(event.talk_seconds)
    call.hold_ms = rules.milliseconds(event.hold_seconds)
    call.transfers, call.outcome = event.transfers, event.outcome
    call.end_reason = event.end_reason
    if call.customer_id is None:  # else it is where its customer is
        call.entity_id = _entity(work, call) or call.entity_id or work.caller.entity_id


def _entity(work: Work, call: Call) -> str | None:
    """Return which entity of the group is called, or calls: the other party is looked for there."""
    if call.direction is Direction.INBOUND:
        return records.entity_of(work, call.dnis)
    agent = records.staff(work, call.agent_id) if call.agent_id else None
    return agent.entity_id if agent else None


def _is_of_erased(work: Work, call: Call) -> bool:
    """Say whether who calls was erased: the customer, or one of its contacts alone."""
    if erased.is_erased(work.session, call.customer_id):
        return True
    return erased.was_wiped(work.session, Call.__tablename__, call.id)


def _of_nobody(event: CallTold) -> CallTold:
    """Leave out who it is: the bridge goes on telling of a call after who calls was erased."""
    return replace(event, ani=None, ani_raw=None, dnis=None, caller_name=None, data=None)


def _number(direction: Direction, event: CallTold) -> str | None:
    """Return the other party's number; colleagues are not looked for among the customers."""
    if direction is Direction.INBOUND:
        return rules.telling_number(event.ani, event.ani_raw)
    return rules.telling_number(event.dnis) if direction is Direction.OUTBOUND else None
