"""What a doomed process says where it dies, and how that is found in its log."""

from pathlib import Path


def last_words(point: str) -> str:
    """Return the line that a process prints in the instant of its death."""
    return f"doomed: died at {point}"


def deaths(log: Path, point: str) -> int:
    """Count those who died at a point and wrote to this log."""
    if not log.exists():
        return 0
    return log.read_text(encoding="utf-8", errors="replace").splitlines().count(last_words(point))
