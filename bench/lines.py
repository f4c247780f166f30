"""What was measured: one line per figure, with the bar that it has to hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What a figure is held against."""

    value: float
    at_most: bool = False  # else at least
    goal: float | None = None  # wished for, not demanded

    def held_by(self, value: float) -> bool:
        """Say whether a figure is on the right side."""
        return value <= self.value if self.at_most else value >= self.value

    def __str__(self) -> str:
        sign = "<=" if self.at_most else ">="
        goal = f" (goal {self.goal:g})" if self.goal else ""
        return f"{sign} {self.value:g}{goal}"


@dataclass(frozen=True, slots=True)
class Line:
    """One figure; ``rounds`` are those that it is the median of."""

    name: str
    value: float
    unit: str = "x"
    bar: Bar | None = None
    rounds: tuple[float, ...] = ()

    @property
    def held(self) -> bool | None:
        """Say whether the bar is held; None without a bar."""
        return self.bar.held_by(self.value) if self.bar else None

    def row(self) -> dict[str, object]:
        """Return it as JSON has it."""
        bar = None
        if self.bar:
            bar = {
                "value": self.bar.value,
                "at_most": self.bar.at_most,
                "goal": self.bar.goal,
                "held": self.held,
            }
        rounds = [round(one, 4) for one in self.rounds]
        return {
            "name": self.name,
            "value": round(self.value, 4),
            "unit": self.unit,
            "bar": bar,
            "rounds": rounds,
        }


def median_of(name: str, rounds: Sequence[float], unit: str) -> Line:
    """Return the median of what was measured in each round."""
    return Line(name, median(rounds), unit, None, tuple(rounds))


def rate(name: str, rates: Sequence[float]) -> Line:
    """Return the median of what was done in a second."""
    return median_of(name, rates, "/s")


def ratio(
    name: str, ours: Sequence[float], theirs: Sequence[float], bar: Bar | None = None
) -> Line:
    """Return the median of the ratios of each round: what disturbs a round disturbs both sides."""
    rounds = tuple(one / other for one, other in zip(ours, theirs, strict=True))
    return Line(name, median(rounds), "x", bar, rounds)


def table(section: str, lines: Sequence[Line]) -> str:
    """Write a section as a person reads it."""
    rows = [f"{section:<60}{'median':>12}  {'rounds':<15}  bar"]
    for line in lines:
        value = f"{line.value:,.2f}" if line.unit == "x" else f"{line.value:,.1f}"
        spread = ""
        if len(line.rounds) > 1:
            low, high = min(line.rounds), max(line.rounds)
            spread = f"{low:.2f}-{high:.2f}" if line.unit == "x" else f"{low:,.0f}-{high:,.0f}"
        verdict = ""
        if line.bar:
            verdict = f"{line.bar}  {'held' if line.held else 'MISSED'}"
        rows.append(f"  {line.name:<58}{value:>9} {line.unit:<3} {spread:<15}  {verdict}".rstrip())
    return "\n".join(rows)
