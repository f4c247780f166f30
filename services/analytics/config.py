"""The settings that only analytics has."""

import re
from dataclasses import dataclass
from pathlib import Path

from chassis.config import ConfigError

_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Own:
    """Where the warehouse is asked, and in which currency customers are ranked."""

    warehouse_socket: Path
    house_currency: str = ""  # empty: the only one in which anything was sold

    def __post_init__(self) -> None:
        """Refuse what is no currency: every night would be refused instead."""
        if self.house_currency and not _CURRENCY.fullmatch(self.house_currency):
            raise ConfigError("RAPPORT_HOUSE_CURRENCY must be three capital letters.")
