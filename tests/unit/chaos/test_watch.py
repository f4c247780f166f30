"""When a house counts as settled: nothing waits, and nothing has for a while."""

from types import SimpleNamespace

import pytest

from chaos import watch
from chaos.watch import await_quiet, under_way
from deploy.local.machine import CannotRun
from deploy.local.management import QueueState


class TestQuiet:
    def test_is_more_than_one_look_that_finds_nothing(self):
        looks = iter([["the outbox of sales: 1"], [], ["sales.customers.q1 holds 1"], [], []])

        await_quiet(lambda: next(looks, []), seconds=30, quiet_seconds=1.0)

        assert list(looks) == []

    def test_names_what_does_not_end(self):
        with pytest.raises(CannotRun, match=r"not settled after 0 s: sales\.customers\.q1 holds 1"):
            await_quiet(lambda: ["sales.customers.q1 holds 1"], seconds=0)


class TestUnderWay:
    def test_sees_what_is_relayed_between_its_looks(self, monkeypatch):
        outbox, queue = [1], []

        def rows(service, query):
            return [{"n": len(outbox) if "outbox" in query else 0}] if "count" in query else []

        def queues(uri):
            seen = len(queue)
            queue.extend(outbox)  # the relay: once somebody has looked
            outbox.clear()
            return [QueueState("sales.customers.q1", "quorum", seen, 0, 0, 1, is_running=True)]

        monkeypatch.setattr(watch.management, "queues", queues)
        broker = SimpleNamespace(management_uri="http://127.0.0.1:1")
        house = SimpleNamespace(databases={"accounts": "sqlite://"}, broker=broker, places={})

        found = under_way(SimpleNamespace(house=house, rows=rows))

        assert found == ["the outbox of accounts: 1"]

    def test_sees_what_a_retry_tier_cannot_give_back_yet(self, monkeypatch):
        tier = QueueState("sales.retry.1", "quorum", 0, 0, 4, 0, is_running=True)
        monkeypatch.setattr(watch.management, "queues", lambda _: [tier])
        broker = SimpleNamespace(management_uri="http://127.0.0.1:1")
        house = SimpleNamespace(databases={"sales": "sqlite://"}, broker=broker, places={})

        def rows(service, query):
            return [{"n": 0}] if "count" in query else []

        assert under_way(SimpleNamespace(house=house, rows=rows)) == ["sales.retry.1 holds 4"]
