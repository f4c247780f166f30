"""What the ERP of the chaos load makes of what it is told."""

import pika
import pytest

from chaos.load.partner import PLACED, Partner
from chassis.envelope import Undecodable, encode
from chassis.plain.delivery import Delivery
from tests.support.accounted import a_stage

ACCEPTED = "erp.order.accepted.v1"


@pytest.fixture
def stage(tmp_path):
    """A stage on which nothing runs."""
    with a_stage(tmp_path) as stage:
        yield stage


def told(key=ACCEPTED, event_id="e1", **data):
    body = encode({"message_id": "m1", "outcome": "created"} | data)
    return Delivery("", key, body, pika.BasicProperties(headers={"ce-id": event_id}))


class TestHear:
    def test_keeps_a_verdict_once_however_often_it_comes(self, stage):
        partner = Partner(stage)

        partner.hear(told())
        partner.hear(told(event_id="e2"))

        (answer,) = stage.ledger.of("order.answered")
        assert answer.id == "m1"
        assert answer.facts["told"]["outcome"] == "created"
        assert partner.has_heard_of("m1")
        assert list(stage.ledger.of("order.contradicted")) == []

    @pytest.mark.parametrize(
        "other", [{"outcome": "unchanged"}, {"key": "erp.order.refused.v1"}, {"revision": 2}]
    )
    def test_notes_a_second_verdict_that_says_something_else(self, stage, other):
        partner = Partner(stage)
        partner.hear(told())

        partner.hear(told(**other))

        assert [entry.id for entry in stage.ledger.of("order.contradicted")] == ["m1"]

    def test_keeps_each_event_that_told_of_an_order_once(self, stage):
        partner = Partner(stage)

        for event_id in ("e1", "e1", "e2"):
            partner.hear(told(PLACED, event_id, order_id="o1"))

        told_of = [(one.id, one.facts["event_id"]) for one in stage.ledger.of("order.told")]
        assert told_of == [("o1", "e1"), ("o1", "e2")]

    def test_cannot_read_what_is_no_object(self, stage):
        delivery = Delivery("", ACCEPTED, b"[]", pika.BasicProperties())

        with pytest.raises(Undecodable):
            Partner(stage).hear(delivery)
