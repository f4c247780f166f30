"""What was heard and not yet understood: bounded, between the thread that reads and the one that thinks."""

import threading
import time
from collections import deque

GATHER = 100  # messages that are worth a commit by themselves
GATHER_SECONDS = 0.005  # of a pop's second; a commit waits for the disk each time


class Inbox:
    """Messages in their order, then the reason why no more come."""

    def __init__(self, most: int) -> None:
        self._blocks: deque[bytes] = deque()
        self._most = most
        self._changed = threading.Condition()
        self._ended: str | None = None

    def put(self, blocks: list[bytes]) -> bool:
        """Add messages; return False if there is no room, and add none."""
        with self._changed:
            if len(self._blocks) + len(blocks) > self._most:
                return False
            self._blocks.extend(blocks)
            self._changed.notify_all()
            return True

    def end(self, reason: str) -> None:
        """Say that no more comes; the first reason counts."""
        with self._changed:
            self._ended = self._ended or reason
            self._changed.notify_all()

    def take(self, most: int, seconds: float) -> list[bytes]:
        """Return what waits, and what comes just behind a few; after a while nothing."""
        with self._changed:
            if not self._blocks and self._ended is None:
                self._changed.wait(seconds)
            gather = 0 < len(self._blocks) < GATHER and self._ended is None
        if gather:
            time.sleep(GATHER_SECONDS)
        with self._changed:
            count = min(most, len(self._blocks))
            return [self._blocks.popleft() for _ in range(count)]

    @property
    def ended(self) -> str | None:
        """Return why no more comes, once all that came has been taken."""
        with self._changed:
            return self._ended if not self._blocks else None
