"""Whether anything is still under way, asked of a real broker and a real database."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pika
import pytest
from sqlalchemy import Table, create_engine

from chassis.tables import OUTBOX, PROCESSES
from demo.history import History
from demo.story.console import Console
from demo.story.desk import Desk
from demo.story.reckoning import under_way
from deploy.local.broker import Broker
from deploy.local.house import Kind
from deploy.local.services import Place
from tests.support.places import opened_house
from tests.support.waiting import eventually

SECONDS = 10  # the broker's own numbers are a second late


@pytest.fixture
def desk(broker: Broker, tmp_path: Path) -> Iterator[Desk]:
    """A desk in a house in which nothing runs but the broker."""
    url = f"sqlite:///{tmp_path / 'sales.db'}"
    engine = create_engine(url)
    for table in (OUTBOX, PROCESSES):
        table.create(engine)
    engine.dispose()
    with opened_house(tmp_path, Kind.SQLITE, broker, None, ("sales",)) as house:
        house.places["sales"] = Place("sales", [], "", database_url=url)
        yield Desk(house, History((), ()), Console(), tmp_path)


def enter(desk: Desk, table: Table, **values: object) -> None:
    engine = create_engine(desk.house.places["sales"].database_url)
    with engine.begin() as connection:
        connection.execute(table.insert().values(**values))
    engine.dispose()


def process(desk: Desk, id_: str, status: str) -> None:
    enter(
        desk, PROCESSES, id=id_, kind="convert_lead", key=id_, status=status, step=1, data="{}",
        actor="person:ann", correlation_id="c1", attempts=0, next_try=0.0,
        started_at=datetime(2017, 3, 1, tzinfo=UTC),
    )  # fmt: skip


def queued(uri: str, queue: str) -> None:
    connection = pika.BlockingConnection(pika.URLParameters(uri))
    channel = connection.channel()
    channel.queue_declare(queue, durable=True)
    channel.basic_publish("", queue, b"{}")
    connection.close()


class TestUnderWay:
    def test_is_nothing_where_all_is_done(self, desk: Desk) -> None:
        for status in ("done", "refused", "stuck"):  # what is stuck waits for a person
            process(desk, status, status)

        assert under_way(desk) == 0

    @pytest.mark.parametrize("status", ["running", "acting", "undoing"])
    def test_counts_a_process_between_its_steps(self, desk: Desk, status: str) -> None:
        process(desk, "p1", status)

        assert under_way(desk) == 1

    def test_counts_what_waits_in_an_outbox(self, desk: Desk) -> None:
        enter(
            desk, OUTBOX, id="e1", exchange="sales.events", routing_key="sales.order.placed.v1",
            headers="{}", body="{}", recorded_at=0.0,
        )  # fmt: skip

        assert under_way(desk) == 1

    def test_counts_what_waits_in_a_queue_of_the_house_only(
        self, desk: Desk, broker: Broker
    ) -> None:
        for queue in ("sales.customers.q1", "sales.parked", "partner.erp.q1"):
            queued(broker.amqp_uri, queue)

        assert eventually(lambda: under_way(desk), seconds=SECONDS) == 1
