"""The relay and the log: nothing is told that the log would not get."""

from chassis.topology.names import LOG_STREAM
from tests.support.machines import machines
from tests.support.outboxes import (
    EXCHANGE,
    a_database,
    all_ids,
    channel_of,
    commit_events,
    depth,
    listen,
    logged,
    make_log,
    pending,
    uri,
    written_down,
)
from tests.support.waiting import eventually

__all__ = ["machines", "uri"]  # fixtures
QUEUES, DEATHS = 60, 2


def test_a_broker_that_died_is_told_nothing_before_it_has_its_log_again(
    sqlite_url, broker, uri, machines
):
    with channel_of(uri) as channel:
        channel.queue_bind(LOG_STREAM, EXCHANGE, "#")
        for number in range(QUEUES):  # by their elections the log is found later
            channel.queue_declare(
                f"more.q{number}", durable=True, arguments={"x-queue-type": "quorum"}
            )
    database = a_database(sqlite_url)
    machine = machines(sqlite_url, uri, pause=0.02)
    machine.wait_leads()
    written_down(broker)

    for start in range(0, 3 * DEATHS, 3):
        broker.kill()
        commit_events(database, start, 3)
        broker.start()
        eventually(lambda: pending(database) == 0)

    assert set(listen(uri).ids) == all_ids(3 * DEATHS)
    assert set(logged(uri)) == all_ids(3 * DEATHS)


def test_a_broker_without_a_log_is_told_nothing(sqlite_url, broker, uri, machines):
    with channel_of(uri) as channel:
        channel.queue_delete(LOG_STREAM)
    database = a_database(sqlite_url)
    commit_events(database, 0, 5)
    machine = machines(sqlite_url, uri)

    eventually(lambda: f"no queue '{LOG_STREAM}'" in machine.log())
    assert (pending(database), depth(uri)) == (5, 0)

    make_log(uri)
    eventually(lambda: pending(database) == 0)
    assert set(listen(uri).ids) == all_ids(5)
