"""Who gets a case that is too much for whoever has it: the way up, level by level."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

MAX_LEVEL = 20


class AssignmentReason(StrEnum):
    """Why a case was given to somebody."""

    MANUAL = "manual"
    ESCALATION = "escalation"
    HANDED_OVER = "handed_over"  # whoever had it leaves


@dataclass(frozen=True, slots=True)
class Level:
    """One step of the way up: a person, or whoever has a role."""

    number: int  # from 1
    role: str
    staff_id: str | None = None  # before the role, as long as that one works here


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could take a case, and how far from it."""

    staff_id: str
    roles: frozenset[str]
    distance: int  # 0 = in the case's team, 1 = in its territory, 2 = anywhere else


@dataclass(frozen=True, slots=True)
class Rung:
    """Where an escalation leads; nobody is a place too, and is told."""

    level: int
    staff_id: str | None


def climb(path: Iterable[Level], level: int, candidates: Sequence[Candidate]) -> Rung | None:
    """Return the next level that somebody stands on, or the next one if all are empty.

    None at the top. Within a level the named person goes first, then the nearest, then by id.
    """
    above = sorted(
        (one for one in path if one.number > level), key=lambda one: (one.number, one.role)
    )
    for one in above:
        found = _standing_on(one, candidates)
        if found is not None:
            return Rung(one.number, found)
    return Rung(above[0].number, None) if above else None


def level_of(path: Iterable[Level], one: Candidate) -> int:
    """Return how high somebody stands on the way up; 0 if not on it."""
    stood_on = (
        level.number for level in path if level.staff_id == one.staff_id or level.role in one.roles
    )
    return max(stood_on, default=0)


def _standing_on(level: Level, candidates: Sequence[Candidate]) -> str | None:
    if level.staff_id in {one.staff_id for one in candidates}:
        return level.staff_id
    fitting = [one for one in candidates if level.role in one.roles]
    nearest = min(fitting, key=lambda one: (one.distance, one.staff_id), default=None)
    return nearest.staff_id if nearest else None
