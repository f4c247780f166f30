"""Customers that became one are one in every report, as it was known at its instant."""

from datetime import UTC, datetime

import pytest

from contracts.accounts import CustomerMerged, CustomerUnmerged
from tests.support.analytics import LONG_AGO, NOW, a_customer, an_order

YEAR = {"period_start": "2017-01-01", "period_end": "2018-01-01"}
JULY, AUGUST, SEPTEMBER = (datetime(2017, month, 1, tzinfo=UTC) for month in (7, 8, 9))


def _merged(merge_id, winner, *losers):
    return CustomerMerged(merge_id=merge_id, task_id=merge_id, winner_id=winner, losers=losers)


def _undone(merge_id, winner, *losers):
    return CustomerUnmerged(merge_id=merge_id, task_id="-", winner_id=winner, losers=losers)


def _spent(answer):
    return {one["customer_id"]: one["spend_minor"] for one in answer["items"]}


class TestTheWarehouse:
    """Merged records keep showing (pain point 4): not here, whatever the facts were told with."""

    @pytest.fixture
    def chain(self, warehouse):
        """Three customers: a became b in July, b became c in August; what b was is late."""
        warehouse.tell(*map(a_customer, ("a", "b", "c")), at=LONG_AGO)
        orders = (an_order("o1", "a", 100), an_order("o2", "b", 20), an_order("o3", "c", 3))
        warehouse.tell(*orders, at=LONG_AGO)
        warehouse.tell(_merged("m1", "b", "a"), at=JULY)
        warehouse.tell(_merged("m2", "c", "b"), at=AUGUST)
        return warehouse

    def test_ranks_who_became_one_as_one(self, chain):
        answer = chain.ask("pyramid", as_of=NOW, limit=10, **YEAR)

        assert (_spent(answer), answer["population"]) == ({"c": 123}, 1)

    def test_knows_what_was_known_before(self, chain):
        before = datetime(2017, 6, 30, tzinfo=UTC)

        early = chain.ask("pyramid", as_of=before, limit=10, **YEAR)
        between = chain.ask("pyramid", as_of=JULY, limit=10, **YEAR)

        assert _spent(early) == {"a": 100, "b": 20, "c": 3}
        assert _spent(between) == {"b": 120, "c": 3}

    def test_takes_apart_what_was_undone(self, chain):
        chain.tell(_undone("m2", "c", "b"), at=SEPTEMBER)

        answer = chain.ask("pyramid", as_of=NOW, limit=10, **YEAR)

        assert _spent(answer) == {"b": 120, "c": 3}

    def test_scores_recency_and_frequency_as_one(self, chain):
        answer = chain.ask("rfm", as_of=NOW, limit=10, **YEAR)

        assert [(one["customer_id"], one["frequency"]) for one in answer["items"]] == [("c", 3)]
