"""What was acknowledged, and so must be found: once, everywhere it belongs."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One acknowledged effect: its kind, the id it is known by, and what must be so."""

    kind: str  # such as "lead.captured"
    id: str
    facts: dict[str, Any]
    at: float = field(default_factory=time.time)


class Ledger:
    """Everything the load was told is done; also kept in a file, line by line, as evidence."""

    def __init__(self, file: Path) -> None:
        self._lock = threading.Lock()
        self._entries: list[Entry] = []
        self._answers: dict[tuple[str, str, str], object] = {}
        self._file = file.open("a", encoding="utf-8", buffering=1)
        self.asked: Counter[str] = Counter()  # by stream: attempts, acknowledged, repeated, refused

    def note(self, kind: str, id_: str, **facts: Any) -> None:
        """Write down an acknowledged effect."""
        entry = Entry(kind, id_, facts)
        with self._lock:
            self._entries.append(entry)
            self._file.write(json.dumps(asdict(entry)) + "\n")

    def of(self, kind: str) -> Iterator[Entry]:
        """Yield what was acknowledged of one kind, in order."""
        with self._lock:
            found = [entry for entry in self._entries if entry.kind == kind]
        yield from found

    def keep(self, method: str, key: str, answer: object) -> None:
        """Keep what ``service.method`` answered to a command of this key."""
        service, _, name = method.partition(".")
        with self._lock:
            self._answers[service, name, key] = answer

    def answers(self) -> dict[tuple[str, str, str], object]:
        """Return every answer that was kept, by (service, method, key)."""
        with self._lock:
            return dict(self._answers)

    def count(self, what: str) -> None:
        """Count something that is no effect: an attempt, a repetition."""
        with self._lock:
            self.asked[what] += 1

    @property
    def operations(self) -> int:
        """How many effects were acknowledged."""
        with self._lock:
            return len(self._entries)

    def close(self) -> None:
        """End the file."""
        self._file.close()
