"""A call under way as the bridge knows it: its channels, its times, and how it is kept in the spool."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import UnionType
from typing import Any, TypeVar, get_args, get_type_hints

import orjson

from services.telephony.bridge.outcomes import Outcome

T = TypeVar("T")


class Basis(StrEnum):
    """Where what is told comes from; a call never goes back to a better one."""

    LIVE = "live"
    RESYNC = "resync"  # partly from a snapshot after a gap: times are not exact
    CLOSED_BY_BRIDGE = "closed_by_bridge"


class Role(StrEnum):
    """Whose channel it is."""

    CALLER = "caller"
    AGENT = "agent"
    REMOTE = "remote"  # outside, called by us
    GLUE = "glue"  # half of a Local pair: joins bridges, is nobody


class Phase(StrEnum):
    """What time is counted as."""

    IDLE = "idle"
    TALK = "talk"
    HOLD = "hold"


@dataclass(slots=True, kw_only=True)
class Channel:
    """One channel of the PBX: what the contract calls a leg, and what is needed to go on with it."""

    id: str
    name: str
    role: Role
    device: str
    started_at: datetime
    alerting_at: datetime | None = None
    connected_at: datetime | None = None
    ended_at: datetime | None = None
    hangup_at: datetime | None = None  # its own party asked to end
    outcome: Outcome | None = None
    cause: int | None = None
    dial_status: str = ""  # the first that was told: a ring in vain tells NOANSWER, then CANCEL
    bridge: str = ""
    delivered: bool = False  # told that it rings

    @property
    def open(self) -> bool:
        """Say whether it is not hung up."""
        return self.ended_at is None

    @property
    def rings(self) -> bool:
        """Say whether it rings now."""
        return self.open and self.alerting_at is not None and self.connected_at is None

    @property
    def pair(self) -> str:
        """Name the pair that a Local half belongs to."""
        return self.name.rpartition(";")[0]


@dataclass(slots=True, kw_only=True)
class Call:
    """A call that is not over."""

    call_id: str
    linkedid: str
    pbx: str
    boot_id: str
    direction: str
    started_at: datetime
    last_at: datetime
    basis: Basis = Basis.LIVE
    deaf: bool = False  # it was under way while the PBX was not heard
    seq: int = 0
    root: str = ""  # the channel that the call began with
    ani: str | None = None
    ani_raw: str | None = None
    caller_name: str | None = None
    dnis: str | None = None
    queue: str | None = None
    device: str | None = None
    queued_at: datetime | None = None
    delivered_at: datetime | None = None
    established_at: datetime | None = None
    ended_at: datetime | None = None
    waiting: bool = False
    waiting_since: datetime | None = None  # for whom it was sent to last: until they talk
    waited_until: datetime | None = None  # in the last queue
    waited_seconds: float | None = None  # for those whom it has talked to
    queue_outcome: Outcome | None = None
    transfers: int = 0
    talk_seconds: float = 0.0
    hold_seconds: float = 0.0
    phase: Phase = Phase.IDLE
    phase_since: datetime | None = None
    partner: str = ""  # the channel that the outside party talks to, or talked to last
    holders: list[str] = field(default_factory=list)  # channels that put the call on hold
    held: bool = False  # told
    outcome: Outcome | None = None
    end_reason: str | None = None
    ended_by: str = ""  # whose request to end came last
    data: dict[str, str] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)

    def parties(self) -> Iterator[Channel]:
        """Yield the channels that are somebody's."""
        return (one for one in self.channels.values() if one.role is not Role.GLUE)

    def main(self) -> Channel | None:
        """Return the channel of whom the call is about: who calls us, or whom we call."""
        root = self.channels.get(self.root)
        if self.direction != "outbound" or (root is not None and root.role is Role.REMOTE):
            return root
        remote = [one for one in self.parties() if one.role is Role.REMOTE]
        return next((one for one in remote if one.open), remote[-1] if remote else None)

    def joined(self, channel: Channel) -> list[Channel]:
        """Return the parties that a channel is bridged with, through Local pairs too."""
        if not channel.bridge:
            return []
        reached, bridges = {channel.id}, {channel.bridge}
        grown = True
        while grown:
            grown = False
            inside = [one for one in self.channels.values() if one.bridge in bridges]
            pairs = {one.pair for one in inside if one.role is Role.GLUE}
            halves = [one for one in self.channels.values() if one.role is Role.GLUE]
            halves = [one for one in halves if one.pair in pairs]
            reached |= {one.id for one in inside}
            for one in halves:
                if one.bridge and one.bridge not in bridges:
                    bridges.add(one.bridge)
                    grown = True
        return [one for one in self.parties() if one.id in reached and one.id != channel.id]

    def over(self) -> bool:
        """Say whether the last party has hung up; halves of Local pairs may go later."""
        parties = list(self.parties()) or list(self.channels.values())
        return bool(parties) and not any(one.open for one in parties)

    @property
    def answered(self) -> bool:
        """Say whether it talked, and does not wait for somebody else since."""
        return self.established_at is not None and self.waiting_since is None

    def end_waiting(self, at: datetime) -> None:
        """Count what it has waited for somebody who talks to it now."""
        if self.waiting_since is not None:
            seconds = max((at - self.waiting_since).total_seconds(), 0.0)
            self.waited_seconds = round((self.waited_seconds or 0.0) + seconds, 6)
        self.waiting, self.waiting_since = False, None

    def enter(self, phase: Phase, at: datetime) -> None:
        """Count the time since the last change, and count anew."""
        if self.phase_since is not None:
            seconds = max((at - self.phase_since).total_seconds(), 0.0)
            if self.phase is Phase.TALK:
                self.talk_seconds = round(self.talk_seconds + seconds, 6)
            elif self.phase is Phase.HOLD:
                self.hold_seconds = round(self.hold_seconds + seconds, 6)
        self.phase, self.phase_since = phase, at


def keep(call: Call) -> bytes:
    """Write a call for the spool."""
    return orjson.dumps(call)


def restore(kept: bytes) -> Call:
    """Read a call that was kept; what only a newer version keeps of it is passed over.

    :raises ValueError: if it is none, or of another version.
    """
    try:
        found = orjson.loads(kept)
        channels = {id_: _build(Channel, one) for id_, one in found.pop("channels").items()}
        call = _build(Call, found)
    except (KeyError, TypeError, AttributeError, orjson.JSONDecodeError) as wrong:
        raise ValueError(f"not a call that was kept: {wrong}") from wrong
    call.channels = channels
    return call


def salvage(kept: bytes) -> Call | None:
    """Read what can be read of a call that cannot be gone on with; None if not even which it is."""
    hints = get_type_hints(Call)
    values: dict[str, Any] = {}
    try:
        found = orjson.loads(kept)
        for name in hints.keys() & found.keys() - {"channels"}:
            with suppress(ValueError, TypeError):
                values[name] = _value(hints[name], found[name])
        named = isinstance(values["call_id"], str) and isinstance(values["seq"], int)
        return Call(**values) if named else None
    except (KeyError, TypeError, AttributeError, orjson.JSONDecodeError):
        return None


def _build(cls: type[T], found: dict[str, Any]) -> T:
    hints = get_type_hints(cls)
    return cls(**{name: _value(hints[name], found[name]) for name in hints.keys() & found.keys()})


def _value(hint: Any, value: Any) -> Any:
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    if value is None:
        return None
    if datetime in kinds:
        return datetime.fromisoformat(value)
    enums = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, StrEnum)]
    return enums[0](value) if enums else value
