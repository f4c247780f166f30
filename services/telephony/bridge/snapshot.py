"""What the PBX says it has under way, and what follows for the calls that we know.

The PBX repeats nothing, so after a gap it is asked. What it has and we do not know is taken over at
once. What we know and it has not may only mean that its answer overtook its last event: it is asked
a second time, and by then that event has come.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from contracts import cti
from services.telephony.bridge.calls import Basis, Call, Channel
from services.telephony.bridge.hearing import RINGING, UP
from services.telephony.bridge.machine import Machine
from services.telephony.bridge.messages import Message
from services.telephony.bridge.telling import hang_up

CLOCK_PARTS = 3  # hours, minutes, seconds
MOST_HOURS = 24 * 365


@dataclass(slots=True)
class Snapshot:
    """The answers to CoreShowChannels and QueueStatus."""

    channels: dict[str, Message] = field(default_factory=dict)  # by Uniqueid
    entries: dict[str, Message] = field(default_factory=dict)

    def take(self, message: Message) -> None:
        """Take one line of an answer."""
        id_ = message.get("Uniqueid")
        if id_ and message.event == "CoreShowChannel" and message.get("Linkedid"):
            self.channels[id_] = message
        elif id_ and message.event == "QueueEntry":
            self.entries[id_] = message


def note_gap(machine: Machine) -> None:
    """Note of every call that is known that something may have happened to it unheard."""
    for known in machine.calls.values():
        if not known.deaf:
            known.deaf = True
            machine.changed.add(known.linkedid)


def compare(machine: Machine, seen: Snapshot) -> set[str]:
    """Take over what is new; return the linkedids of calls that should have more than was seen."""
    at = machine.now()
    note_gap(machine)
    for id_, message in seen.channels.items():
        call = machine.find(message)
        if call is None:
            call = _opened(machine, message, seen, at)
        elif id_ not in call.channels:
            call.basis = Basis.RESYNC
            machine.add(call, message, _begun(message, at))
        _update(machine, call, call.channels[id_], message)
    for entry in seen.entries.values():
        _queue(machine, entry, at)
    for call in list(machine.calls.values()):
        machine.follow(call, max(at, call.last_at))
    return {call.linkedid for call in machine.calls.values() if _misses(call, seen)}


def clear(machine: Machine, seen: Snapshot, suspects: set[str]) -> int:
    """End what is gone from calls that were suspected before; return how many calls that closed."""
    closed = 0
    for linkedid in suspects & machine.calls.keys():
        call = machine.calls[linkedid]
        if not _misses(call, seen):
            continue
        at = max(machine.now(), call.last_at)
        call.basis = Basis.RESYNC
        machine.changed.add(linkedid)
        hang_up(call, call.channels.keys() - seen.channels.keys(), at)
        if call.waiting and not _waits(call, seen):
            call.waiting, call.waited_until = False, at
        if call.over():
            machine.close(call, at, "lost")
            closed += 1
        else:
            machine.follow(call, at)
    return closed


def _misses(call: Call, seen: Snapshot) -> bool:
    gone = any(one.open and one.id not in seen.channels for one in call.channels.values())
    return gone or (call.waiting and not _waits(call, seen))


def _waits(call: Call, seen: Snapshot) -> bool:
    return any(id_ in seen.entries for id_ in call.channels)


def _opened(machine: Machine, message: Message, seen: Snapshot, at: datetime) -> Call:
    linkedid = message.get("Linkedid")
    # The channel that a call began with has the call's own id; it may be gone already.
    root = seen.channels.get(linkedid, message)
    if root.get("Linkedid") != linkedid:
        root = message
    begun = _begun(root, at)
    call = machine.open(root, begun, Basis.RESYNC)
    machine.add(call, root, begun)
    if message is not root:
        machine.add(call, message, _begun(message, at))
    call.last_at = max(at, begun)
    _update(machine, call, call.channels[root.get("Uniqueid")], root)
    machine.tell(cti.CallOffered, call, call.last_at)
    return call


def _update(machine: Machine, call: Call, channel: Channel, message: Message) -> None:
    """Bring a channel to how it stands; nothing changes where nothing was missed."""
    state, bridge = message.get("ChannelState"), message.get("BridgeId")
    at = max(machine.now(), call.last_at)
    before = (channel.alerting_at, channel.connected_at, channel.bridge)
    if state == RINGING:
        channel.alerting_at = channel.alerting_at or at
    if state == UP:
        channel.connected_at = channel.connected_at or at
    channel.bridge = bridge
    if before != (channel.alerting_at, channel.connected_at, channel.bridge):
        call.basis = Basis.RESYNC
        call.last_at = at
        machine.changed.add(call.linkedid)


def _queue(machine: Machine, entry: Message, at: datetime) -> None:
    call = machine.find(entry)
    queue = entry.get("Queue")
    if call is None or (call.waiting and call.queue == queue) or _talks(call):
        return
    waited = entry.get("Wait")
    seconds = min(int(waited), MOST_HOURS * 3600) if waited.isascii() and waited.isdecimal() else 0
    call.basis, call.queue, call.waiting = Basis.RESYNC, queue or None, True
    begun = max(at - timedelta(seconds=seconds), call.started_at)
    call.queued_at = call.queued_at or begun
    call.waiting_since = call.waiting_since or begun
    call.waited_until, call.queue_outcome = None, None
    machine.changed.add(call.linkedid)
    machine.tell(cti.CallQueued, call, max(at, call.last_at))


def _talks(call: Call) -> bool:
    """Say whether it was answered meanwhile: an answer about queues may be older than one about channels."""
    main = call.main()
    return call.established_at is not None and main is not None and bool(call.joined(main))


def _begun(message: Message, at: datetime) -> datetime:
    """Return since when a channel is there, as well as its age in seconds tells it."""
    parts = message.get("Duration").split(":")
    if len(parts) != CLOCK_PARTS or not all(one.isascii() and one.isdecimal() for one in parts):
        return at
    hours, minutes, seconds = (min(int(one), MOST_HOURS) for one in parts)
    return at - timedelta(hours=hours, minutes=minutes, seconds=seconds)
