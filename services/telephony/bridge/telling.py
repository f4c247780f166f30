"""What is told of a call: when what is known of it has changed, and in which words."""

from collections.abc import Callable, Iterable
from datetime import datetime

from contracts import cti
from services.telephony.bridge.calls import Basis, Call, Channel, Phase, Role
from services.telephony.bridge.outcomes import Outcome

MAX_LEGS = 32  # a caller who waits for an hour leaves hundreds of phones that rang in vain
MERGED = "merged"  # why a call ends that the PBX has made one with another

Tell = Callable[[type[cti.CallTold], Call, datetime], None]


def settle(call: Call, at: datetime, tell: Tell) -> None:
    """Tell what follows from what is known now and was not told; the order of its causes is free."""
    for channel in list(call.parties()):
        if channel.rings and channel.role is Role.AGENT and not channel.delivered:
            channel.delivered = True
            call.device = channel.device
            call.delivered_at = call.delivered_at or channel.alerting_at
            tell(cti.CallDelivered, call, at)
    main = call.main()
    partners = call.joined(main) if main is not None and main.open else []
    if partners and not any(one.id == call.partner for one in partners):
        _establish(call, partners, at)
        _count(call, talking=True, at=at)
        tell(cti.CallEstablished, call, at)
    call.holders = [id_ for id_ in call.holders if call.channels[id_].open]
    _count(call, talking=bool(partners), at=at)
    if bool(call.holders) != call.held:
        call.held = bool(call.holders)
        # Where the holder hung up nobody took the other back: what follows says what became of it.
        if call.held or partners:
            tell(cti.CallHeld if call.held else cti.CallRetrieved, call, at)


def _establish(call: Call, partners: list[Channel], at: datetime) -> None:
    main = call.main()
    partner = next((one for one in partners if one.role is Role.AGENT), partners[0])
    ours = main is not None and main.role is Role.AGENT and partner.role is not Role.AGENT
    call.partner, call.device = partner.id, main.device if main and ours else partner.device
    call.established_at = call.established_at or at
    call.end_waiting(at)
    # Whoever put the call on hold and is not in it any more has handed it over.
    inside = {one.id for one in partners} | ({main.id} if main else set())
    call.holders = [id_ for id_ in call.holders if id_ in inside]
    call.held = bool(call.holders)
    call.ended_by = ""


def _count(call: Call, *, talking: bool, at: datetime) -> None:
    phase = Phase.HOLD if call.holders else Phase.TALK if talking else Phase.IDLE
    if phase is not call.phase:
        call.enter(phase, at)


def conclude(call: Call, at: datetime, reason: str | None = None) -> None:
    """End a call: its outcome and times are final after this."""
    call.ended_at = at
    hang_up(call, call.channels, at)
    call.enter(Phase.IDLE, at)
    call.holders, call.held = [], False
    merged = reason == MERGED and not call.answered
    call.outcome = Outcome.MERGED if merged else _outcome(call, is_known=reason is None)
    # A caller who hangs up may have talked in between, unless the queue says that he left it.
    left = call.outcome is Outcome.ABANDONED and call.queue_outcome is Outcome.ABANDONED
    seen = call.answered or left
    if call.deaf and not seen and call.basis is Basis.LIVE:
        call.basis = Basis.RESYNC  # concluded from what was not heard, which may have been missed
    call.end_reason = reason or call.ended_by or "pbx"
    call.waiting = False


def hang_up(call: Call, ids: Iterable[str], at: datetime) -> None:
    """Note that channels are gone whose end was not heard."""
    for id_ in ids:
        channel = call.channels[id_]
        if channel.open:
            channel.ended_at, channel.bridge = at, ""
            dialled = channel.role in {Role.AGENT, Role.REMOTE}
            met = Outcome.ANSWERED if channel.connected_at else Outcome.FAILED
            channel.outcome = met if dialled else None


def _outcome(call: Call, *, is_known: bool) -> Outcome:
    if call.answered:
        return Outcome.ANSWERED
    main = call.main()
    if call.queued_at is not None:
        gave_up = main is not None and main.hangup_at is not None
        # Who waited when we heard no more: nobody knows whether the queue or the caller gave up.
        unsaid = Outcome.TIMED_OUT if is_known else Outcome.FAILED
        left = call.queue_outcome or (Outcome.ABANDONED if gave_up else unsaid)
        lost = left is Outcome.TIMED_OUT and call.direction == "outbound"
        return Outcome.DROPPED if lost else left
    # What decides is the last leg that was dialled: of the caller's own nothing came.
    dialled = [one for one in call.parties() if one.role is not Role.CALLER]
    failed = [one for one in dialled if one.connected_at is None]
    if failed:
        return failed[-1].outcome or Outcome.FAILED
    if dialled:
        return Outcome.ANSWERED if call.direction == "outbound" else Outcome.CANCELLED
    return Outcome.SELF_SERVICE if main is None or main.connected_at else Outcome.CANCELLED


def state_of(call: Call) -> str:
    """Say in one word how the call stands."""
    if call.ended_at is not None:
        return "cleared"
    if call.holders:
        return "held"
    if call.phase is Phase.TALK:
        return "connected"
    if any(one.rings for one in call.parties()):
        return "alerting"
    if call.waiting:
        return "queued"
    return "connected" if call.established_at else "offered"


def summary(cls: type[cti.CallTold], call: Call, at: datetime) -> cti.CallTold:
    """Say the whole call as it is known now."""
    talked = call.established_at is not None
    return cls(
        call_id=call.call_id,
        seq=call.seq,
        pbx=call.pbx,
        boot_id=call.boot_id,
        at=at,
        basis=call.basis.value,
        direction=call.direction,
        state=state_of(call),
        linkedid=call.linkedid,
        started_at=call.started_at,
        ani=call.ani,
        ani_raw=call.ani_raw,
        caller_name=call.caller_name,
        dnis=call.dnis,
        queue=call.queue,
        device=call.device,
        queued_at=call.queued_at,
        delivered_at=call.delivered_at,
        established_at=call.established_at,
        ended_at=call.ended_at,
        wait_seconds=_waited(call),
        talk_seconds=_counted(call, Phase.TALK, at) if talked else None,
        hold_seconds=_counted(call, Phase.HOLD, at) if talked else None,
        transfers=call.transfers,
        outcome=call.outcome.value if call.outcome else None,
        end_reason=call.end_reason,
        data=dict(call.data) or None,
        legs=tuple(_leg(one, held=one.id in call.holders) for one in call.parties()),
    )


def _waited(call: Call) -> float | None:
    if call.queued_at is None:
        begun = None if call.direction == "outbound" else call.delivered_at
        return _span(begun, call.established_at or call.waited_until or call.ended_at)
    last = _span(call.waiting_since, call.waited_until or call.ended_at)
    if last is None:
        return call.waited_seconds
    return round((call.waited_seconds or 0.0) + last, 6)


def _span(begun: datetime | None, done: datetime | None) -> float | None:
    if begun is None or done is None:
        return None
    return round(max((done - begun).total_seconds(), 0.0), 6)


def _counted(call: Call, phase: Phase, at: datetime) -> float:
    counted = call.talk_seconds if phase is Phase.TALK else call.hold_seconds
    if call.phase is phase and call.phase_since is not None:
        counted += max((at - call.phase_since).total_seconds(), 0.0)
    return round(counted, 6)


def _leg(channel: Channel, *, held: bool) -> cti.Leg:
    return cti.Leg(
        leg_id=channel.id,
        role=channel.role.value,
        device=channel.device,
        state="held" if held else _state(channel),
        started_at=channel.started_at,
        alerting_at=channel.alerting_at,
        connected_at=channel.connected_at,
        ended_at=channel.ended_at,
        outcome=channel.outcome.value if channel.outcome else None,
        cause=channel.cause,
    )


def _state(channel: Channel) -> str:
    if not channel.open:
        good = channel.outcome in {None, Outcome.ANSWERED}
        return "ended" if good else "failed"
    if channel.connected_at is not None:
        return "connected"
    return "alerting" if channel.alerting_at is not None else "initiated"


def trim(call: Call) -> list[str]:
    """Forget the oldest ended legs beyond what is told, and name them."""
    spare = len(call.channels) - MAX_LEGS
    if spare <= 0:
        return []
    kept = {call.root, call.partner}
    ended = [one.id for one in call.channels.values() if not one.open and one.id not in kept]
    for id_ in ended[:spare]:
        del call.channels[id_]
    return ended[:spare]
