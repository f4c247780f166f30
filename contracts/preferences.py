"""When somebody likes to be turned to, as accounts tells it, and how whoever writes or calls reads it."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MAIL, PHONE = "mail", "phone"  # the channels that the house itself uses
ONE_DAY, ONE_SECOND = timedelta(days=1), timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Window:
    """The time of day at which somebody likes to be turned to: while his clock shows it."""

    opens: time
    closes: time  # not included; before the beginning: after midnight
    zone: ZoneInfo


def window(opens: str | None, closes: str | None, zone: str | None) -> Window | None:
    """Return a window as it is told; what is none, or cannot be read, limits nobody."""
    if opens is None or closes is None or zone is None or opens == closes:
        return None
    try:
        return Window(time.fromisoformat(opens), time.fromisoformat(closes), ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def likes_other(preferred: str | None, channel: str) -> bool:
    """Say whether somebody likes another channel better than this one."""
    return preferred is not None and preferred != channel


def is_open(window: Window | None, at: datetime) -> bool:
    """Say whether a clock shows a time within a window at an instant; without one it always does."""
    if window is None:
        return True
    shown = at.astimezone(window.zone).time()
    if window.opens < window.closes:
        return window.opens <= shown < window.closes
    return shown >= window.opens or shown < window.closes


def opening(window: Window | None, at: datetime) -> datetime:
    """Return the first instant from this one on at which a window is open."""
    while window is not None and not is_open(window, at):
        at = _when_shown(window.zone, at, window.opens)
    return at


def closing(window: Window, at: datetime) -> datetime:
    """Return the first instant from this one on at which a window is not open."""
    while is_open(window, at):
        at = _when_shown(window.zone, at, window.closes)
    return at


def _when_shown(zone: ZoneInfo, at: datetime, wanted: time) -> datetime:
    """Return when a clock shows a time next, or when it is changed if that comes first.

    Where the clock is changed it may skip that time, or show another within the window at once.
    """
    at = at.astimezone(UTC)  # within one zone Python reckons by the wall
    shown = at.astimezone(zone).time()
    ahead = at + ((_of_day(wanted) - _of_day(shown)) % ONE_DAY or ONE_DAY)
    before = _offset(zone, at)
    if _offset(zone, ahead) == before:
        return ahead
    start = at.replace(microsecond=0)  # zones change on whole seconds
    seconds = range(int((ahead - start).total_seconds()))
    passed = bisect_left(
        seconds, True, key=lambda second: _offset(zone, start + second * ONE_SECOND) != before
    )
    return start + passed * ONE_SECOND


def _of_day(shown: time) -> timedelta:
    return timedelta(
        hours=shown.hour, minutes=shown.minute, seconds=shown.second, microseconds=shown.microsecond
    )


def _offset(zone: ZoneInfo, at: datetime) -> timedelta | None:
    return at.astimezone(zone).utcoffset()
