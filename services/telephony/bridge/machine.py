"""The calls under way: which call an event belongs to, when one begins, and when it is over."""

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from chassis.ids import natural_id
from chassis.logs import get_logger
from contracts import cti
from services.telephony.bridge import metrics, numbers
from services.telephony.bridge.calls import Basis, Call, Channel, Role
from services.telephony.bridge.hearing import FACTS, PASSED_OVER, RINGING, UP
from services.telephony.bridge.messages import Message, time_of
from services.telephony.bridge.telling import MERGED, conclude, settle, summary, trim

log = get_logger(__name__)

RING = "4"  # the state of a channel that calls
LONGEST_SILENCE = timedelta(days=1)  # of one call; a clock that leaps further is wrong
MAX_NAMED_ONCE = 100
_LINKED = ("Linkedid", "DestLinkedid", "TransfereeLinkedid", "TransfererLinkedid",
           "OrigTransfererLinkedid")  # fmt: skip

Told = tuple[cti.CallTold, str]  # and the id of the event


class Machine:
    """Turns what the PBX says into what is told; keeps only calls that are not over."""

    def __init__(
        self, region: str, trunks: frozenset[str], wall: Callable[[], float] = time.time
    ) -> None:
        self.region, self._trunks, self._wall = region, trunks, wall
        self.pbx, self.boot_id = "", ""
        self.calls: dict[str, Call] = {}
        self.changed: set[str] = set()  # linkedids whose calls differ from what the spool keeps
        self.told: list[Told] = []
        self._by_channel: dict[str, str] = {}
        self._named: set[str] = set()
        self.lag = timedelta()  # what the PBX's clock is ahead of ours
        self.messages = 0  # heard since they were counted last
        self.heard: datetime | None = None  # the instant of what it said last

    def load(self, calls: Iterable[Call]) -> None:
        """Go on with calls that were kept."""
        self.calls = {call.linkedid: call for call in calls}
        self._by_channel = {
            id_: call.linkedid for call in self.calls.values() for id_ in call.channels
        }
        self.changed, self.told = set(), []

    def now(self) -> datetime:
        """Return the PBX's instant, as far as it is known from what it said last."""
        return datetime.fromtimestamp(self._wall(), UTC) + self.lag

    def set_clock(self, text: str) -> None:
        """Take the PBX's instant as it answered."""
        at = instant(text)
        if at is not None:
            self._note_clock(at)

    def hear(self, message: Message) -> None:
        """Take one event."""
        if message.flaws:
            metrics.SKIPPED.labels("malformed_line").inc(message.flaws)
        said = self._heard(message.get("Timestamp"))
        name = message.event
        fact = FACTS.get(name)
        if fact is None and name != "Newchannel":
            self._pass_over(name)
            return
        call = self._begun(message, said) if name == "Newchannel" else self._call_of(message)
        if call is None:
            return
        at = self._instant(message, said, call)
        call.last_at = at
        self.changed.add(call.linkedid)
        if fact is not None:
            fact(self, call, message, at)
        self.follow(call, at)

    def pass_by(self, block: bytes) -> None:
        """Take one event of which nothing but its instant is of use."""
        self._heard(time_of(block))

    def follow(self, call: Call, at: datetime) -> None:
        """Tell what follows from a change, and end the call if nobody is left."""
        settle(call, at, self.tell)
        if call.over():
            self.close(call, at)
            return
        for id_ in trim(call):
            self._by_channel.pop(id_, None)

    def tell(self, cls: type[cti.CallTold], call: Call, at: datetime) -> None:
        """Tell something of a call."""
        call.seq += 1
        told = summary(cls, call, at)
        self.told.append((told, natural_id(call.pbx, call.boot_id, call.call_id, str(call.seq))))

    def close(self, call: Call, at: datetime, reason: str | None = None) -> None:
        """End a call; ``reason`` says why, where that is not what its channels said."""
        if reason not in {None, MERGED}:
            call.basis = Basis.CLOSED_BY_BRIDGE
            metrics.LOST_CALLS.inc()
        conclude(call, max(at, call.last_at), reason)
        self.tell(cti.CallCleared, call, max(at, call.last_at))
        self.changed.add(call.linkedid)
        self.calls.pop(call.linkedid, None)
        for id_ in call.channels:
            self._by_channel.pop(id_, None)

    def open(self, message: Message, at: datetime, basis: Basis) -> Call:
        """Begin a call with the channel of a message."""
        linkedid = message.get("Linkedid")
        begun = at.isoformat(timespec="microseconds")
        call = Call(
            # The instant too: an id that a dialler chose may come again when its call is over.
            call_id=natural_id("call", self.pbx, linkedid, begun),
            linkedid=linkedid,
            pbx=self.pbx,
            boot_id=self.boot_id,
            direction=self._direction(message),
            started_at=at,
            last_at=at,
            basis=basis,
            root=message.get("Uniqueid"),
            ani_raw=numbers.stated(message.get("CallerIDNum")),
            caller_name=numbers.name_of(message.get("CallerIDName")),
        )
        call.ani = numbers.public(call.ani_raw, self.region)
        if message.get("ChannelState") == RING:
            call.dnis = self._dialled(call, message)
        self.calls[linkedid] = call
        self.changed.add(linkedid)
        return call

    def add(self, call: Call, message: Message, at: datetime) -> Channel:
        """Add the channel of a message to a call."""
        name, id_ = message.get("Channel"), message.get("Uniqueid")
        state = message.get("ChannelState")
        channel = Channel(id=id_, name=name, role=self._role(call, message), device=_device(name),
                          started_at=at)  # fmt: skip
        channel.alerting_at = at if state == RINGING else None
        channel.connected_at = at if state == UP else None
        call.channels[id_] = channel
        self._by_channel[id_] = call.linkedid
        if channel.role is Role.REMOTE and call.direction == "internal":
            # What was dialled inside led outside: whom it reaches, the dial says.
            call.direction, call.dnis = "outbound", None
            root = call.channels.get(call.root)
            if root is not None:  # else it went along to another call
                root.role = Role.AGENT
        return channel

    def find(self, message: Message) -> Call | None:
        """Return the call that a message is about; some say only one of its two channels."""
        linkedid = next(filter(None, map(message.get, _LINKED)), "")
        id_ = message.get("Uniqueid") or message.get("DestUniqueid")
        home = self._by_channel.get(id_, linkedid)
        if linkedid and home != linkedid and linkedid in self.calls and message.get("Uniqueid"):
            self._move(id_, self.calls[home], self.calls[linkedid])
            home = linkedid
        return self.calls.get(home)

    # -- which call, and when ----------------------------------------------------------------

    def _begun(self, message: Message, said: datetime | None) -> Call | None:
        linkedid, id_ = message.get("Linkedid"), message.get("Uniqueid")
        if not linkedid or not id_ or not message.get("Channel"):
            self.skip("field_missing", "Newchannel without its names")
            return None
        call = self.calls.get(linkedid)
        if call is None:
            at = self._instant(message, said, None)
            call = self.open(message, at, Basis.LIVE)
            self.add(call, message, at)
            self.tell(cti.CallOffered, call, at)
        elif id_ not in call.channels:
            self.add(call, message, self._instant(message, said, call))
        return call

    def _call_of(self, message: Message) -> Call | None:
        call = self.find(message)
        if call is None:
            # Such as a late AgentComplete, or half of a Local pair: no reason to begin a call.
            metrics.SKIPPED.labels("unknown_call").inc()
        return call

    def _move(self, id_: str, source: Call, target: Call) -> None:
        """Take a channel along: the PBX has joined two calls into one."""
        target.channels[id_] = source.channels.pop(id_)
        self._by_channel[id_] = target.linkedid
        source.holders = [one for one in source.holders if one != id_]
        self.changed |= {source.linkedid, target.linkedid}
        if not source.channels:
            self.close(source, source.last_at, MERGED)

    def _instant(self, message: Message, said: datetime | None, call: Call | None) -> datetime:
        """Return when an event was, by the call's own order: order is free within milliseconds."""
        if said is None:
            self.skip("wrong_time", "event without a readable time", sender=message.event)
            return call.last_at if call else self.now()
        if call is None:
            return said
        if abs(said - call.last_at) > LONGEST_SILENCE:
            self.skip("wrong_time", "the time of an event leaps", sender=message.event)
            return call.last_at
        return max(said, call.last_at)

    def _heard(self, text: str) -> datetime | None:
        self.messages += 1
        said = instant(text)
        if said is not None:
            self._note_clock(said)
            self.heard = said
        return said

    def _note_clock(self, at: datetime) -> None:
        self.lag = at - datetime.fromtimestamp(self._wall(), UTC)

    # -- whose channel -----------------------------------------------------------------------

    def _outside(self, name: str) -> bool:
        return _device(name).rpartition("/")[2] in self._trunks

    def _direction(self, message: Message) -> str:
        calls = message.get("ChannelState") in {RING, UP}
        if self._outside(message.get("Channel")):
            return "inbound" if calls else "outbound"
        if not calls:
            return "outbound"  # we ring our own agent first, and dial for him then
        return "outbound" if numbers.public(message.get("Exten"), self.region) else "internal"

    def _role(self, call: Call, message: Message) -> Role:
        name, root = message.get("Channel"), message.get("Uniqueid") == call.root
        if name.startswith("Local/"):
            return Role.GLUE
        if root and call.direction in {"inbound", "internal"}:
            return Role.CALLER
        return Role.REMOTE if self._outside(name) else Role.AGENT

    def _dialled(self, call: Call, message: Message) -> str | None:
        # Only while it calls: later the field says where in the dialplan the channel is.
        dialled = message.get("Exten")
        if call.direction == "inbound":
            return dialled or None
        return numbers.public(dialled, self.region) or dialled or None

    # -- what is passed over -----------------------------------------------------------------

    def skip(self, reason: str, words: str, **facts: str) -> None:
        """Count what cannot be used, and say so once for each kind."""
        metrics.SKIPPED.labels(reason).inc()
        key = f"{reason} {sorted(facts.items())}"
        if key not in self._named and len(self._named) < MAX_NAMED_ONCE:
            self._named.add(key)
            log.warning(words, reason=reason, **facts)

    def _pass_over(self, name: str) -> None:
        if name not in PASSED_OVER:
            self.skip(
                "unknown_event", "the PBX tells what the bridge does not know", kind=name[:64]
            )


def instant(text: str) -> datetime | None:
    """Read an instant of the PBX, in microseconds as it gave them; None if it is none."""
    seconds, _, fraction = text.partition(".")
    if not (text.isascii() and seconds.isdecimal() and (fraction.isdecimal() or not fraction)):
        return None
    whole = _second(seconds)
    return whole and whole + timedelta(microseconds=int(fraction[:6].ljust(6, "0") or 0))


@lru_cache(maxsize=256)  # thousands of events share one
def _second(seconds: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _device(channel: str) -> str:
    """Return the device of a channel: its name without the number of the channel."""
    return channel.rpartition("-")[0] or channel
