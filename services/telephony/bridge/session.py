"""One link to the PBX from login to its end: find out what was missed, then listen."""

import time
from datetime import datetime
from enum import StrEnum

from chassis.ids import natural_id
from chassis.logs import get_logger
from contracts import cti
from services.telephony.bridge import metrics
from services.telephony.bridge.client import Client, LinkDown
from services.telephony.bridge.hearing import PASSED_OVER
from services.telephony.bridge.machine import Machine
from services.telephony.bridge.messages import Malformed, Message, kind_of
from services.telephony.bridge.snapshot import Snapshot, clear, compare, note_gap

log = get_logger(__name__)

SNAPSHOT = ("QueueStatus", "CoreShowChannels")
LAST = "CoreShowChannelsComplete"


class Stage(StrEnum):
    """How far the bridge knows the PBX again."""

    WHO = "who"  # which PBX it is, and which run of it
    WHAT = "what"  # what it has under way
    SURE = "sure"  # asked again about what it had not
    LISTENING = "listening"


class Session:
    """Hears what one connection says; events of calls pass on to the machine in their order."""

    def __init__(self, client: Client, machine: Machine, deaf_since: datetime | None) -> None:
        self._client, self._machine = client, machine
        self._deaf_since = deaf_since
        self._stage = Stage.WHO
        self._begun = time.monotonic()
        self._asked: dict[str, str] = {}  # action id -> its name
        self._held: list[Message] = []
        self._seen = Snapshot()
        self._suspects: set[str] = set()
        self._name = self._boot = ""
        self._restarted = False
        self._closed_calls = 0
        self.told: list[cti.LinkLost | cti.LinkRestored] = []

    @property
    def listening(self) -> bool:
        """Say whether nothing is missing any more."""
        return self._stage is Stage.LISTENING

    def start(self) -> None:
        """Ask who is there."""
        self._ask("Ping", "CoreSettings", "CoreStatus")

    def hear(self, block: bytes) -> None:
        """Take one message.

        :raises LinkDown: if the PBX does not let us ask.
        """
        if self._stage is not Stage.WHO and kind_of(block) in PASSED_OVER:
            self._machine.pass_by(block)  # more than half of what comes: not worth reading
            return
        try:
            message = Message(block)
        except Malformed:
            self._machine.skip("malformed_message", "the PBX sends what is no message")
            return
        asked = self._asked.get(message.get("ActionID"))
        if asked is not None:
            self._answered(asked, message)
        elif message.event and self._stage is Stage.WHO:
            self._held.append(message)  # which run of the PBX it belongs to is not known yet
        elif message.event:
            self._pass_on(message)

    def check(self, patience_seconds: float) -> None:
        """Complain of a PBX that does not say what it has.

        :raises LinkDown: if it takes too long.
        """
        if not self.listening and time.monotonic() - self._begun > patience_seconds:
            raise LinkDown("The PBX does not say what it has under way.", "silent")

    def _ask(self, *names: str) -> None:
        for name in names:
            self._asked[self._client.ask(name)] = name

    def _answered(self, asked: str, message: Message) -> None:
        if message.get("Response") == "Error":
            said = message.get("Message")[:200]
            raise LinkDown(f"The PBX does not let us ask {asked}: {said}.", "refused")
        if asked == "Ping":
            self._machine.set_clock(message.get("Timestamp"))
        elif asked == "CoreSettings":
            self._name = message.get("SystemName") or "pbx"
        elif asked == "CoreStatus":
            self._boot = f"{message.get('CoreStartupDate')}T{message.get('CoreStartupTime')}"
            self._recognise()
        elif message.event == LAST:
            self._taken()
        else:
            self._seen.take(message)

    def _recognise(self) -> None:
        """Go on with what we know, or begin anew with a PBX that has begun anew."""
        machine = self._machine
        before = (machine.pbx, machine.boot_id)
        self._restarted = bool(machine.boot_id) and before != (self._name, self._boot)
        if before != (self._name, self._boot):
            for call in list(machine.calls.values()):
                machine.close(call, machine.now(), "pbx_restart")
                self._closed_calls += 1
        machine.pbx, machine.boot_id = self._name, self._boot
        self._stage = Stage.WHAT
        note_gap(
            machine
        )  # before anything is heard: what follows may be the end of what was missed
        held, self._held = self._held, []
        for message in held:
            self._pass_on(message)
        self._ask(*SNAPSHOT)

    def _pass_on(self, message: Message) -> None:
        """Let an event be heard, but for the middle of a call that the PBX is about to tell of."""
        is_later_leg = message.event == "Newchannel" and (
            message.get("Uniqueid") != message.get("Linkedid")
        )
        # Begun with this leg, the call would be the agent's for good, and nobody's who called.
        if self._stage is Stage.WHAT and is_later_leg and self._machine.find(message) is None:
            return
        self._machine.hear(message)

    def _taken(self) -> None:
        suspects = compare(self._machine, self._seen)
        self._closed_calls += clear(self._machine, self._seen, self._suspects)
        self._seen = Snapshot()
        if self._stage is Stage.WHAT and suspects:
            self._stage, self._suspects = Stage.SURE, suspects
            self._ask(*SNAPSHOT)
            return
        self._stage, self._suspects = Stage.LISTENING, set()
        self._restore()

    def _restore(self) -> None:
        machine = self._machine
        now = machine.now()
        self.told.append(
            cti.LinkRestored(
                pbx=machine.pbx,
                boot_id=machine.boot_id,
                at=now,
                gap_from=self._deaf_since,
                gap_to=now,
                restarted=self._restarted,
                closed_calls=self._closed_calls,
            )
        )
        metrics.LINK_UP.set(1)
        log.info("the PBX is heard", boot=machine.boot_id, restarted=self._restarted,
                 open_calls=len(machine.calls), closed_calls=self._closed_calls)  # fmt: skip


def lost(machine: Machine, at: datetime) -> cti.LinkLost:
    """Say that the PBX is not heard any more."""
    metrics.LINK_UP.set(0)
    return cti.LinkLost(
        pbx=machine.pbx, boot_id=machine.boot_id, at=at, open_calls=len(machine.calls)
    )


def link_id(told: cti.LinkLost | cti.LinkRestored, sequence: int) -> str:
    """Name an event of the link; the same when it is told again."""
    return natural_id("link", told.pbx, told.boot_id, str(sequence))
