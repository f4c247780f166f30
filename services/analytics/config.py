"""The settings that only analytics has."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Own:
    """Where the warehouse is asked."""

    warehouse_socket: Path
