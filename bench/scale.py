"""How much is measured: the full form, or the quick one that only shows that it works."""

from dataclasses import dataclass

QUICK = 20  # times less


@dataclass(frozen=True, slots=True)
class Scale:
    """Rounds, and how much is done in each."""

    rounds: int
    quick: bool

    def of(self, count: int, *, step: int = 1) -> int:
        """Return how many of something; a multiple of ``step``."""
        wanted = max(count // QUICK, 10) if self.quick else count
        return max(wanted // step, 1) * step
