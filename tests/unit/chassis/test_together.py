"""Those who wait share one run; one that fails fails alone."""

import eventlet
import pytest

from chassis.errors import Invalid
from chassis.together import MOST, Together


class Book:
    """What was run together, and what was kept; an item named bad refuses."""

    def __init__(self):
        self.runs, self.kept = [], []

    def run(self, items):
        self.runs.append(list(items))
        if "bad" in items:
            raise Invalid("No.")
        self.kept += items
        return [f"{item} done" for item in items]


@pytest.fixture
def book():
    return Book()


def applied(book, items):
    together = Together("test", book.run)

    def one(item):
        try:
            return together.apply(item)
        except Invalid as refused:
            return refused.code

    waiting = [eventlet.spawn(one, item) for item in items]
    return [thread.wait() for thread in waiting]


class TestTogether:
    def test_runs_those_who_wait_at_once(self, book):
        assert applied(book, ["a", "b", "c"]) == ["a done", "b done", "c done"]
        assert book.runs == [["a", "b", "c"]]

    def test_runs_each_alone_when_one_fails(self, book):
        assert applied(book, ["a", "bad", "c"]) == ["a done", "invalid", "c done"]
        assert book.runs == [["a", "bad", "c"], ["a"], ["bad"], ["c"]]
        assert book.kept == ["a", "c"]

    def test_takes_only_so_many_at_once(self, book):
        items = [str(number) for number in range(MOST + 3)]

        assert applied(book, items) == [f"{item} done" for item in items]
        assert [len(run) for run in book.runs] == [MOST, 3]

    def test_goes_on_with_whoever_comes_later(self, book):
        together = Together("test", book.run)

        assert eventlet.spawn(together.apply, "a").wait() == "a done"
        assert eventlet.spawn(together.apply, "b").wait() == "b done"
