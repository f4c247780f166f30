"""New versions rolled out under load: every process told to stop and started, one after the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from chaos.faults.ending import SITE
from chaos.faults.fault import Fault
from chaos.faults.stopping import stop
from chaos.stage import Stage

ROUNDS = 5


@contextmanager
def roll_out(stage: Stage, dice: Random) -> Iterator[None]:
    """Restart every process of ours, five times over, each when the one before takes work.

    What was prefetched goes back each time; after a score of that the broker would park it.
    """
    names = [one for one in stage.processes() if stage.house.places[one].ops_port]
    for _ in range(ROUNDS):
        for name in dice.sample(names, len(names)):
            stop(stage, name)
            stage.house.restart(name)
    yield


FAULTS = (
    Fault(
        name="five-rollouts",
        about="Every process is told to stop and started again, one by one, five times over.",
        strike=roll_out,
        site=SITE,
        together=False,
    ),
)
