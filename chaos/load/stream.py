"""One kind of business, done again and again: what it does, and what must be found afterwards."""

from collections.abc import Iterator
from random import Random
from typing import ClassVar, Protocol

from chaos.stage import Stage


class Stream(Protocol):
    """A stream of operations.

    It asks with keys, so that asking again is safe; notes in the ledger what was acknowledged, and
    nothing else; and proves from the ledger alone what became of it, in every service that listens.
    """

    name: ClassVar[str]
    needs: ClassVar[frozenset[str]]  # the processes without which it cannot run
    per_second: ClassVar[float]

    def set_up(self, stage: Stage) -> None:
        """Make what it works with: staff, products, policies. Nothing fails yet."""

    def step(self, stage: Stage, dice: Random) -> None:
        """Do one operation to its end.

        :raises Stopped: if the load is told to end first.
        """

    def settled(self, stage: Stage) -> bool:
        """Tell whether everything it began has come to its end, beside outboxes and queues."""

    def wrong(self, stage: Stage) -> Iterator[str]:
        """Yield a sentence for each acknowledged effect that is missing, doubled or different."""
