"""The thread that thinks: listens to the PBX, keeps what follows, and begins again after every end."""

import random
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from chassis.logs import get_logger
from contracts import cti
from services.telephony.bridge import metrics
from services.telephony.bridge.calls import Call, keep, restore, salvage
from services.telephony.bridge.client import Client, Limits, LinkDown
from services.telephony.bridge.config import Address
from services.telephony.bridge.inbox import Inbox
from services.telephony.bridge.machine import Machine
from services.telephony.bridge.session import Session, link_id, lost
from services.telephony.bridge.spool import Spool
from services.telephony.bridge.telegrams import written

log = get_logger(__name__)

BATCH = 500  # messages between two commits, at most: less are taken as soon as they come
TAKE_SECONDS = 0.1
STUCK_SECONDS = 30.0
ROOM_SECONDS = 0.5
DRAIN_SECONDS = 10.0  # for what was received and not yet understood when the bridge is told to end
_ENDS = {
    "closed": "The PBX has hung up.",
    "overflow": "More came than could be understood: the link was dropped on purpose.",
}


class Listener:
    """Hears the PBX for as long as the process lives."""

    def __init__(
        self, machine: Machine, spool: Spool, wake: Callable[[], None], address: Address,
        limits: Limits,
    ) -> None:  # fmt: skip
        self._machine, self._spool, self._wake = machine, spool, wake
        self._address, self._limits = address, limits
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)
        self._beat = time.monotonic()
        self._deaf_since: datetime | None = None
        self._link_sequence = 0
        self._tries = 0
        self._said = ""

    def start(self) -> None:
        """Go on with what was kept, and begin to listen."""
        self._load()
        self._thread.start()

    def stop(self) -> None:
        """End; what was received is understood and in the spool, as far as time allows."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def alive(self) -> str | None:
        """Say what is wrong with the thread."""
        if not self._thread.is_alive():
            return "The listener has ended."
        stuck = time.monotonic() - self._beat > STUCK_SECONDS
        return "The listener hangs." if stuck else None

    # -- the thread ----------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._wait_for_room()
                self._keep([])  # that what was kept and cannot be read is over
                self._listen()
            except LinkDown as down:
                self._note(down)
            except sqlite3.Error as failed:
                self._note(LinkDown(f"The spool cannot be written: {failed}.", "spool_failed"))
                self._load()
            self._pause()

    def _listen(self) -> None:
        inbox = Inbox(self._limits.waiting)
        client = Client(self._address, self._limits, inbox)
        client.open()
        session = Session(client, self._machine, self._deaf_since)
        try:
            session.start()
            while not self._stopping.is_set():
                self._turn(session, inbox)
                client.keep_alive()
            client.close()
            self._drain(session, inbox)
        finally:
            client.close()
            if session.listening:
                self._deaf_since = self._machine.heard
                self._keep([lost(self._machine, self._machine.now())])

    def _turn(self, session: Session, inbox: Inbox) -> None:
        self._take(session, inbox)
        session.check(self._limits.answer)
        ended = inbox.ended
        if ended is not None:
            raise LinkDown(_ENDS[ended], ended)
        if self._spool.full:
            raise LinkDown("The spool is full: nothing is heard until it empties.", "spool_full")

    def _drain(self, session: Session, inbox: Inbox) -> None:
        """Understand what has come already: the PBX does not say it again."""
        give_up = time.monotonic() + DRAIN_SECONDS
        while session.listening and inbox.ended is None and not self._spool.full:
            if time.monotonic() > give_up:
                return
            self._take(session, inbox)

    def _take(self, session: Session, inbox: Inbox) -> None:
        """Take what waits, understand it, and keep it in one transaction."""
        self._beat = time.monotonic()
        for block in inbox.take(BATCH, TAKE_SECONDS):
            session.hear(block)
        told, session.told = session.told, []
        self._keep(told)
        if told:
            self._tries, self._said = 0, ""

    def _keep(self, link: list[cti.LinkLost | cti.LinkRestored]) -> None:
        machine = self._machine
        rows = [written(told, id_, (told.call_id, told.seq), told.at) for told, id_ in machine.told]
        for told in link:
            self._link_sequence += 1
            id_ = link_id(told, self._link_sequence)
            rows.append(written(told, id_, (told.pbx, self._link_sequence), told.at))
        calls = {one: keep(machine.calls[one]) if one in machine.calls else None
                 for one in machine.changed}  # fmt: skip
        if rows or calls:
            self._spool.write(rows, calls, self._facts())
        machine.told.clear()
        machine.changed.clear()
        metrics.CALLS_ACTIVE.set(len(machine.calls))
        metrics.MESSAGES.inc(machine.messages)
        machine.messages = 0
        if rows:
            self._wake()

    def _facts(self) -> dict[str, str]:
        machine = self._machine
        return {
            "pbx": machine.pbx,
            "boot_id": machine.boot_id,
            "lag_seconds": str(machine.lag.total_seconds()),
            "heard_at": machine.heard.isoformat() if machine.heard else "",
            "link_sequence": str(self._link_sequence),
        }

    def _load(self) -> None:
        kept, facts = self._spool.load()
        machine = self._machine
        calls = {linkedid: _restored(machine, state) for linkedid, state in kept.items()}
        machine.load(call for call in calls.values() if call is not None)
        for linkedid in (one for one, call in calls.items() if call is None):
            machine.changed.add(linkedid)  # forgotten, or it would be met again at each start
            call = salvage(kept[linkedid])
            if call is not None:
                machine.close(call, call.last_at, "lost")
        machine.pbx, machine.boot_id = facts.get("pbx", ""), facts.get("boot_id", "")
        machine.lag = timedelta(seconds=float(facts.get("lag_seconds", "0")))
        machine.heard = _instant(facts)
        self._deaf_since = machine.heard
        self._link_sequence = int(facts.get("link_sequence", "0"))

    # -- between two links ---------------------------------------------------------------------

    def _wait_for_room(self) -> None:
        if not self._spool.full:
            return
        while (
            self._spool.alarming and not self._stopping.is_set()
        ):  # not to come and go at the brim
            self._beat = time.monotonic()
            self._stopping.wait(ROOM_SECONDS)

    def _pause(self) -> None:
        self._beat = time.monotonic()
        seconds = self._limits.backoff[min(self._tries, len(self._limits.backoff) - 1)]
        self._tries += 1
        self._stopping.wait(seconds * random.uniform(0.75, 1.25))  # noqa: S311 - spreads herds only

    def _note(self, down: LinkDown) -> None:
        metrics.DROPPED_LINKS.labels(down.reason).inc()
        if str(down) != self._said:  # once, not at every try
            log.warning("the PBX is not heard", reason=str(down))
        self._said = str(down)


def _restored(machine: Machine, state: bytes) -> Call | None:
    try:
        return restore(state)
    except ValueError:
        machine.skip("unreadable_state", "a call in the spool cannot be read")
        return None


def _instant(facts: Mapping[str, str]) -> datetime | None:
    text = facts.get("heard_at")
    return datetime.fromisoformat(text) if text else None
