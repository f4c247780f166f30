"""What a report works with: it is answered beside the database, with no transaction open."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Sight:
    """The surroundings of a question that somebody else's store answers."""

    own: Any  # the settings that only this service has
    now: datetime  # business instant
    seconds: float  # how long the asker still waits
    entity_id: str | None = None  # whom the asker is of; None: a service
