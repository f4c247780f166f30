"""The settings that only the warehouse has."""

from dataclasses import dataclass
from pathlib import Path

from chassis.config import ConfigError

MAX_SOCKET_PATH = 100  # bytes; the kernel's own bound is a little above
MAX_THREADS = 64


@dataclass(frozen=True, slots=True)
class Own:
    """Where the warehouse lies, where it answers, and how much of the machine it may take."""

    warehouse_file: Path
    warehouse_socket: Path
    warehouse_memory: str = "512MB"
    warehouse_threads: int = 2

    def __post_init__(self) -> None:
        """Refuse what would fail later with a worse sentence."""
        for name, path in (
            ("RAPPORT_WAREHOUSE_FILE", self.warehouse_file),
            ("RAPPORT_WAREHOUSE_SOCKET", self.warehouse_socket),
        ):
            if not path.parent.is_dir():
                raise ConfigError(f"{name} is in a directory that does not exist: {path.parent}.")
        if len(bytes(self.warehouse_socket)) > MAX_SOCKET_PATH:
            raise ConfigError(f"RAPPORT_WAREHOUSE_SOCKET is longer than {MAX_SOCKET_PATH} bytes.")
        if not 1 <= self.warehouse_threads <= MAX_THREADS:
            raise ConfigError(f"RAPPORT_WAREHOUSE_THREADS must be from 1 to {MAX_THREADS}.")
