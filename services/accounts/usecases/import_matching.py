"""Whom the rows of a file are of: somebody known before, or an earlier row of the same file."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.accounts.domain import matching
from services.accounts.domain.matching import Profile
from services.accounts.reads.matching import Known
from services.accounts.tables import Customer


@dataclass(slots=True)
class People:
    """Who is known of a chunk's rows by the keys that make it certain (domain/matching.py)."""

    known: Known
    earlier: dict[str, Customer | None]  # key -> whom an earlier row became; None: a new one

    def certainly(
        self, keys: Iterable[tuple[str, str]], given: Profile
    ) -> tuple[str | None, Customer | None]:
        """Return which column says that a row is of somebody known, and of whom."""
        told = list(keys)
        candidates = self.known.sharing(key for _, key in told)
        if candidates:
            best = matching.rank(given, candidates)[0]
            return matching.column_of(best.reasons), self.known.customers[best.customer_id]
        column = next((column for column, key in told if key in self.earlier), None)
        became = (self.earlier[key] for _, key in told if self.earlier.get(key))
        return column, next(became, None)

    def is_taken(self, key: str, by_another_than: Customer) -> bool:
        """Say whether a key is somebody else's."""
        others = {one.customer_id for one in self.known.sharing([key])} - {by_another_than.id}
        return bool(others) or self.earlier.get(key, by_another_than) is not by_another_than

    def remember(self, keys: Iterable[str], became: Customer | None) -> None:
        """Let later rows find this one."""
        for key in keys:
            self.earlier.setdefault(key, became)
