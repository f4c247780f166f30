"""Service time: which instants count, in a zone with its summer time, and how much of it passes."""

import itertools
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chassis.errors import Invalid

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_A_DAY = 1440
MAX_WINDOWS_A_DAY = 8
MIN_MINUTES_A_WEEK = 480  # with less a deadline of days would be years away
MAX_HOLIDAYS = 1000
HORIZON = timedelta(days=366 * 30)  # how far a deadline is looked for
ZERO = timedelta()
_WALL = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
ONE_DAY = timedelta(days=1)
ONE_SECOND = timedelta(seconds=1)  # zones change on whole seconds


class CalendarNotValid(Invalid):
    """Refuse hours that nobody could keep."""

    code = "service_desk.calendar.not_valid"


class NoServiceTime(Invalid):
    """Refuse to look further for a deadline than a generation."""

    code = "service_desk.calendar.no_service_time"


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a day, in minutes of its wall clock; what ends at 1440 meets the next day."""

    opens: int  # 0 to 1439
    closes: int  # 1 to 1440, not included


Week = tuple[tuple[Window, ...], ...]  # Monday first; in order and apart


@dataclass(frozen=True, slots=True)
class ServiceCalendar:
    """When service is given."""

    zone: ZoneInfo
    week: Week
    holidays: frozenset[date] = frozenset()


ALWAYS: Week = ((Window(0, MINUTES_A_DAY),),) * 7


def between(calendar: ServiceCalendar, start: datetime, end: datetime) -> timedelta:
    """Return how much service time lies between two instants; none if the end is the earlier."""
    total, end = ZERO, end.astimezone(UTC)
    for opens, closes in _stretches(calendar, start):
        if opens >= end:
            break
        total += min(closes, end) - opens
    return total


def after(calendar: ServiceCalendar, start: datetime, needed: timedelta) -> datetime:
    """Return the first instant at which so much service time has passed since the start.

    :raises NoServiceTime: if the calendar has not as much within the horizon.
    """
    if needed <= ZERO:
        return start.astimezone(UTC)
    left = needed
    for opens, closes in _stretches(calendar, start):
        if opens - start > HORIZON:
            break
        if closes - opens >= left:
            return opens + left
        left -= closes - opens
    raise NoServiceTime("The calendar has too little service time for this target.")


def read_zone(name: str) -> ZoneInfo:
    """Return a time zone by its name.

    :raises CalendarNotValid: if nobody knows it.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise CalendarNotValid("There is no time zone of this name.") from unknown


def read_week(given: Mapping[str, Sequence[Sequence[str]]]) -> Week:
    """Return the windows of a week, written as ``{"mon": [["09:00", "12:30"], …], …}``.

    :raises CalendarNotValid: if a day is unknown, windows overlap, or there is next to no time.
    """
    unknown = sorted(set(given) - set(DAYS))
    if unknown:
        raise CalendarNotValid(f"A week has the days {', '.join(DAYS)}.")
    week = tuple(_read_day(given.get(day, ())) for day in DAYS)
    if sum(one.closes - one.opens for day in week for one in day) < MIN_MINUTES_A_WEEK:
        raise CalendarNotValid(f"A week has at least {MIN_MINUTES_A_WEEK} minutes of service.")
    return week


def _read_day(given: Sequence[Sequence[str]]) -> tuple[Window, ...]:
    if len(given) > MAX_WINDOWS_A_DAY:
        raise CalendarNotValid(f"A day has at most {MAX_WINDOWS_A_DAY} windows.")
    windows = tuple(_read_window(one) for one in given)
    for earlier, later in itertools.pairwise(windows):
        if later.opens < earlier.closes:
            raise CalendarNotValid("The windows of a day come in order and do not overlap.")
    return windows


def _read_window(given: Sequence[str]) -> Window:
    if len(given) != 2:  # noqa: PLR2004 - opens and closes
        raise CalendarNotValid("A window opens and closes.")
    window = Window(_minutes(given[0]), _minutes(given[1]))
    if not window.opens < window.closes:
        raise CalendarNotValid("A window closes after it opens; overnight service is two windows.")
    return window


def _minutes(text: str) -> int:
    if text == "24:00":
        return MINUTES_A_DAY
    if not _WALL.fullmatch(text):
        raise CalendarNotValid("A time is written as 09:30.")
    return int(text[:2]) * 60 + int(text[3:])


def _stretches(calendar: ServiceCalendar, since: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the stretches of service time from an instant on, in order, without end if there are any."""
    if not any(calendar.week):
        return
    since = since.astimezone(UTC)  # within one zone Python reckons by the wall
    first = since.astimezone(calendar.zone).date() - ONE_DAY
    for number in itertools.count():
        day = first + number * ONE_DAY
        if day in calendar.holidays:
            continue
        for window in calendar.week[day.weekday()]:
            opens = max(_instant(calendar.zone, day, window.opens), since)
            closes = _instant(calendar.zone, day, window.closes)
            if opens < closes:
                yield opens, closes


def _instant(zone: ZoneInfo, day: date, minute: int) -> datetime:
    """Return the first instant at which the wall clock has come to a minute of a day.

    So windows that meet on the wall meet in time, a day has its 23 or 25 hours, a time that spring
    leaves out is the instant of the change, and one that autumn has twice is the first of the two.
    """
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    found = wall.replace(tzinfo=zone).astimezone(UTC)
    if _wall(zone, found) == wall:
        return found
    # In the gap: read with the offset before the change it is too late, with the one after too early.
    early = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    seconds = bisect_left(
        range(int((found - early).total_seconds())),
        True,
        key=lambda passed: _wall(zone, early + passed * ONE_SECOND) >= wall,
    )
    return early + seconds * ONE_SECOND


def _wall(zone: ZoneInfo, instant: datetime) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)
