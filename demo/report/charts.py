"""The drawings of the page: inline SVG that takes its colours from the style sheet."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from demo.report import words
from demo.result import Bucket, Latency, Month, Step

WIDTH: Final = 960
_LEFT: Final = 52  # room for the axis
_NICE: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
_TICKS: Final = 4
_INITIALS: Final = "JFMAMJJASOND"


@dataclass(frozen=True, slots=True)
class _Scale:
    top: float  # the value at the upper end
    y: float  # where the upper end is drawn
    height: float

    def at(self, value: float) -> float:
        """Place a value."""
        return self.y + self.height * (1 - value / self.top)


def orders_over_time(months: Sequence[Month], currency: str) -> str:
    """Draw a bar per month, by amount, with the sum and the orders of each year."""
    if not months:
        return ""
    step, top = _ticks(max(month.amount_minor for month in months))
    scale = _Scale(top, 46, 214)
    slot = (WIDTH - _LEFT) / len(months)
    parts = list(_grid(scale, step, currency))
    for year, group in groupby(enumerate(months), key=lambda pair: pair[1].month[:4]):
        parts += _year(year, list(group), slot=slot, currency=currency)
    parts += [
        _month(i, month, slot=slot, scale=scale, currency=currency)
        for i, month in enumerate(months)
    ]
    return _svg(300, "Ordered amount per month", _told(months, currency), parts=parts)


def _year(
    year: str, group: Sequence[tuple[int, Month]], *, slot: float, currency: str
) -> list[str]:
    left = _LEFT + group[0][0] * slot
    total = words.money(sum(month.amount_minor for _, month in group), currency)
    orders = words.count(sum(month.orders for _, month in group))
    rule = f'<line class="year" x1="{left:.1f}" x2="{left:.1f}" y1="4" y2="286"/>'
    return [
        rule if group[0][0] else "",
        _label((left + 8, 16), year, "head"),
        _label((left + 8, 33), f"{total} · {orders} orders", "soft"),
    ]


def _month(place: int, month: Month, *, slot: float, scale: _Scale, currency: str) -> str:
    left = _LEFT + place * slot
    y = scale.at(month.amount_minor)
    initial = _INITIALS[int(month.month[5:7]) - 1]
    told = (
        f"{month.month}: {words.money(month.amount_minor, currency)},"
        f" {words.count(month.orders)} orders"
    )
    bar = (
        f'<rect class="bar" x="{left + slot * 0.14:.1f}" y="{y:.1f}" rx="1.5"'
        f' width="{slot * 0.72:.1f}" height="{max(scale.at(0) - y, 0.5):.1f}"/>'
    )
    mark = _label((left + slot / 2, scale.at(0) + 17), initial, "tick mid")
    return f"<g><title>{words.text(told)}</title>{bar}{mark}</g>"


def _told(months: Sequence[Month], currency: str) -> str:
    best = max(months, key=lambda month: month.amount_minor)
    total = words.money(sum(month.amount_minor for month in months), currency)
    return (
        f"{len(months)} months from {months[0].month} to {months[-1].month}, {total} in all;"
        f" the strongest is {best.month} with {words.money(best.amount_minor, currency)}."
    )


def _grid(scale: _Scale, step: float, currency: str) -> Iterator[str]:
    value = 0.0
    while value <= scale.top + step / 2:
        y = scale.at(value)
        kind = "base" if value == 0 else "grid"
        yield f'<line class="{kind}" x1="{_LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield _label((_LEFT - 8, y + 4), words.brief_money(round(value), currency), "tick end")
        value += step


def _ticks(highest: float) -> tuple[float, float]:
    rough = max(highest, 1) / _TICKS
    power = 10.0 ** (len(str(int(rough))) - 1)
    step = next(nice * power for nice in _NICE if nice * power >= rough)
    steps = int(-(-highest // step))
    return step, step * max(steps, 1)


def histogram(latency: Latency) -> str:
    """Draw how many took how long, with the median and the 99th percentile."""
    buckets = latency.buckets
    if not buckets:
        return ""
    scale = _Scale(max(1, *(bucket.count for bucket in buckets)), 46, 150)
    slot = WIDTH / len(buckets)
    parts = [_bucket(i, buckets, slot, scale=scale) for i in range(len(buckets))]
    parts.append(f'<line class="base" x1="0" x2="{WIDTH}" y1="196" y2="196"/>')
    parts += _marker("median", latency.p50_ms, buckets, y=14)
    parts += _marker("99 %", latency.p99_ms, buckets, y=34)
    told = (
        f"{words.count(latency.count)} measured: half within"
        f" {words.milliseconds(latency.p50_ms)}, 99 of 100 within"
        f" {words.milliseconds(latency.p99_ms)}, the slowest {words.milliseconds(latency.max_ms)}."
    )
    return _svg(222, latency.title, told, parts=parts)


def _bucket(place: int, buckets: Sequence[Bucket], slot: float, *, scale: _Scale) -> str:
    bucket = buckets[place]
    left, y = place * slot, scale.at(bucket.count)
    bound = bucket.upto_ms
    if bound is None:
        name = f"> {_bound(buckets[place - 1].upto_ms or 0)}" if place else "all"
    else:
        name = f"≤ {_bound(bound)}"
    bar = (
        f'<rect class="bar calm" x="{left + 3:.1f}" y="{y:.1f}" rx="2"'
        f' width="{slot - 6:.1f}" height="{scale.at(0) - y:.1f}"/>'
    )
    middle = left + slot / 2
    figure = _label((middle, y - 5), words.count(bucket.count), "tick mid") if bucket.count else ""
    return f"<g>{bar}{figure}{_label((middle, 214), name, 'tick mid')}</g>"


def _bound(milliseconds: float) -> str:
    return f"{milliseconds:g} ms" if milliseconds < 1000 else f"{milliseconds / 1000:g} s"


def _marker(name: str, value: float, buckets: Sequence[Bucket], *, y: float) -> list[str]:
    x = min(_place(value, buckets) * WIDTH / len(buckets), WIDTH - 1)
    kind, at = ("mark end", x - 7) if x > WIDTH * 0.7 else ("mark", x + 7)
    return [
        f'<line class="marker" x1="{x:.1f}" x2="{x:.1f}" y1="{y - 11}" y2="196"/>',
        _label((at, y), f"{name} {words.milliseconds(value)}", kind),
    ]


def _place(value: float, buckets: Sequence[Bucket]) -> float:
    lower = 0.0
    for place, bucket in enumerate(buckets):
        if bucket.upto_ms is None:
            return place + 0.5
        if value <= bucket.upto_ms:
            return place + (value - lower) / (bucket.upto_ms - lower)
        lower = bucket.upto_ms
    return len(buckets)


def time_spent(steps: Sequence[Step]) -> str:
    """Draw one band of all steps, as wide as they were long."""
    if not steps:
        return ""
    total = sum(step.seconds for step in steps) or 1
    left, parts = 0.0, []
    for place, step in enumerate(steps):
        width = WIDTH * step.seconds / total
        told = words.text(f"{step.title}: {words.seconds(step.seconds)}")
        parts.append(
            f'<rect class="band b{place % 6}" x="{left:.1f}" y="0" height="22"'
            f' width="{max(width - 2, 0.8):.1f}" rx="2"><title>{told}</title></rect>'
        )
        left += width
    told = "; ".join(f"{step.title} {words.seconds(step.seconds)}" for step in steps)
    return _svg(22, "Where the time went", told, parts=parts)


def _label(at: tuple[float, float], value: str, kind: str) -> str:
    x, y = at
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{words.text(value)}</text>'


def _svg(height: int, title: str, told: str, *, parts: Iterable[str]) -> str:
    name = words.text(f"{title}. {told}")
    return (
        f'<div class="scroll"><svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{name}">'
        f"{''.join(parts)}</svg></div>"
    )
