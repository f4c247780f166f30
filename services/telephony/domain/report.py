"""What a day of calls comes to: integer sums by quarter of an hour, so that any roll-up is right."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chassis.errors import Invalid

SERVICE_LEVEL_SECONDS = 20  # answered within
SHORT_ABANDON_SECONDS = 5  # who hangs up sooner has dialled wrongly


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Counts and milliseconds of the calls that arrived in a span.

    A call arrives when it joins its queue, or when it reaches us where it joins none. Always:
    arrived = direct + offered, and
    offered = answered + abandoned + timed_out + refused + otherwise + waiting.
    """

    arrived: int = 0
    direct: int = 0  # to a phone without a queue
    offered: int = 0  # joined a queue
    answered: int = 0  # an agent and the caller talked, and the caller waited for no other in vain
    answered_in_time: int = 0
    abandoned: int = 0  # the caller hung up before, short or not
    abandoned_short: int = 0
    abandoned_in_time: int = 0
    timed_out: int = 0
    refused: int = 0  # the queue was full, closed or empty of agents
    otherwise: int = 0
    waiting: int = 0
    answered_wait_ms: int = 0  # from joining the queue, not from reaching us
    abandoned_wait_ms: int = 0
    longest_wait_ms: int = 0
    talk_ms: int = 0
    hold_ms: int = 0


def total(parts: Iterable[Sums]) -> Sums:
    """Add up spans."""
    kept = list(parts)
    added = {field.name: sum(getattr(part, field.name) for part in kept) for field in fields(Sums)}
    added["longest_wait_ms"] = max((part.longest_wait_ms for part in kept), default=0)
    return Sums(**added)


def ratios(sums: Sums) -> dict[str, float | None]:
    """Return what the sums mean, in percent and seconds; None where there is nothing to divide by.

    ``service_level`` leaves out who hung up at once; the others are named after their denominator.
    """
    serious = sums.offered - sums.abandoned_short
    in_time = sums.answered_in_time
    return {
        "service_level": _percent(in_time, serious),
        "service_level_of_answered": _percent(in_time, sums.answered),
        "service_level_of_offered": _percent(in_time, sums.offered),
        "service_level_with_abandoned": _percent(in_time + sums.abandoned_in_time, sums.offered),
        "abandoned_percent": _percent(sums.abandoned - sums.abandoned_short, serious),
        "average_speed_of_answer": _seconds(sums.answered_wait_ms, sums.answered),
        # Without wrap-up, which nobody measures yet.
        "average_handling": _seconds(sums.talk_ms + sums.hold_ms, sums.answered),
        "longest_wait": sums.longest_wait_ms / 1000,
    }


def span_of(day: date, zone: str) -> tuple[datetime, datetime]:
    """Return the half-open span of a day in a time zone; 23 or 25 hours where clocks are set.

    :raises Invalid: if there is no such time zone.
    """
    try:
        place = ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as unknown:
        raise Invalid("There is no such time zone.", code="telephony.report.zone") from unknown
    midnights = (datetime.combine(one, time(), place) for one in (day, day + timedelta(days=1)))
    start, end = (midnight.astimezone(UTC) for midnight in midnights)
    return start, end


def _percent(part: int, whole: int) -> float | None:
    return None if whole <= 0 else round(100 * part / whole, 1)


def _seconds(milliseconds: int, count: int) -> float | None:
    return None if count == 0 else round(milliseconds / count / 1000, 3)
