"""Customers that became one are one in every report, as it was known at its instant."""

from datetime import UTC, datetime

import pytest

from contracts.accounts import CustomerMerged, CustomerUnmerged
from tests.support.analytics import LONG_AGO, NOW, Told, Warehouse, a_customer, an_order
from tests.support.reports import JUNE, MORNING, a_call, answered, responded, settled

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


class TestReports:
    """Merged records keep showing (pain point 4): who became one is counted as one, however told."""

    @pytest.fixture
    def pair(self, warehouse):
        """Two customers with a call, an answer, a message and a response each, and somebody else."""
        warehouse.tell(*(one for id_ in "abz" for one in _told_of(id_)), at=MORNING)
        return warehouse

    def test_two_are_counted_as_two(self, pair):
        assert _customers(pair) == [3, 3, 3, 3, 3]

    def test_who_became_one_is_counted_as_one(self, pair):
        pair.tell(_merged("m1", "b", "a"), at=JULY)

        assert _customers(pair) == [2, 2, 2, 2, 2]

    def test_nothing_but_customers_is_counted_less(self, pair):
        before = _records(pair)

        pair.tell(_merged("m1", "b", "a"), at=JULY)

        assert _records(pair) == before == [3, 3, 3, 3]

    def test_as_it_was_known_then(self, pair):
        pair.tell(_merged("m1", "b", "a"), at=JULY)
        pair.tell(_merged("m2", "z", "b"), at=AUGUST)

        known = [_customers(pair, at) for at in (MORNING, JULY, AUGUST)]

        assert known == [[3] * 5, [2] * 5, [1] * 5]

    def test_undone_they_are_two_again(self, pair):
        pair.tell(_merged("m1", "b", "a"), at=JULY)
        pair.tell(_undone("m1", "b", "a"), at=AUGUST)

        assert _customers(pair) == [3, 3, 3, 3, 3]

    def test_whom_nobody_knows_is_no_customer(self, pair):
        pair.tell(_merged("m1", "b", "a"), at=JULY)
        pair.tell(a_call("nobody", MORNING), at=MORNING)

        call = pair.ask("calls", as_of=NOW, day="2017-06-01")["total"]

        assert (call["offered"], call["customers"]) == (4, 2)

    def test_in_whatever_order_it_was_told_it_is_the_same(self):
        events = [
            Told(one, MORNING, number)
            for number, one in enumerate((one for id_ in "abz" for one in _told_of(id_)), 1)
        ]
        events += [
            Told(_merged("m1", "b", "a"), JULY, 90), Told(_merged("m2", "z", "b"), AUGUST, 91),
            Told(_undone("m2", "z", "b"), SEPTEMBER, 92),
        ]  # fmt: skip
        forth, back = Warehouse(), Warehouse()

        forth.hear(*events)
        back.hear(*reversed(events))

        assert _customers(forth) == _customers(back) == [2, 2, 2, 2, 2]


def _told_of(id_):
    """Return what is told of a customer: everything that a report counts customers of."""
    return (
        a_call(f"call-{id_}", MORNING, customer_id=id_),
        answered(f"survey-{id_}", {"speed": 8}, {"speed": 6}, customer_id=id_),
        settled(f"send-{id_}", "sent", customer_id=id_),
        responded(f"response-{id_}", id_, "asked"),
    )


def _reports(warehouse, as_of):
    (campaign,) = warehouse.ask("campaigns", as_of=as_of, **JUNE)["campaigns"]
    satisfaction = warehouse.ask("satisfaction", as_of=as_of, moment="post_sale", **JUNE)
    return warehouse.ask("calls", as_of=as_of, day="2017-06-01")["total"], satisfaction, campaign


def _customers(warehouse, as_of=NOW):
    """Return how many customers each report counts: called, answered, were sent to, responded."""
    calls, satisfaction, campaign = _reports(warehouse, as_of)
    (sent,), (asked,) = campaign["fates"], campaign["responses"]
    told = (calls, satisfaction["total"], sent, asked)
    return [one["customers"] for one in told] + [campaign["responders"]]


def _records(warehouse):
    calls, satisfaction, campaign = _reports(warehouse, NOW)
    (asked,) = campaign["responses"]
    return [calls["offered"], satisfaction["surveys"], campaign["messages"], asked["responses"]]
