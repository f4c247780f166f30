"""The databases: PostgreSQL dead, away or unreachable; SQLite locked by somebody else."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from random import Random

from sqlalchemy.engine import make_url

from chaos.faults import network
from chaos.faults.fault import Fault
from chaos.lines import Line
from chaos.stage import Stage
from deploy.local.house import Kind
from deploy.local.machine import base_environment

SITE = "database"
POSTGRESQL, SQLITE = frozenset({Kind.POSTGRESQL}), frozenset({Kind.SQLITE})
END_SECONDS = 10.0

# Another program that writes: an operator's shell, a backup that takes the lock.
HOLDER = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
held.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
held.execute("ROLLBACK")
"""


@contextmanager
def crash(stage: Stage, _: Random) -> Iterator[None]:
    """Restart PostgreSQL as after a crash: every transaction under way is gone."""
    stage.house.postgres.crash()
    stage.house.postgres.start()
    yield


@contextmanager
def away(stage: Stage, _: Random) -> Iterator[None]:
    """Stop PostgreSQL for a while."""
    stage.house.postgres.crash()
    try:
        yield
    finally:
        stage.house.postgres.start()


def every_line(stage: Stage, _: Random) -> list[Line]:
    """Choose the lines of all processes to PostgreSQL."""
    return [line for name, line in stage.lines.items() if name.startswith("db:")]


def one_line(stage: Stage, dice: Random) -> list[Line]:
    """Choose the line of one process to PostgreSQL."""
    return [dice.choice(every_line(stage, dice))]


@contextmanager
def locked(stage: Stage, dice: Random) -> Iterator[None]:
    """Let another process hold the write lock of one service's SQLite file."""
    url = stage.house.databases[dice.choice(sorted(stage.house.databases))]
    holder = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", HOLDER, str(make_url(url).database)],
        env=base_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    with holder:
        assert holder.stdout is not None
        try:
            stage.wait(holder.stdout.readline, END_SECONDS, "the database is locked")
            yield
        finally:
            holder.kill()  # with its lock


def _on_the_line(
    name: str, about: str, strike: Callable[[Stage, Random], AbstractContextManager[None]],
    hold_seconds: float,
) -> Fault:  # fmt: skip
    return Fault(
        name=f"postgres-{name}", about=about, strike=strike, site=SITE,
        hold_seconds=hold_seconds, kinds=POSTGRESQL,
    )  # fmt: skip


def _locked(name: str, about: str, hold_seconds: float) -> Fault:
    return Fault(
        name=name, about=about, strike=locked, site=SITE, hold_seconds=hold_seconds, kinds=SQLITE,
    )  # fmt: skip


FAULTS = (
    Fault(
        name="postgres-crashed",
        about="PostgreSQL is restarted in its immediate mode: no checkpoint, recovery at the start.",
        strike=crash,
        site=SITE,
        kinds=POSTGRESQL,
    ),
    _on_the_line("down", "PostgreSQL is away for eight seconds.", away, 8.0),
    _on_the_line("down-long", "PostgreSQL is away for a minute.", away, 60.0),
    _on_the_line(
        "dead",
        "The lines to PostgreSQL are held open with nothing flowing, and then heal.",
        network.harmed(network.freeze, every_line),
        12.0,
    ),
    _on_the_line(
        "forgotten",
        "The lines to PostgreSQL are held open with nothing flowing, and then reset.",
        network.harmed(network.freeze, every_line, forgotten=True),
        40.0,
    ),
    _on_the_line(
        "dead-one",
        "One process's line to PostgreSQL is held open with nothing flowing, and then heals.",
        network.harmed(network.freeze, one_line),
        40.0,
    ),
    _on_the_line(
        "reset",
        "Every connection to PostgreSQL is reset.",
        network.harmed(network.reset, every_line),
        4.0,
    ),
    _on_the_line(
        "lossy",
        "The lines to PostgreSQL lose one packet in ten.",
        network.harmed(network.limp, every_line),
        15.0,
    ),
    _locked("sqlite-locked", "Another program holds a service's database for three seconds.", 3.0),
    _locked(
        "sqlite-locked-long",
        "Another program holds a service's database for longer than a writer waits.",
        12.0,
    ),
)
