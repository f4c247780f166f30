"""Start tallies that die where they are told to, and read what they have counted."""

import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import insert, select

from chaos.epitaph import deaths
from chassis.clock import Clock, real_now
from chassis.database import Database
from chassis.ids import new_id
from chassis.origin import internal
from chassis.service import shape
from chassis.tables import INBOX, OUTBOX, PROCESSES, TIMERS
from chassis.tokens import HOUSE, Signer, generate_keypair
from chassis.trail import event_row
from chassis.work import working
from deploy.local.broker import Broker
from tests.support.bus import Bus, a_bus
from tests.support.made import make_tables
from tests.support.tally import COUNTERS, NAMES, RING, HitMade, RoundBegun, Tally
from tests.support.waiting import eventually

ROOT = Path(__file__).parents[2]
SHAPES = (shape(Tally),)
DEATH_SECONDS = 60.0
_numbers = itertools.count(1)


@dataclass
class Run:
    """One process of a tally."""

    process: subprocess.Popen[bytes]
    log: Path

    def leads(self) -> bool:
        """Tell whether it says that it leads."""
        words = [line for line in self.log.read_text().splitlines() if '"event":"leads' in line]
        return bool(words) and '"leads"' in words[-1]

    def is_up(self) -> bool:
        """Tell whether it has started."""
        assert self.process.poll() is None, self.log.read_text()[-3000:]
        return "tally started" in self.log.read_text()


@dataclass
class Tallies:
    """One tally's database, queues and box, and whoever runs it just now."""

    database: Database
    bus: Bus
    folder: Path
    told: int = 0  # events that must be heard

    @property
    def box(self) -> Path:
        return self.folder / "box"

    def token(self) -> str:
        """Sign a token for whoever asks."""
        signer = Signer(self.folder / "accounts.key", "accounts")
        return signer.sign("person:p1", [HOUSE], roles=["admin"])

    def set_timers(self, count: int) -> None:
        """Set timers that are due."""
        with working(self.database, Clock(), internal("tally", "test")) as work:
            for number in range(count):
                work.at(work.now, RING, f"t{number}", {})

    def tell(self, *events: HitMade | RoundBegun) -> None:
        """Commit events, as a use case would have."""
        origin, now = internal("tally", "test"), real_now()
        rows = [event_row(origin, now, told, (new_id(), 1), {}) for told in events]
        with self.database.begin() as session:
            session.execute(insert(OUTBOX), rows)
        self.told += len(events)

    def dies_at(self, point: str, nth: int = 1) -> None:
        """Run it until it dies where it is told to."""
        with self.running(point=point, nth=nth) as run:
            status = run.process.wait(DEATH_SECONDS)
        assert (status, deaths(run.log, point)) == (9, 1), run.log.read_text()[-3000:]

    @contextmanager
    def running(self, **config: object) -> Iterator[Run]:
        """Run one for a while."""
        given = {
            "url": self.database.url.render_as_string(hide_password=False),
            "amqp": self.bus.uri_of("tally"),
            "keys": str(self.folder),
            "box": str(self.box),
            "lease": 0.5,
        }
        command = [sys.executable, "-m", "tests.support.tallying", json.dumps(given | config)]
        file = self.folder / f"tally-{next(_numbers)}.log"
        with file.open("ab") as log:
            process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield Run(process, file)
        finally:
            process.kill()
            process.wait()

    def ends(self) -> None:
        """Run it until nothing is under way."""
        with self.running():
            self.settles()

    def settles(self) -> None:
        """Wait until nothing is under way."""
        eventually(lambda: not self.left(), because="all is done")

    def left(self) -> int:
        """Count what waits: events not sent, not heard, timers not fired, processes not ended."""
        open_ = PROCESSES.c.status.in_(("running", "acting", "undoing"))
        with self.database.reading() as session:
            stored = len(session.execute(select(OUTBOX.c.id)).all())
            stored += len(session.execute(select(TIMERS.c.id)).all())
            stored += len(session.execute(select(PROCESSES.c.id).where(open_)).all())
        return stored + self.told - self.heard()

    def counted(self) -> dict[str, int]:
        """Return the counters that are not zero."""
        with self.database.reading() as session:
            rows = session.execute(select(COUNTERS)).all()
        return {row.name: row.n for row in rows if row.n}

    def heard(self) -> int:
        """Count the inbox."""
        with self.database.reading() as session:
            return len(session.execute(select(INBOX.c.event_id)).all())

    def letters(self) -> list[str]:
        """Return what is in the box."""
        return self.box.read_text().splitlines() if self.box.exists() else []


@contextmanager
def opened_tallies(url: str, broker: Broker, folder: Path) -> Iterator[Tallies]:
    """Open a tally of its own: tables, queues, keys."""
    for name in ("tally", "accounts", "chaos"):
        generate_keypair(folder, name)
    database = Database(url)
    make_tables(database.engine)
    with database.begin() as session:
        session.execute(insert(COUNTERS), [{"name": name, "n": 0} for name in NAMES])
    with a_bus(broker, SHAPES, ()) as bus:
        try:
            yield Tallies(database, bus, folder)
        finally:
            database.close()
