"""The stage of the models: services that die at a chosen commit, and a broker that is unkind.

The models run the real code of the chassis on a real SQLite file. What is played is the broker,
for only its free choices matter here: it delivers in any order and twice, loses a connection before
an acknowledgement, confirms late, refuses or says nothing. What runs the code between the wire and
the rows (nameko's container) is played too, in three lines. A process dies by a ``BaseException``
that nothing catches, after which its database is closed and everything it held in memory thrown
away; what goes on is opened from the file.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import eventlet
from eventlet.event import Event
from greenlet import GreenletExit
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from chassis.config import Settings
from chassis.database import Database
from chassis.runtime import Runtime, build
from chassis.service import Service, bind
from chassis.tables import Base
from chassis.tokens import generate_keypair
from tests.support.unsynced import unsynced

NEVER, BEFORE, AFTER = "never", "before the commit", "after the commit"
DEATHS = (NEVER, NEVER, BEFORE, AFTER)


class Death(GreenletExit):
    """The process is gone; no ``except Exception`` outlives that, and its greenthreads end silently."""


@dataclass
class Fuse:
    """When a process dies: at its n-th commit from now, before or after it."""

    at: str = NEVER
    commits: int = 1
    ended: Event | None = None

    def burn(self, where: str) -> None:
        """Die if this is the moment."""
        if where == BEFORE:
            self.commits -= 1
        if self.at == where and self.commits <= 0:
            self.at = NEVER
            if self.ended is not None:  # on whichever greenthread it happens, the process is gone
                self.ended.send_exception(Death(where))
            raise Death(where)


class Mortal(Database):
    """The chassis' database, with a moment before and one after each commit."""

    def __init__(self, url: str, fuse: Fuse) -> None:
        super().__init__(url, pool_size=2)
        self._fuse = fuse
        unsynced(self.engine)

    def reopen(self, fuse: Fuse) -> "Mortal":
        """Close every connection; only the statements that were compiled are used again."""
        self.close()
        fresh = copy(self)
        fresh._fuse, fresh._writers = fuse, Lock()
        return fresh

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Open a writing transaction."""
        with super().begin() as session:
            yield session
            self._fuse.burn(BEFORE)
        self._fuse.burn(AFTER)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a writing transaction for plain statements."""
        with super().writing() as connection:
            yield connection
            self._fuse.burn(BEFORE)
        self._fuse.burn(AFTER)


class Place:
    """One service: what outlives a death is its file and nothing else."""

    def __init__(self, folder: Path, page: type[Service]) -> None:
        self._page, self.deaths = page, 0
        if not (folder / f"{page.name}.key").exists():
            generate_keypair(folder, page.name)
        self._url = f"sqlite:///{folder / page.name}.db"
        self._settings = Settings(
            service=page.name, amqp_uri="", database_url=self._url,
            ops_port=0, signing_key=folder / f"{page.name}.key", public_keys=folder / "public",
            clock_file=None, environment="test", log_level="INFO",
        )  # fmt: skip
        self.on_open: Callable[[], None] = lambda: None
        self._database: Mortal | None = None
        (folder / f"{page.name}.db").write_bytes(_empty(len(Base.metadata.tables)))
        self.open()

    def open(self) -> None:
        """Start the process on whatever the file holds."""
        self.fuse = Fuse()
        self.runtime: Runtime = build(self._settings, pool_size=2)
        earlier = self._database
        self._database = earlier.reopen(self.fuse) if earlier else Mortal(self._url, self.fuse)
        self.runtime.database = self._database
        self.bound = bind(self._page, self.runtime)
        self.on_open()

    def die(self) -> None:
        """Forget everything that is not in the file, and start anew."""
        self.deaths += 1
        self.open()

    def attempt(self, work: Callable[[], Any], death: str = NEVER, commits: int = 1) -> Any:
        """Do something during which the process may die; return what came of it, or ``Death``.

        :raises Exception: whatever it raises while the process lives.
        """
        ended = Event()
        self.fuse.at, self.fuse.commits, self.fuse.ended = death, commits, ended

        def run() -> None:
            try:
                value = work()
            except Death:
                return
            except Exception as failure:  # noqa: BLE001  # raised again where it is waited for
                ended.send_exception(failure)
            else:
                ended.send(value)

        thread = eventlet.spawn(run)
        try:
            return ended.wait()
        except Death:
            thread.kill()
            self.die()
            return Death
        finally:
            self.fuse.at, self.fuse.ended = NEVER, None

    def close(self) -> None:
        """Close the file."""
        self.runtime.database.close()


class Story(RuleBasedStateMachine):
    """A state machine with a folder of its own, which is thrown away with it."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory(prefix="model-")
        self.folder = Path(self._folder.name)
        self.places: list[Place] = []

    def place(self, page: type[Service]) -> Place:
        """Open a service here."""
        self.places.append(Place(self.folder, page))
        return self.places[-1]

    def end(self) -> None:
        """Bring the story to its end on a healthy machine; what must hold then is asserted here."""

    def teardown(self) -> None:
        """End, also where something was wrong before: what is told first is the same kind of wrong."""
        try:
            self.end()
        finally:
            for place in self.places:
                place.close()
            self._folder.cleanup()


def check(story: type[Story], *, examples: int, steps: int) -> None:
    """Tell so many stories, each of so many steps, and raise what was wrong with one of them."""
    run_state_machine_as_test(
        story,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, database=None,
            derandomize=True, phases=(Phase.generate,), print_blob=False,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip


def finds(story: type[Story], *, examples: int, steps: int) -> bool:
    """Say whether a planted fault is found."""
    try:
        check(story, examples=examples, steps=steps)
    except AssertionError:
        return True
    return False


@cache
def _empty(_tables: int) -> bytes:
    """Return a database with every table known by now; to make one takes longer than a whole story."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "empty.db"
        database = Database(f"sqlite:///{file}", pool_size=1)
        Base.metadata.create_all(database.engine)
        database.close()
        return file.read_bytes()
