"""What comes out of the log: an event, or what cannot even be read as one."""

from collections import Counter

import pika
import pytest

from chassis.plain.delivery import Delivery
from services.analytics.warehouse import landing, progress
from services.analytics.warehouse.arrivals import Arrival, receive
from tests.support.warehouse import Message, a_warehouse, an_order, message, rows


class TestBadEnvelopes:
    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"ce-id": None}, "header ce-id is missing"),
            ({"ce-type": None}, "header ce-type is missing"),
            ({"ce-specversion": "0.3"}, "is not spoken"),
            ({"ce-time": "noon"}, "Invalid isoformat string"),
            ({"ce-time": "2026-11-21T10:00:00"}, "ce-time has no zone"),
            ({"ce-time": "0001-01-01T00:00:00+14:00"}, "date value out of range"),
            ({"ce-time": "9999-12-31T23:59:59-14:00"}, "date value out of range"),
            ({"ce-sequence": "x"}, "a header is malformed"),
            ({"ce-sequence": "9" * 30}, "ce-sequence is out of range"),
            ({"ce-subject": ""}, "ce-id, ce-type or ce-subject is empty"),
            ({"ce-type": "accounts.customer.created.v1"}, "came through sales.events"),
        ],
    )
    def test_are_kept_apart_with_the_reason(self, change: dict[str, str | None], said: str) -> None:
        con = a_warehouse()
        good = message(an_order(1))
        headers = {k: v for k, v in (good.headers | change).items() if v is not None}
        bad = Message(exchange=good.exchange, key=good.key, headers=headers, body=good.body)
        batch = [receive(_at(bad, 0)), receive(message(an_order(2)).at(1))]

        done = landing.land(con, batch, progress.begin(con, "crm.log", "first").at(1))

        assert (done.applied, done.quarantined) == (1, Counter({"envelope": 1}))
        ((reason, sentence, body),) = rows(con, "SELECT reason, sentence, body FROM quarantine")
        assert (reason, body) == ("envelope", good.body.decode())
        assert said in sentence


class TestReceive:
    def test_two_events_with_one_body_have_different_hashes(self) -> None:
        one = message(an_order(1))
        other = Message(
            exchange=one.exchange,
            key=one.key,
            headers=one.headers | {"ce-subject": "order-2"},
            body=one.body,
        )

        first, second = receive(one.at(0)), receive(other.at(1))

        assert isinstance(first, Arrival)
        assert isinstance(second, Arrival)
        assert first.body_hash != second.body_hash


def _at(bad: Message, offset: int) -> Delivery:
    properties = pika.BasicProperties(headers=dict(bad.headers))
    return Delivery(bad.exchange, bad.key, bad.body, properties, offset=offset)
