"""Whether the warehouse holds what the books hold, and what a difference means."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What came of a comparison."""

    EQUAL = "equal"
    CATCHING_UP = "catching_up"  # they differ, or may, while the warehouse is still reading
    DIFFERS = "differs"  # once: what is on its way from the books may explain it
    ALARM = "alarm"  # again, with nothing left to read: the warehouse is wrong


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that is counted on both sides."""

    measure: str
    source: int
    warehouse: int

    @property
    def agrees(self) -> bool:
        """Say whether both sides count the same."""
        return self.source == self.warehouse


@dataclass(frozen=True, slots=True)
class Books:
    """Counts and sums of the book of orders, on one side."""

    orders: int
    lines: int
    amounts: Mapping[str, int]  # currency -> minor units, over the orders
    line_amounts: Mapping[str, int]  # the same over their lines


@dataclass(frozen=True, slots=True)
class Calm:
    """Whether the warehouse knew all that there was when it was compared."""

    lag_before: int  # events not read of those that were there at the first look
    lag_after: int  # the same at the second, after the books were read
    same: bool  # its own books did not change in between

    @property
    def settled(self) -> bool:
        """Say whether a difference would be one."""
        return self.lag_before == 0 and self.lag_after == 0 and self.same


def compare(source: Books, warehouse: Books) -> tuple[Measure, ...]:
    """Set both sides beside each other, measure by measure."""
    return (
        Measure("orders", source.orders, warehouse.orders),
        Measure("lines", source.lines, warehouse.lines),
        *_by_currency("amount", source.amounts, warehouse.amounts),
        *_by_currency("line_amount", source.line_amounts, warehouse.line_amounts),
    )


def judge(measures: tuple[Measure, ...], calm: Calm, previous: Verdict | None) -> Verdict:
    """Say what a comparison means, given what the last settled one before it said."""
    if not calm.settled:
        return Verdict.CATCHING_UP
    if all(one.agrees for one in measures):
        return Verdict.EQUAL
    return Verdict.ALARM if previous in {Verdict.DIFFERS, Verdict.ALARM} else Verdict.DIFFERS


def _by_currency(
    measure: str, source: Mapping[str, int], warehouse: Mapping[str, int]
) -> list[Measure]:
    return [
        Measure(f"{measure}.{currency}", source.get(currency, 0), warehouse.get(currency, 0))
        for currency in sorted(source.keys() | warehouse.keys())
    ]
