"""Processes that are killed: one, several, the one that matters, again while it starts."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from random import Random
from signal import SIGKILL

from chaos.faults.fault import Fault
from chaos.stage import Stage
from deploy.local import process

SITE = "services"
MOST_AT_ONCE = 4
STARTS = 3  # each of which is cut short
LONGEST_START_SECONDS = 3.0  # until one is cut short, at most


def a_service(stage: Stage, dice: Random) -> str:
    """Choose a process of a service, replicas among them."""
    there = stage.house.databases
    return dice.choice([one for one in stage.processes() if one.partition("-")[0] in there])


@contextmanager
def kill_a_service(stage: Stage, dice: Random) -> Iterator[None]:
    """Kill a service and start it again at once, as an orchestrator does."""
    kill_and_restart(stage, a_service(stage, dice))
    yield


@contextmanager
def kill_several(stage: Stage, dice: Random) -> Iterator[None]:
    """Kill several processes, whichever they are, in one instant."""
    names = stage.processes()
    chosen = dice.sample(names, min(len(names), dice.randint(2, MOST_AT_ONCE)))
    for name in chosen:
        held = stage.house.places[name].process
        if held is not None:
            process.send(held, SIGKILL)
    for name in chosen:
        kill_and_restart(stage, name)
    yield


@contextmanager
def kill_again_while_starting(stage: Stage, dice: Random) -> Iterator[None]:
    """Kill a service, and again whenever it has just begun to start."""
    name = a_service(stage, dice)
    for _ in range(STARTS):
        kill_and_restart(stage, name)
        time.sleep(dice.uniform(0.0, LONGEST_START_SECONDS))
    kill_and_restart(stage, name)
    yield


def kill_and_restart(stage: Stage, name: str) -> None:
    """Kill a process and start it again, without waiting for it."""
    stage.house.kill(name)
    stage.restart(name)


def _killing(name: str) -> Callable[[Stage, Random], AbstractContextManager[None]]:
    @contextmanager
    def strike(stage: Stage, dice: Random) -> Iterator[None]:
        time.sleep(dice.uniform(0.0, 1.0))  # or it would always be the same point of the load
        kill_and_restart(stage, name)
        yield

    return strike


def _kill(name: str, about: str) -> Fault:
    return Fault(
        name=f"{name}-killed",
        about=about,
        strike=_killing(name),
        site=name,
        needs=frozenset({name}),
    )


FAULTS = (
    Fault(
        name="service-killed",
        about="A service is killed at some instant (SIGKILL) and started again.",
        strike=kill_a_service,
        site=SITE,
    ),
    Fault(
        name="several-killed",
        about="Two to four processes, of whichever kind, are killed in one instant.",
        strike=kill_several,
        site=SITE,
    ),
    Fault(
        name="killed-while-starting",
        about="A service is killed, and killed again in the middle of each of its next starts.",
        strike=kill_again_while_starting,
        site=SITE,
    ),
    _kill("cti", "The bridge to the telephone exchange is killed and started again."),
    _kill("warehouse", "The warehouse is killed at some instant and started again."),
    _kill("gateway", "The door from outside is killed and started again."),
)
