"""The SLA clock: a function of what happened to a case and a calendar, and of nothing else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.service_desk.domain.calendars import ZERO, ServiceCalendar, after, between


class Tick(StrEnum):
    """What happens to the clock of a case."""

    START = "start"  # opened, or reopened after it was closed
    PAUSE = "pause"  # the customer is waited for
    RESUME = "resume"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a clock's log."""

    at: datetime
    tick: Tick


@dataclass(frozen=True, slots=True)
class Turn:
    """A calendar that holds from an instant until the next one's turn."""

    since: datetime
    calendar: ServiceCalendar


Log = Sequence[Entry]
# Whether the clock runs after an entry, and after which entries it may come.
_RUNS = {Tick.START: True, Tick.PAUSE: False, Tick.RESUME: True, Tick.STOP: False}
_FOLLOWS: dict[Tick, frozenset[Tick | None]] = {
    Tick.START: frozenset({None, Tick.STOP}),
    Tick.PAUSE: frozenset({Tick.START, Tick.RESUME}),
    Tick.RESUME: frozenset({Tick.PAUSE}),
    Tick.STOP: frozenset({Tick.START, Tick.RESUME, Tick.PAUSE}),
}


def elapsed(log: Log, calendar: ServiceCalendar, until: datetime) -> timedelta:
    """Return the service time that the clock ran until an instant."""
    total = ZERO
    for start, end in _runs(log):
        total += between(calendar, start, until if end is None else min(end, until))
    return total


def elapsed_by_turns(log: Log, turns: Sequence[Turn], until: datetime) -> timedelta:
    """Return the service time that the clock ran by calendars that took turns."""
    ends = [*(turn.since for turn in turns[1:]), until]
    total = ZERO
    for turn, end in zip(turns, ends, strict=True):
        total += elapsed(log, turn.calendar, end) - elapsed(log, turn.calendar, turn.since)
    return total


def remaining(log: Log, calendar: ServiceCalendar, target: timedelta, until: datetime) -> timedelta:
    """Return what is left of a target at an instant; below zero if it is used up."""
    return target - elapsed(log, calendar, until)


def due(log: Log, calendar: ServiceCalendar, target: timedelta) -> datetime | None:
    """Return when a target is used up if the clock goes on as it does now.

    None while the clock stands and some is left: no deadline runs then.

    :raises NoServiceTime: if the calendar has not as much time within a generation.
    """
    left = target
    for start, end in _runs(log):
        if end is None:
            return after(calendar, start, left)
        used = between(calendar, start, end)
        if used >= left:
            return after(calendar, start, left)
        left -= used
    return None


def since(log: Log, instant: datetime) -> tuple[Entry, ...]:
    """Return the log as a promise sees it that was made at an instant: nothing before counts."""
    earlier = [entry.tick for entry in log if entry.at <= instant]
    later = tuple(entry for entry in log if entry.at > instant)
    if not earlier or earlier[-1] is Tick.STOP:
        return later
    begun = Entry(instant, Tick.START)
    if _RUNS[earlier[-1]]:
        return (begun, *later)
    return (begun, Entry(instant, Tick.PAUSE), *later)


def is_running(log: Log) -> bool:
    """Say whether the clock runs after the last entry."""
    return bool(log) and _RUNS[log[-1].tick]


def _runs(log: Log) -> Iterator[tuple[datetime, datetime | None]]:
    """Yield when the clock ran; the last stretch has no end while it runs.

    :raises ValueError: if the entries do not follow each other.
    """
    previous: Entry | None = None
    for entry in log:
        before = previous.tick if previous else None
        if before not in _FOLLOWS[entry.tick]:
            raise ValueError(f"{entry.tick.value} does not follow {before}")
        if previous is not None and _RUNS[previous.tick]:
            yield previous.at, entry.at
        previous = entry
    if previous is not None and _RUNS[previous.tick]:
        yield previous.at, None
