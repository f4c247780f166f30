"""Share a transaction among those who wait: one commit for all of them, or each alone."""

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Generic, TypeVar

import eventlet
from eventlet.event import Event

from chassis.relay import attempt

MOST = 20  # in one transaction

T = TypeVar("T")


class Together(Generic[T]):
    """Let greenthreads hand in items; ``run`` applies some in one transaction, all or none.

    If one fails, nothing of them was committed, and each is run alone: the others succeed and the
    one that fails hears why.
    """

    def __init__(self, name: str, run: Callable[[Sequence[T]], Sequence[str]]) -> None:
        self._name, self._run = name, run
        self._waiting: deque[tuple[T, Event]] = deque()
        self._busy = False

    def apply(self, item: T) -> str:
        """Return what became of an item, when that is committed.

        :raises Exception: whatever ``run`` raises for this item alone.
        """
        done = Event()
        self._waiting.append((item, done))
        if not self._busy:
            self._busy = True
            eventlet.spawn_n(self._pump)
        outcome: str = done.wait()
        return outcome

    def _pump(self) -> None:
        # It begins when the hub turns, so whoever arrived in the same turn is in the first batch.
        while self._waiting:
            size = min(len(self._waiting), MOST)
            self._settle([self._waiting.popleft() for _ in range(size)])
            eventlet.sleep(0)  # those who are done acknowledge, and the next arrive
        self._busy = False

    def _settle(self, batch: list[tuple[T, Event]]) -> None:
        outcomes: list[str] = []
        run = partial(self._collect, outcomes, [item for item, _ in batch])
        failure = attempt(run, self._name)
        if failure is None:
            for (_, done), outcome in zip(batch, outcomes, strict=True):
                done.send(outcome)
        elif len(batch) == 1:
            batch[0][1].send_exception(failure)
        else:
            for one in batch:
                self._settle([one])

    def _collect(self, outcomes: list[str], items: Sequence[T]) -> None:
        outcomes += self._run(items)
