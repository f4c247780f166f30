"""What every drawing is made of: a frame, labels, a scale, bars over time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from demo.report import words

WIDTH: Final = 960
LEFT: Final = 52  # room for the axis
_NICE: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
_TICKS: Final = 4


@dataclass(frozen=True, slots=True)
class Scale:
    """Where values stand between a lower and an upper end."""

    top: float  # the value at the upper end
    y: float  # where the upper end is drawn
    height: float

    def at(self, value: float) -> float:
        """Place a value."""
        return self.y + self.height * (1 - value / self.top)


@dataclass(frozen=True, slots=True)
class Bar:
    """An amount of one stretch of time."""

    year: str
    mark: str  # under the bar
    amount_minor: int
    told: str


def over_time(
    bars: Sequence[Bar], heads: dict[str, str], currency: str, *, told: tuple[str, str]
) -> str:
    """Draw a bar for each stretch of time, each year under its head; ``told``: title, summary."""
    step, top = ticks(max(bar.amount_minor for bar in bars))
    scale = Scale(top, 46, 214)
    slot = (WIDTH - LEFT) / len(bars)
    parts = list(_grid(scale, step, currency))
    for year, group in groupby(enumerate(bars), key=lambda pair: pair[1].year):
        first = next(group)[0]
        parts += _year(LEFT + first * slot, (year, heads[year]), ruled=first > 0)
    parts += [_bar(LEFT + i * slot, bar, slot, scale=scale) for i, bar in enumerate(bars)]
    return svg(300, *told, parts=parts)


def _year(left: float, head: tuple[str, str], *, ruled: bool) -> list[str]:
    return [
        rule("year", (left, 4), (left, 286)) if ruled else "",
        label((left + 8, 16), head[0], "head"),
        label((left + 8, 33), head[1], "soft"),
    ]


def _bar(left: float, one: Bar, slot: float, *, scale: Scale) -> str:
    y = scale.at(one.amount_minor)
    height = max(scale.at(0) - y, 0.5)
    bar = box("bar", (left + slot * 0.14, y), (slot * 0.72, height))
    mark = label((left + slot / 2, scale.at(0) + 17), one.mark, "tick mid")
    return told_of(one.told, bar, mark)


def _grid(scale: Scale, step: float, currency: str) -> Iterator[str]:
    value = 0.0
    while value <= scale.top + step / 2:
        yield gridline(scale, value, words.brief_money(round(value), currency))
        value += step


def gridline(scale: Scale, value: float, name: str) -> str:
    """Draw a line across at a value, with its name at the axis."""
    y = scale.at(value)
    kind = "base" if value == 0 else "grid"
    return rule(kind, (LEFT, y), (WIDTH, y)) + label((LEFT - 8, y + 4), name, "tick end")


def ticks(highest: float) -> tuple[float, float]:
    """Return a round step, and the multiple of it that is not below the highest value."""
    rough = max(highest, 1) / _TICKS
    power = 10.0 ** (len(str(int(rough))) - 1)
    step = next(nice * power for nice in _NICE if nice * power >= rough)
    steps = int(-(-highest // step))
    return step, step * max(steps, 1)


def label(at: tuple[float, float], value: str, kind: str) -> str:
    """Write a text into a drawing."""
    x, y = at
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{words.text(value)}</text>'


def box(kind: str, at: tuple[float, float], size: tuple[float, float]) -> str:
    """Draw a rectangle from its upper left corner."""
    return (
        f'<rect class="{kind}" x="{at[0]:.1f}" y="{at[1]:.1f}" rx="2" width="{size[0]:.1f}"'
        f' height="{size[1]:.1f}"/>'
    )


def rule(kind: str, start: tuple[float, float], end: tuple[float, float]) -> str:
    """Draw a straight line."""
    return (
        f'<line class="{kind}" x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}"'
        f' y2="{end[1]:.1f}"/>'
    )


def dot(kind: str, at: tuple[float, float], radius: float) -> str:
    """Draw a circle."""
    return f'<circle class="{kind}" cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="{radius:g}"/>'


def told_of(told: str, *parts: str) -> str:
    """Say of some parts what they show, to whoever points at them."""
    return f"<g><title>{words.text(told)}</title>{''.join(parts)}</g>"


def svg(height: int, title: str, told: str, *, parts: Iterable[str]) -> str:
    """Frame a drawing; ``told`` is for those who cannot see it."""
    name = words.text(f"{title}. {told}")
    return (
        f'<div class="scroll"><svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{name}">'
        f"{''.join(parts)}</svg></div>"
    )
