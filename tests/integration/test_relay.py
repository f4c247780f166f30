"""The outbox relay on both databases and a real broker: nothing lost, order kept, whoever dies."""

import json
import signal
import time

import pika
import pytest
from sqlalchemy import insert

from chaos.alarms import short_of_memory
from chaos.lines import Line, through
from chassis.database import Database
from chassis.envelope import Envelope
from chassis.tables import OUTBOX
from tests.conftest import ONE_KIND
from tests.support.machines import machines
from tests.support.outboxes import (
    EXCHANGE,
    TYPE,
    a_database,
    all_ids,
    commit_events,
    depth,
    event_row,
    listen,
    make_listener,
    make_log,
    pending,
    uri,
    written_down,
)
from tests.support.waiting import eventually, stays

__all__ = ["machines", "uri"]  # fixtures


@pytest.fixture
def slow(uri):
    """A way to the broker on which thousands of events take seconds: time to die in the middle."""
    line = Line(pika.URLParameters(uri).port)
    line.limp(lambda: 0.05)
    yield through(uri, line)
    line.close()


@pytest.fixture
def database(database_url):
    database = a_database(database_url)
    yield database
    database.close()


class TestRelay:
    def test_sends_what_any_client_can_read(self, database, uri, machines, database_url):
        commit_events(database, 0, 3, body="größer 客户")

        machines(database_url, uri)
        eventually(lambda: pending(database) == 0)

        heard = listen(uri)
        assert heard.ids == ["e0", "e1", "e2"]
        method, properties, body = heard.messages[1]
        assert (method.exchange, method.routing_key) == (EXCHANGE, TYPE)
        assert json.loads(body) == {"n": 1, "text": "größer 客户"}
        assert (properties.content_type, properties.content_encoding) == (
            "application/json",
            "utf-8",
        )
        assert (properties.delivery_mode, properties.type, properties.app_id) == (2, TYPE, "sales")
        assert abs(properties.timestamp - time.time()) < 60
        assert Envelope.of(properties.headers).subject == "s1"

    def test_sends_bodies_of_every_size(self, database, uri, machines, database_url):
        sizes = [0, 1, 131_000, 131_063, 131_064, 131_065, 131_072, 600_000]
        for number, size in enumerate(sizes):
            commit_events(database, number, 1, body="x" * size)

        machines(database_url, uri)
        eventually(lambda: pending(database) == 0)

        heard = listen(uri)
        assert [len(json.loads(body)["text"]) for _, _, body in heard.messages] == sizes

    def test_keeps_the_order_of_a_large_backlog(self, database, uri, machines, database_url):
        commit_events(database, 0, 5000)

        machines(database_url, uri)
        eventually(lambda: pending(database) == 0)

        assert listen(uri).ids == [f"e{number}" for number in range(5000)]

    def test_sends_what_was_committed_on_its_way_out(self, database, uri, machines, database_url):
        machine = machines(database_url, uri)
        machine.wait_leads()
        commit_events(database, 0, 500)

        code = machine.kill(signal.SIGTERM)

        assert (code, pending(database)) == (0, 0)
        assert set(listen(uri).ids) == all_ids(500)

    def test_keeps_what_the_broker_does_not_take(self, database, broker, machines, database_url):
        full = {"x-queue-type": "classic", "x-max-length": 10, "x-overflow": "reject-publish"}
        make_listener(broker.amqp_uri, full)
        commit_events(database, 0, 30)

        machines(database_url, broker.amqp_uri)
        eventually(lambda: pending(database) <= 20)
        stays(lambda: pending(database) > 0, seconds=1.5)

        heard = set()
        while pending(database):
            heard |= set(listen(broker.amqp_uri).ids)
        heard |= set(listen(broker.amqp_uri).ids)
        assert heard == all_ids(30)


@ONE_KIND
class TestDeath:
    def test_killed_in_the_middle_again_and_again_it_loses_nothing(
        self, database, uri, slow, machines, database_url
    ):
        count, deaths = 8_000, 0
        commit_events(database, 0, count)
        before = count

        while pending(database) and deaths < 4:
            machine = machines(database_url, slow)
            eventually(lambda before=before: pending(database) < before)
            machine.kill()
            before = pending(database)
            deaths += 1
        machines(database_url, uri)
        eventually(lambda: pending(database) == 0)

        heard = listen(uri)
        assert deaths >= 3
        assert set(heard.ids) == all_ids(count)
        assert heard.firsts_out_of_order() == 0

    def test_two_at_once_lose_nothing(self, database, uri, machines, database_url):
        commit_events(database, 0, 2000)

        for _ in range(2):
            machines(database_url, uri, alone=True)
        for start in range(2000, 6000, 100):
            commit_events(database, start, 100)
        eventually(lambda: pending(database) == 0)

        assert set(listen(uri).ids) == all_ids(6000)


class TestBroker:
    def test_that_dies_costs_nothing(self, sqlite_url, broker, uri, slow, machines):
        database = a_database(sqlite_url)
        commit_events(database, 0, 8_000)
        machines(sqlite_url, slow)
        eventually(lambda: pending(database) < 8_000)
        written_down(broker)

        broker.kill()
        left = pending(database)
        broker.start()
        eventually(lambda: pending(database) == 0)

        assert left > 0, "it died too late to matter"
        heard = listen(uri)
        assert set(heard.ids) == all_ids(8_000)
        assert heard.firsts_out_of_order() == 0

    @pytest.mark.long
    def test_may_come_later(self, sqlite_url, broker, uri, machines):
        database = a_database(sqlite_url)
        commit_events(database, 0, 5)
        broker.stop()
        machines(sqlite_url, uri).wait_leads()

        broker.start()

        eventually(lambda: pending(database) == 0)
        assert listen(uri).ids == [f"e{number}" for number in range(5)]

    def test_that_is_short_of_memory_is_waited_for(self, sqlite_url, broker, uri, machines):
        database = a_database(sqlite_url)
        machine = machines(sqlite_url, uri)
        machine.wait_leads()

        with short_of_memory(broker):
            commit_events(database, 0, 5000)
            eventually(lambda: "broker refuses publishes" in machine.log())
            stays(lambda: pending(database) == 5000, seconds=2)
        eventually(lambda: pending(database) == 0)

        assert set(listen(uri).ids) == all_ids(5000)
        assert "accepts publishes again" in machine.log()

    def test_whose_exchange_is_missing_is_tried_again(self, sqlite_url, broker, machines):
        database = a_database(sqlite_url)
        commit_events(database, 0, 5)
        make_log(broker.amqp_uri)
        machine = machines(sqlite_url, broker.amqp_uri)
        eventually(lambda: "no exchange" in machine.log())
        assert pending(database) == 5

        make_listener(broker.amqp_uri)

        eventually(lambda: pending(database) == 0)
        assert set(listen(broker.amqp_uri).ids) == all_ids(5)


class TestPostgreSQL:
    def test_another_takes_the_lead(self, postgresql_url, uri, machines):
        database = a_database(postgresql_url)
        first, second = machines(postgresql_url, uri), machines(postgresql_url, uri)
        eventually(lambda: first.lines("leads") or second.lines("leads"))
        leader, follower = (first, second) if first.lines("leads") else (second, first)
        stays(lambda: not follower.lines("leads"), seconds=1.5)
        commit_events(database, 0, 5000)

        leader.kill()
        follower.wait_leads()
        eventually(lambda: pending(database) == 0)

        assert set(listen(uri).ids) == all_ids(5000)
        database.close()

    def test_a_follower_wakes_the_leader_at_once(self, postgresql_url, uri, machines):
        leader = machines(postgresql_url, uri, poll=3600)
        leader.wait_leads()

        follower = machines(postgresql_url, uri, poll=3600, tell=10)

        # Without the notice the first would wait for the poll: an hour.
        eventually(lambda: len(follower.lines("gone")) == 10)

    def test_leads_again_after_the_database_has_crashed(
        self, postgresql_url, postgres, uri, machines
    ):
        machine = machines(postgresql_url, uri)
        machine.wait_leads()

        postgres.crash()
        postgres.start()
        database = Database(postgresql_url)
        commit_events(database, 0, 100)

        eventually(lambda: pending(database) == 0)
        assert set(listen(uri).ids) == all_ids(100)
        assert machine.process.poll() is None
        database.close()

    def test_sends_a_row_that_was_committed_late(self, postgresql_url, uri, machines):
        database = a_database(postgresql_url)
        machines(postgresql_url, uri).wait_leads()

        with database.begin() as late:
            late.execute(insert(OUTBOX).values(**event_row(0)))
            commit_events(database, 1, 1)  # a higher position, committed before
            eventually(lambda: depth(uri) == 1)
        eventually(lambda: pending(database) == 0)

        assert listen(uri).ids == ["e1", "e0"]
        database.close()
