"""The drawings of the main flow: inline SVG that takes its colours from the style sheet."""

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from demo.report import words
from demo.report.drawing import WIDTH, Bar, Scale, label, over_time, svg
from demo.result import Bucket, Latency, Month, Step

_INITIALS: Final = "JFMAMJJASOND"


def orders_over_time(months: Sequence[Month], currency: str) -> str:
    """Draw a bar per month, by amount, with the sum and the orders of each year."""
    if not months:
        return ""
    bars = [
        Bar(
            month.month[:4],
            _INITIALS[int(month.month[5:7]) - 1],
            month.amount_minor,
            f"{month.month}: {words.money(month.amount_minor, currency)},"
            f" {words.count(month.orders)} orders",
        )
        for month in months
    ]
    heads = {
        year: _year(list(group), currency)
        for year, group in groupby(months, key=lambda month: month.month[:4])
    }
    told = ("Ordered amount per month", _told(months, currency))
    return over_time(bars, heads, currency, told=told)


def _year(months: Sequence[Month], currency: str) -> str:
    total = words.money(sum(month.amount_minor for month in months), currency)
    return f"{total} · {words.count(sum(month.orders for month in months))} orders"


def _told(months: Sequence[Month], currency: str) -> str:
    best = max(months, key=lambda month: month.amount_minor)
    total = words.money(sum(month.amount_minor for month in months), currency)
    return (
        f"{len(months)} months from {months[0].month} to {months[-1].month}, {total} in all;"
        f" the strongest is {best.month} with {words.money(best.amount_minor, currency)}."
    )


def histogram(latency: Latency) -> str:
    """Draw how many took how long, with the median and the 99th percentile."""
    buckets = latency.buckets
    if not buckets:
        return ""
    scale = Scale(max(1, *(bucket.count for bucket in buckets)), 46, 150)
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
    return svg(222, latency.title, told, parts=parts)


def _bucket(place: int, buckets: Sequence[Bucket], slot: float, *, scale: Scale) -> str:
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
    figure = label((middle, y - 5), words.count(bucket.count), "tick mid") if bucket.count else ""
    return f"<g>{bar}{figure}{label((middle, 214), name, 'tick mid')}</g>"


def _bound(milliseconds: float) -> str:
    return f"{milliseconds:g} ms" if milliseconds < 1000 else f"{milliseconds / 1000:g} s"


def _marker(name: str, value: float, buckets: Sequence[Bucket], *, y: float) -> list[str]:
    x = min(_place(value, buckets) * WIDTH / len(buckets), WIDTH - 1)
    kind, at = ("mark end", x - 7) if x > WIDTH * 0.7 else ("mark", x + 7)
    return [
        f'<line class="marker" x1="{x:.1f}" x2="{x:.1f}" y1="{y - 11}" y2="196"/>',
        label((at, y), f"{name} {words.milliseconds(value)}", kind),
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
    return svg(22, "Where the time went", told, parts=parts)
