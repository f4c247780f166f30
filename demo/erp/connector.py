"""The connector at work: post what is not settled yet, in order, and wait for the verdicts."""

import json
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import pika

from chassis.clock import Clock
from chassis.envelope import CONTENT_TYPE, encode
from chassis.plain.publish import Publisher
from contracts.erp import INBOUND, ORDER_UPSERT, PRODUCT_UPSERT
from demo.erp.desk import Desk
from demo.erp.ledger import Ledger, Tally
from demo.erp.schedule import Posting

BATCH: Final = 100  # postings that are noted as sent in one go, after their confirms
MAX_REFUSALS_SHOWN: Final = 20
PERSISTENT: Final = 2
NOON: Final = 12

OnDay = Callable[[date], None]


@dataclass(frozen=True, slots=True)
class Settings:
    """How the connector works."""

    amqp_uri: str
    ledger: Path
    in_flight: int = 200  # postings without a verdict, at most
    pace: float = 0.0  # postings per second, at most; 0: as fast as verdicts come
    patience_seconds: float = 60.0  # without any verdict, then it gives up
    progress_seconds: float = 0.0  # a line of JSON this often; 0: only the last one


class Connector:
    """Post a schedule; everything that was not settled goes again with the same message id."""

    def __init__(self, settings: Settings, *, on_day: OnDay | None = None) -> None:
        self._settings = settings
        self._on_day = on_day
        self._desk = Desk(settings.amqp_uri, settings.ledger)
        self._ledger = Ledger(settings.ledger)
        self._publisher = Publisher(settings.amqp_uri, name="erp")
        self._batch: list[Posting] = []
        self._sent_at: dict[int, float] = {}
        self._answered: frozenset[str] = frozenset()
        self._stop = threading.Event()
        self._day: date | None = None
        self._told = time.monotonic()

    def stop(self) -> None:
        """End after the posting in hand; what was confirmed is in the ledger."""
        self._stop.set()

    def run(self, postings: Sequence[Posting]) -> bool:
        """Post and wait; tell whether every posting has its verdict.

        :raises Unavailable: if the broker stays away or does not take the postings.
        :raises Forbidden: if the broker does not let this user in.
        """
        settled = self._ledger.settled()
        self._answered = self._ledger.answered()
        waiting = [posting for posting in postings if posting.position not in settled]
        self._publisher.start()
        self._desk.start()
        try:
            posted = self._post(waiting) and self._settle(0)
        finally:
            self._publisher.close()
            self._desk.stop()
            self._tell(done=True)
            self._ledger.close()
        return posted

    def _post(self, postings: Sequence[Posting]) -> bool:
        for before, posting in zip([None, *postings], postings, strict=False):
            # Orders name products: the catalogue is settled before the first of them leaves.
            is_next_noun = before is not None and before.key != posting.key
            limit = 0 if is_next_noun else self._settings.in_flight - 1
            if self._stop.is_set() or not self._settle(limit):
                break
            self._turn_page(posting.on)
            self._send(posting)
            if self._settings.pace:
                self._stop.wait(1 / self._settings.pace)
        else:
            self._note_sent()
            return True
        self._note_sent()
        return False

    def _send(self, posting: Posting) -> None:
        now = time.time()
        properties = pika.BasicProperties(
            message_id=posting.message_id,
            type=posting.key,
            app_id="erp",
            timestamp=int(now),
            content_type=CONTENT_TYPE,
            content_encoding="utf-8",
            delivery_mode=PERSISTENT,
        )
        # Killed between verdict and note, it goes again; the house will not answer it twice.
        if posting.message_id not in self._answered:
            self._desk.expect([posting.message_id])
        self._publisher.publish(INBOUND, posting.key, encode(posting.body), properties)
        self._batch.append(posting)
        self._sent_at[posting.position] = now
        if len(self._batch) >= BATCH:
            self._note_sent()

    def _note_sent(self) -> None:
        # First confirmed, then noted: killed in between, they go again, which is harmless.
        self._publisher.flush()
        self._ledger.note_sent(self._batch, self._sent_at)
        self._batch.clear()
        self._sent_at.clear()

    def _settle(self, limit: int) -> bool:
        give_up = time.monotonic() + self._settings.patience_seconds
        before = self._desk.outstanding
        while not self._desk.wait(limit, min(1.0, self._settings.patience_seconds)):
            self._progress()
            if self._desk.outstanding < before:
                before = self._desk.outstanding
                give_up = time.monotonic() + self._settings.patience_seconds
            if self._stop.is_set() or time.monotonic() > give_up:
                return False
        self._progress()
        return True

    def _turn_page(self, day: date) -> None:
        if day != self._day and self._on_day is not None:
            self._on_day(day)
        self._day = day

    def _progress(self) -> None:
        every = self._settings.progress_seconds
        if every and time.monotonic() - self._told >= every:
            self._tell(done=False)

    def _tell(self, *, done: bool) -> None:
        self._told = time.monotonic()
        line: dict[str, object] = {
            "done": done,
            "day": self._day.isoformat() if self._day else None,
        }
        if done:
            line |= summary(self._ledger)
        else:
            line |= {"outstanding": self._desk.outstanding}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def summary(ledger: Ledger) -> dict[str, object]:
    """Sum up a ledger: orders, products, what else was heard, the first refusals."""
    return {
        "orders": _figures(ledger.tally(ORDER_UPSERT)),
        "products": _figures(ledger.tally(PRODUCT_UPSERT)),
        "heard": ledger.heard(),
        "strays": ledger.strays(),
        "refusals": [asdict(one) for one in ledger.refusals(MAX_REFUSALS_SHOWN)],
    }


def _figures(tally: Tally) -> dict[str, object]:
    return asdict(tally) | {"outstanding": tally.outstanding}


def travel_by(clock_file: Path) -> OnDay:
    """Move the business clock to noon of each day that begins, and never back.

    Only the first journey, when nobody has travelled yet, leads back into the past.
    """
    clock = Clock(clock_file)

    def travel(day: date) -> None:
        noon = datetime(day.year, day.month, day.day, NOON, tzinfo=UTC)
        if not clock_file.exists() or noon > clock.now():
            Clock.travel(clock_file, noon)

    return travel
