"""What a person sees while the main job runs."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from demo.result import Step

WIDTH = 78
PLAIN_PROGRESS_SECONDS = 10.0  # where every line stays, fewer are enough
BOLD, DIM, GREEN, RED, PLAIN = "\033[1m", "\033[2m", "\033[32m", "\033[31m", "\033[0m"


class Console:
    """Print chapters with their seconds; on a terminal a running line shows the progress."""

    def __init__(self) -> None:
        self._live = sys.stdout.isatty()
        self._running = False
        self._said = time.monotonic()
        self.steps: list[Step] = []

    @contextmanager
    def chapter(self, title: str) -> Iterator[None]:
        """Announce a chapter and say at its end how long it took."""
        self.line(self._in(BOLD, title))
        started = time.monotonic()
        yield
        seconds = time.monotonic() - started
        self.steps.append(Step(title, round(seconds, 2)))
        self.line(self._in(DIM, f"{'':>{WIDTH - 8}}{seconds:6.1f} s"))

    def progress(self, text: str) -> None:
        """Show what is going on now; on a terminal it is overwritten by the next."""
        if self._live:
            sys.stdout.write(f"\r\033[K   {text[: WIDTH - 4]}")
            sys.stdout.flush()
            self._running = True
        elif time.monotonic() - self._said > PLAIN_PROGRESS_SECONDS:
            self._said = time.monotonic()
            print(f"   {text}", flush=True)

    def line(self, text: str = "") -> None:
        """Print a line that stays."""
        if self._running:
            sys.stdout.write("\r\033[K")
            self._running = False
        print(text, flush=True)

    def fact(self, name: str, text: str) -> None:
        """Print a named figure."""
        self.line(f"   {name:<30}{text}")

    def verdict(self, text: str, *, good: bool) -> None:
        """Print the last word."""
        self.line(self._in(GREEN if good else RED, text))

    def _in(self, colour: str, text: str) -> str:
        return f"{colour}{text}{PLAIN}" if self._live else text
