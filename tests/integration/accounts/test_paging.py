"""Pages while three others write: whoever was there before and stays is met once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chassis.ids import new_id
from tests.support.accounts import Desk, a_customer
from tests.support.waiting import eventually

STABLE, WRITTEN = 40, 12  # customers: who stays, and what each of the others enters
PAGE = 5


@pytest.fixture
def stable(desk: Desk) -> set[str]:
    """Customers whom nobody touches while the lists are read."""
    names = [f"Stable {n:02} {new_id()}" for n in range(STABLE)]
    return {str(a_customer(desk, name=name)["customer_id"]) for name in names}


class Others:
    """Three who enter and rename customers in front of and behind whoever reads."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.written, self.failed = desk, 0, 0
        self._threads = [threading.Thread(target=self._write, args=(n,)) for n in range(3)]

    def _write(self, number: int) -> None:
        self.failed += 1
        for _ in range(WRITTEN):
            first, then = "AMZ"[number], "ZAM"[number]
            made = a_customer(self.desk, name=f"{first} Stable {new_id()}")
            self.desk.ask(
                "update_customer", customer_id=made["customer_id"], version=1,
                changes={"name": f"{then} Stable {new_id()}"},
            )  # fmt: skip
            self.written += 1
        self.failed -= 1

    def are_done(self) -> bool:
        """Say whether nobody writes any more."""
        return not any(thread.is_alive() for thread in self._threads)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Let them write meanwhile."""
        for thread in self._threads:
            thread.start()
        yield
        for thread in self._threads:
            thread.join(60)

    def move_on(self) -> None:
        """Wait until one of them has written once more."""
        before = self.written
        eventually(lambda: self.written > before or self.are_done())


def read(others: Others, method: str, cursor: str, asked: dict[str, Any]) -> list[str]:
    """Read a list to its end, each page after others have written; return the ids in order."""
    seen: list[str] = []
    place = None
    for _ in range(2 * (STABLE + 3 * WRITTEN) // PAGE):
        others.move_on()
        page = others.desk.ask(method, limit=PAGE, **asked, **{cursor: place})
        seen += [one.get("customer_id") or one["id"] for one in page["items"]]
        place = page["next"]
        if place is None:
            return seen
    raise AssertionError("the list has no end")


class TestPainPoint13Paging:
    """API paging misses or repeats records (pain point 13)."""

    @pytest.mark.parametrize(
        ("method", "cursor", "asked"),
        [
            ("find_records", "after", {"kind": "customer", "sort": "name"}),
            ("find_records", "after", {"kind": "customer", "sort": "number", "descending": True}),
            ("find_records", "after", {"kind": "customer", "sort": "created_at"}),
            ("search_customers", "after", {"text": "stable"}),
            ("customers_changed_since", "cursor", {}),
        ],
        ids=str,
    )
    def test_each_stable_customer_comes_once(
        self, desk: Desk, stable: set[str], method: str, cursor: str, asked: dict[str, Any]
    ) -> None:
        others = Others(desk)
        with others.at_work():
            seen = read(others, method, cursor, asked)

        met = [id_ for id_ in seen if id_ in stable]
        assert (len(met), set(met)) == (STABLE, stable)
        assert (others.written, others.failed) == (3 * WRITTEN, 0)
