"""The state of a process survives storage, also that of another version."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum

import pytest

from chassis.steps import Process, Step, freeze, thaw


class Colour(StrEnum):
    RED = "red"


@dataclass
class Trip:
    name: str
    at: datetime | None = None
    price: Decimal = Decimal(0)
    colour: Colour | None = None
    stops: tuple[str, ...] = ()
    notes: dict[str, list[int]] = field(default_factory=dict)


class TestThaw:
    def test_gives_back_what_was_frozen(self):
        trip = Trip(
            "t", datetime(2024, 5, 1, tzinfo=UTC), Decimal("1.10"), Colour.RED, ("a",), {"x": [1]}
        )

        thawed = thaw(Trip, freeze(trip))

        assert thawed == trip
        assert thawed.colour is Colour.RED

    def test_fills_in_what_an_older_version_did_not_store(self):
        assert thaw(Trip, '{"name": "t"}') == Trip("t")

    def test_passes_over_what_a_newer_version_has_stored(self):
        assert thaw(Trip, '{"name": "t", "future": 1}') == Trip("t")


@pytest.mark.parametrize("names", [[], ["a", "a"]])
def test_a_process_needs_steps_that_can_be_told_apart(names):
    steps = tuple(Step(name, lambda work, state: None) for name in names)

    with pytest.raises(ValueError, match="different names"):
        Process("k", Trip, steps, key=str, answer=str, begin=Trip)
