"""A plain process for tests: its thread ends when a file appears, its stop leaves another."""

import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from chassis.config import ConfigError, PlainSettings
from chassis.errors import Unavailable
from chassis.plain.process import run

PAUSE_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Own:
    """Where it looks for words from outside."""

    folder: Path
    will_start: bool = True

    def __post_init__(self) -> None:
        """Refuse a folder that is none."""
        if not self.folder.is_dir():
            raise ConfigError("RAPPORT_FOLDER must name a folder.")


class Errand:
    """One thread that waits."""

    def __init__(self, settings: PlainSettings, own: Own) -> None:
        self._own, self._asked = own, threading.Event()
        self._thread = threading.Thread(target=self._wait, daemon=True)
        self.settings = settings

    def start(self) -> None:
        """Begin, or fail as it was told to."""
        if not self._own.will_start:
            raise Unavailable("The errand cannot begin.")
        self._thread.start()

    def checks(self) -> Mapping[str, Callable[[], str | None]]:
        """Complain while the file `busy` is there."""
        busy = self._own.folder / "busy"
        return {"work": lambda: "busy" if busy.exists() else None}

    def alive(self) -> str | None:
        """Complain when the thread has ended."""
        return None if self._thread.is_alive() else "The errand's thread has ended."

    def stop(self) -> None:
        """Leave a sign."""
        self._asked.set()
        self._thread.join()
        (self._own.folder / "stopped").touch()

    def _wait(self) -> None:
        while not self._asked.wait(PAUSE_SECONDS):
            if (self._own.folder / "die").exists():
                return


if __name__ == "__main__":
    sys.exit(run("errand", own=Own, make=Errand))
