"""Captured calls for tests of the bridge: told to its state machine directly, or over a real socket."""

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from chassis.envelope import encode
from contracts import base as contracts
from contracts.base import COMMON
from contracts.cti import CallTold
from deploy.local.pbx import Play, ReplayPbx, Told, names
from deploy.local.pbx.playing import Numbering, events
from deploy.local.pbx.session import written
from deploy.local.pbx.state import State
from services.telephony.bridge.calls import keep, restore
from services.telephony.bridge.client import Limits
from services.telephony.bridge.config import Own
from services.telephony.bridge.listening import Listener
from services.telephony.bridge.machine import Machine
from services.telephony.bridge.messages import Message
from services.telephony.bridge.snapshot import Snapshot, clear, compare
from services.telephony.bridge.spool import Row, Spool
from tests.support.waiting import eventually

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "calls"
BOOT = "2026-11-21T19:00:00"
BOOTED = datetime(2026, 11, 21, 19, tzinfo=UTC)
QUICK = Limits(answer=5.0, ping=0.3, backoff=(0.05,))
CAPTURES = names()
CALLS = [one for one in CAPTURES if one[:2] not in {"22", "29", "40"}]  # the others have none


@cache
def captured(name: str) -> tuple[Told, ...]:
    """Return the events of a capture, as they were."""
    play = Play(name, as_captured=True)
    return tuple(events(play, Numbering("pbx1"), BOOTED))


@cache
def message(told: Told) -> Message:
    """Return an event as the bridge reads it."""
    return Message(told.data.removesuffix(b"\r\n\r\n"))


@cache
def fields_of(told: Told) -> dict[str, str]:
    """Return the fields of an event; not to be changed."""
    return told.fields()


def a_message(**fields: str) -> Message:
    """Return an event that no capture has; two underscores stand for a hyphen."""
    return Message(written(fields).removesuffix(b"\r\n\r\n"))


def a_machine(region: str = "CN") -> Machine:
    """Return a machine whose clock stands wherever the PBX's last event was."""
    machine = Machine(region, frozenset({"trunk"}), wall=lambda: 0.0)
    machine.pbx, machine.boot_id = "pbx1", BOOT
    return machine


def hear(machine: Machine, told: Sequence[Told]) -> None:
    """Let a machine hear events."""
    for one in told:
        machine.hear(message(one))


def story(name: str) -> list[CallTold]:
    """Return what is told of a capture; what the capture leaves open ends as after a restart."""
    machine = a_machine()
    hear(machine, captured(name))
    for call in list(machine.calls.values()):
        machine.close(call, machine.now(), "pbx_restart")
    return [told for told, _ in machine.told]


def restarted(machine: Machine) -> Machine:
    """Return a bridge that was killed and goes on from what the spool keeps."""
    after = a_machine()
    after.load(restore(keep(call)) for call in machine.calls.values())
    after.lag, after.heard = machine.lag, machine.heard
    return after


def snapshot(state: State) -> Snapshot:
    """Return what a PBX in this state would answer."""
    seen = Snapshot()
    for fields in (*state.queues(), *state.channels()):
        seen.take(Message(written(fields).removesuffix(b"\r\n\r\n")))
    return seen


def state_after(told: Sequence[Told]) -> State:
    """Return the state of a PBX that has told these events."""
    state = State()
    for one in told:
        state.apply(fields_of(one), one.at)
    return state


def resynced(machine: Machine, state: State) -> int:
    """Let a machine find out what it missed; return how many calls that closed."""
    if state.at is not None:
        machine.set_clock(f"{int(state.at.timestamp())}.{state.at.microsecond:06d}")
    suspects = compare(machine, snapshot(state))
    again = snapshot(state)
    compare(machine, again)
    return clear(machine, again, suspects)


def shown(told: CallTold) -> dict[str, Any]:
    """Return an event as a golden list has it: what is not known is left out."""
    body = orjson.loads(
        encode({"type": contracts.describe(type(told)).name} | contracts.body(told))
    )
    return _without_nothing(body)


def known(bodies: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return bodies of messages as a golden list has them."""
    return [_without_nothing({k: v for k, v in one.items() if k not in COMMON}) for one in bodies]


def gapless(bodies: Sequence[dict[str, Any]]) -> bool:
    """Say whether every call is told in its order and no number is missing."""
    seen: Counter[str] = Counter()
    for one in bodies:
        seen[one["call_id"]] += 1
        if one["seq"] != seen[one["call_id"]]:
            return False
    return True


def golden(name: str) -> list[dict[str, Any]]:
    """Return the golden list of a capture."""
    found: list[dict[str, Any]] = orjson.loads((GOLDEN / f"{name}.json").read_bytes())
    return found


def written_golden(told: Sequence[CallTold]) -> str:
    """Write a golden list: one event a line."""
    lines = (orjson.dumps(shown(one)).decode() for one in told)
    return "[\n" + ",\n".join(lines) + "\n]\n" if told else "[]\n"


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nothing(one) for key, one in value.items() if one is not None}
    return [_without_nothing(one) for one in value] if isinstance(value, list) else value


class Bridge:
    """The listening half of the bridge on a real socket, with a spool that nobody empties."""

    def __init__(self, pbx: ReplayPbx, folder: Path, *, limits: Limits = QUICK, limit: int = 10**9):
        own = Own(pbx_uri=pbx.uri, spool=folder)
        self.spool = Spool(folder, limit)
        self.machine = Machine("CN", own.trunks())
        self.listener = Listener(self.machine, self.spool, lambda: None, own.address(), limits)

    def rows(self, kind: str = "cti.call.") -> list[Row]:
        """Return what was told, in order."""
        return [row for row in self.spool.next(100_000) if row.routing_key.startswith(kind)]

    def told(self, kind: str = "cti.call.") -> list[dict[str, Any]]:
        """Return the bodies of what was told, in order."""
        return [{"type": row.routing_key} | orjson.loads(row.body) for row in self.rows(kind)]

    def count(self, kind: str) -> int:
        """Count what was told."""
        return len(self.rows(kind))


@contextlib.contextmanager
def a_bridge(
    pbx: ReplayPbx, folder: Path, *, limits: Limits = QUICK, limit: int = 10**9
) -> Iterator[Bridge]:
    """Run the listening half until it hears the PBX, and end it afterwards."""
    bridge = Bridge(pbx, folder, limits=limits, limit=limit)
    before = bridge.count("cti.link.restored")
    bridge.listener.start()
    try:
        eventually(lambda: bridge.count("cti.link.restored") > before, because="the PBX is heard")
        yield bridge
    finally:
        bridge.listener.stop()
        bridge.spool.close()


def heard_all(bridge: Bridge, told: Told) -> None:
    """Wait until the bridge has understood an event and all before it."""
    eventually(lambda: bridge.machine.heard == told.at and not bridge.machine.changed
               and not bridge.machine.told)  # fmt: skip
