"""Waiting for a condition instead of sleeping."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
POLL_SECONDS = 0.02
PATIENCE_SECONDS = 60.0  # only a failure waits so long; machines with other things to do are slow


def eventually(
    probe: Callable[[], T], *, seconds: float = PATIENCE_SECONDS, because: str = ""
) -> T:
    """Return the first true answer of a probe, and fail with its last answer if there is none in time."""
    deadline = time.monotonic() + seconds
    answer = probe()
    while not answer:
        if time.monotonic() > deadline:
            words = because or getattr(probe, "__name__", "the condition")
            raise AssertionError(f"not within {seconds} s: {words}; last answer: {answer!r}")
        threading.Event().wait(POLL_SECONDS)
        answer = probe()
    return answer


def linger(seconds: float) -> None:
    """Let time pass where time itself is what a test varies: slow work, the instant of a kill."""
    threading.Event().wait(seconds)


def stays(probe: Callable[[], object], *, seconds: float) -> None:
    """Fail as soon as a probe is no longer true within a span."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = probe()
        assert answer, f"changed to {answer!r}"
        threading.Event().wait(POLL_SECONDS)
