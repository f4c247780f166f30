"""A day on the phone: who called when, who was answered, who gave up, how long they waited."""

from collections.abc import Sequence
from typing import Final

from demo.findings import CallDay, Slot
from demo.report import words
from demo.report.drawing import (
    LEFT,
    WIDTH,
    Scale,
    box,
    dot,
    gridline,
    label,
    rule,
    svg,
    ticks,
    told_of,
)

_CALLS = (12.0, 170.0)  # where the columns are drawn: top and height
_WAITS = (236.0, 84.0)
_HEIGHT: Final = 344
_LEGEND: Final = (
    ("answered", "answered"),
    ("abandoned", "gave up"),
    ("other", "ended otherwise"),
)


def figures(day: CallDay | None) -> str:
    """Show the figures of the day, large, and what the colours mean."""
    if day is None or not day.slots:
        return ""
    offered, answered, abandoned = _sums(day.slots)
    shown = (
        ("offered", words.count(offered)),
        ("answered", words.count(answered)),
        ("gave up", words.count(abandoned)),
        ("mean wait", _seconds(_mean_wait(day.slots))),
        (
            f"answered within {day.threshold_seconds} s",
            words.NONE if day.service_level is None else words.percent(day.service_level),
        ),
    )
    items = "".join(
        f"<div><dt>{words.text(n)}</dt><dd>{words.text(v)}</dd></div>" for n, v in shown
    )
    legend = "".join(
        f'<li><i class="{kind}"></i>{words.text(name)}</li>'
        for kind, name in _LEGEND
        if kind != "other" or offered > answered + abandoned
    )
    note = f'<p class="told">{words.text(day.note)}</p>' if day.note else ""
    return f'{note}<dl class="row">{items}</dl><ul class="legend">{legend}</ul>'


def day_of_calls(day: CallDay | None) -> str:
    """Draw a stacked column per quarter of an hour, and below how long people waited."""
    if day is None or not day.slots:
        return ""
    offered, answered, abandoned = _sums(day.slots)
    step, top = ticks(max(slot.offered for slot in day.slots))
    calls = Scale(top, *_CALLS)
    longest = max([day.threshold_seconds, *(slot.wait_seconds or 0 for slot in day.slots)])
    waits = Scale(ticks(longest)[1], *_WAITS)
    slot = (WIDTH - LEFT) / len(day.slots)
    parts = [gridline(calls, n * step, f"{n * step:g}") for n in range(round(top / step) + 1)]
    parts += [_column(LEFT + i * slot, one, slot, scale=calls) for i, one in enumerate(day.slots)]
    parts += _wait_lines(day, slot, scale=waits)
    told = (
        f"{words.count(offered)} calls on {words.day(day.day)}: {words.count(answered)} answered,"
        f" {words.count(abandoned)} gave up; the mean wait was {_seconds(_mean_wait(day.slots))}."
    )
    return svg(_HEIGHT, "Calls per quarter of an hour", told, parts=parts)


def _sums(slots: Sequence[Slot]) -> tuple[int, int, int]:
    return (
        sum(slot.offered for slot in slots),
        sum(slot.answered for slot in slots),
        sum(slot.abandoned for slot in slots),
    )


def _mean_wait(slots: Sequence[Slot]) -> float | None:
    waited = [(slot.wait_seconds, slot.offered) for slot in slots if slot.wait_seconds is not None]
    calls = sum(offered for _, offered in waited)
    return sum(wait * offered for wait, offered in waited) / calls if calls else None


def _column(left: float, one: Slot, width: float, *, scale: Scale) -> str:
    other = max(one.offered - one.answered - one.abandoned, 0)
    told = (
        f"{one.start}: {one.offered} offered, {one.answered} answered, {one.abandoned} gave up,"
        f" mean wait {_seconds(one.wait_seconds)}"
    )
    stacked, parts = 0, []
    for kind, count in (
        ("answered", one.answered), ("abandoned", one.abandoned), ("other", other)
    ):  # fmt: skip
        if count:
            low, high = scale.at(stacked), scale.at(stacked + count)
            # A gap of one pixel parts what stands on each other.
            size = (width * 0.76, max(low - high - 1, 0.5))
            parts.append(box(kind, (left + width * 0.12, high), size))
        stacked += count
    return told_of(told, *parts)


def _wait_lines(day: CallDay, slot: float, *, scale: Scale) -> list[str]:
    """Draw the wait as a line that breaks where nobody called, and the hours below it."""
    in_time = scale.at(day.threshold_seconds)
    parts = [
        label(
            (0, _WAITS[0] - 18), f"Mean wait, seconds; dashed: {day.threshold_seconds} s", "soft"
        ),
        gridline(scale, 0, "0"),
        gridline(scale, scale.top, f"{scale.top:g}"),
        rule("marker", (LEFT, in_time), (WIDTH, in_time)),
    ]
    path, pen = [], "M"
    for place, one in enumerate(day.slots):
        middle = LEFT + (place + 0.5) * slot
        if one.start.endswith(":00"):
            parts.append(label((middle, _WAITS[0] + _WAITS[1] + 18), one.start, "tick mid"))
        if one.wait_seconds is None:
            pen = "M"
            continue
        y = scale.at(one.wait_seconds)
        path.append(f"{pen}{middle:.1f} {y:.1f}")
        parts.append(dot("dot", (middle, y), 2.6))
        pen = "L"
    return [*parts, f'<path class="line" d="{" ".join(path)}"/>' if path else ""]


def _seconds(value: float | None) -> str:
    return words.NONE if value is None else words.seconds(value)
