"""Deaths at chosen points of the work, planted by chaos/doomed.py."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from random import Random

from chaos.epitaph import deaths
from chaos.faults.ending import SITE
from chaos.faults.fault import Fault
from chaos.stage import Stage
from deploy.local.machine import CannotRun

DEATH_SECONDS = 120.0  # within which the load must have brought it there
BACKLOG_SECONDS = 4.0  # for which it is away before, so that much waits for it
LAST_TIME = 6  # it dies when it gets there for the first to the sixth time
SELDOM = frozenset({"in-shared-commit", "before-effect", "after-effect"})  # for the first time


@contextmanager
def doomed(stage: Stage, name: str, point: str, nth: int) -> Iterator[None]:
    """Run a process that dies at a point, and as usual again when it has.

    :raises CannotRun: if it does not die there.
    """
    place = stage.house.places[name]
    log, service = Path(place.log), name.partition("-")[0]
    stage.house.stop(name)
    time.sleep(BACKLOG_SECONDS)
    before = deaths(log, point)
    command = [sys.executable, "-m", "chaos.doomed", service, point, str(nth)]
    with stage.amended(name, command=command):
        stage.wait(
            lambda: not stage.house.places[name].is_running,
            DEATH_SECONDS,
            f"{name} is dead: it never got to {point}",
        )
        if deaths(log, point) != before + 1:
            raise CannotRun(f"{name} ended, but not at {point}")
    yield


def _dying(
    point: str, services: tuple[str, ...]
) -> Callable[[Stage, Random], AbstractContextManager[None]]:
    @contextmanager
    def strike(stage: Stage, dice: Random) -> Iterator[None]:
        name = dice.choice([one for one in services if one in stage.house.databases])
        nth = 1 if point in SELDOM else dice.randint(1, LAST_TIME)
        with doomed(stage, name, point, nth):
            yield

    return strike


def _death(point: str, about: str, *services: str, load: str = "leads") -> Fault:
    return Fault(
        name=f"death-{point}",
        about=about,
        strike=_dying(point, services),
        site=SITE,
        needs=frozenset(services),
        load=frozenset({load}),
        hold_seconds=2.0,  # it has been long enough on its way
        recovery_seconds=240.0,  # on PostgreSQL what it held is free again after half a minute
    )


FAULTS = (
    _death("before-commit", "A service dies with its work done and not committed.",
           "accounts", "sales"),
    _death("after-commit", "A service dies in the instant after a commit that nobody heard of.",
           "accounts", "sales"),
    _death("in-shared-commit", "A service dies in a commit that several events share.",
           "marketing"),
    _death("before-ack", "A service dies between a commit and the acknowledgement of its event.",
           "sales"),
    _death("before-reply", "A service dies between a commit and its answer.",
           "accounts", "sales"),
    _death("after-reply", "A service dies between its answer and the acknowledgement.",
           "accounts", "sales"),
    _death("before-confirm", "A relay dies with events sent that the broker has not confirmed.",
           "accounts", "sales"),
    _death("before-mark", "A relay dies with events confirmed and still in the outbox.",
           "accounts", "sales"),
    _death("between-steps", "A service dies between two steps of a process.",
           "sales"),
    _death("after-answer", "A process dies with a neighbour's answer that it has not written down.",
           "sales"),
    _death("before-effect", "Marketing dies with a mail marked as begun that has not left.",
           "marketing", load="sends"),
    _death("after-effect", "Marketing dies with a mail sent that is not written down as sent.",
           "marketing", load="sends"),
)  # fmt: skip
