"""What the doctor says, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum

PAGE = "docs/operations.md"


class Level(StrEnum):
    """How bad it is."""

    NOTE = "note"  # worth knowing, nothing to do
    UNSEEN = "unseen"  # could not be looked at
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do, and the section of the runbook that says more."""

    do: str
    anchor: str

    @property
    def see(self) -> str:
        """Say where to read on."""
        return f"{PAGE}#{self.anchor}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about the house."""

    level: Level
    says: str
    remedy: Remedy | None = None  # of what is wrong

    def facts(self) -> dict[str, str | None]:
        """Return it for machines."""
        do, see = (self.remedy.do, self.remedy.see) if self.remedy else (None, None)
        return {"level": self.level, "says": self.says, "do": do, "see": see}


def wrong(says: str, remedy: Remedy) -> Finding:
    """Say what is wrong."""
    return Finding(Level.WRONG, says, remedy)


def unseen(says: str) -> Finding:
    """Say what could not be looked at, and why."""
    return Finding(Level.UNSEEN, says)


def note(says: str) -> Finding:
    """Say what was seen."""
    return Finding(Level.NOTE, says)
