"""Whose turn it is: leads are dealt out so that nobody gets two more than anybody else."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """How many leads somebody was given in a territory, and in which turn the last one."""

    staff_id: str
    given: int = 0
    last_turn: int = 0  # numbered per territory; 0 = never


def stand_in(away: Iterable[Mapping[str, str]], now: datetime) -> str | None:
    """Return who stands in for somebody now: an id, "" for nobody; None if that one is there."""
    for one in away:
        starts_at, ends_at = map(datetime.fromisoformat, (one["starts_at"], one["ends_at"]))
        if starts_at <= now < ends_at:
            return one["substitute_id"]
    return None


def deal(turns: Sequence[Turn]) -> tuple[str, tuple[Turn, ...]]:
    """Give a lead to whoever is owed it most; return that one and all turns afterwards.

    Owed most = given fewest, then longest without, so that ties do not favour the oldest member.
    Who is new or was away starts one behind the others instead of being flooded until level.

    :raises ValueError: if there is nobody.
    """
    floor = max(turn.given for turn in turns) - 1
    levelled = [replace(turn, given=max(turn.given, floor)) for turn in turns]
    chosen = min(levelled, key=lambda turn: (turn.given, turn.last_turn, turn.staff_id))
    number = max(turn.last_turn for turn in turns) + 1
    dealt = replace(chosen, given=chosen.given + 1, last_turn=number)
    after = tuple(dealt if turn is chosen else turn for turn in levelled)
    return chosen.staff_id, after
