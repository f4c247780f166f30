"""What is noted while a work goes on, and written when it is done."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chassis import audit
from chassis.tables import Record


@dataclass(slots=True)
class Told:
    """An event that will be written when the work is done, with the state it has then."""

    make: Callable[[Any], object]
    about: Record
    sequence: int


@dataclass(slots=True)
class Draft:
    """A row of the audit trail whose version is known after the flush."""

    record: Record
    verb: str
    changes: audit.Changes
