"""The proof of the log sees an event that was never told, told in other words, or never committed."""

import pika
import pytest

from chaos.proofs.log import Told, tables_of
from chassis.clock import isoformat, real_now
from chassis.envelope import Envelope
from chassis.plain.delivery import Delivery

CREATED = "sales.lead.created.v1"


def told(
    number: int,
    id_: str = "",
    *,
    type_: str = CREATED,
    exchange: str = "sales.events",
    body: bytes = b"{}",
) -> Delivery:
    envelope = Envelope(
        id=id_ or f"e{number}", source="/crm/sales", type=type_, time=isoformat(real_now()),
        subject="l1", dataschema="", correlation_id="c", causation_id="c", sequence=number,
    )  # fmt: skip
    properties = pika.BasicProperties(headers=envelope.headers(), message_id=envelope.id)
    return Delivery(exchange, type_, body, properties)


def after(*deliveries: Delivery, forged: tuple[str, ...] = ()) -> Told:
    heard = Told(forged)
    for delivery in deliveries:
        heard.hear(delivery)
    return heard


def wrong(heard: Told, *records: tuple[str, int]) -> list[str]:
    return [*heard.wrong, *heard.differences("sales", records)]


class TestTold:
    def test_everything_in_any_order_and_some_of_it_twice_is_right(self) -> None:
        heard = after(told(2), told(1), told(2), told(3, exchange="sales.private"))

        assert wrong(heard, ("l1", 3)) == []

    def test_two_records_of_one_id_count_for_themselves(self) -> None:
        heard = after(told(1, "a"), told(1, "b"), told(2, "c"))

        assert wrong(heard, ("l1", 2), ("l1", 1)) == []

    @pytest.mark.parametrize("heard", [(1, 3), (1, 3, 3)])
    def test_a_hole_is_wrong(self, heard: tuple[int, ...]) -> None:
        assert wrong(after(*map(told, heard)), ("l1", 3)) == [
            "sales never told event 2 of the 3 of l1"
        ]

    def test_a_record_of_which_nothing_was_told_is_wrong(self) -> None:
        assert wrong(after(), ("l1", 1)) == ["sales never told event 1 of the 1 of l1"]

    def test_the_last_one_missing_is_wrong(self) -> None:
        assert wrong(after(told(1)), ("l1", 2)) == ["sales never told event 2 of the 2 of l1"]

    def test_what_was_never_committed_is_wrong(self) -> None:
        (sentence,) = wrong(after(told(1), told(2)), ("l1", 1))

        assert sentence == "sales told 1 different events 2 of l1, and has committed 0"

    def test_two_events_in_one_place_are_wrong(self) -> None:
        (sentence,) = wrong(after(told(1, "a"), told(1, "b")), ("l1", 1))

        assert sentence == "sales told 2 different events 1 of l1, and has committed 1"

    def test_the_same_event_in_other_words_is_wrong(self) -> None:
        heard = after(told(1), told(1, body=b'{"a":1}'))

        assert wrong(heard, ("l1", 1)) == [f"{CREATED} e1 was told again in other words"]

    def test_a_foreign_type_is_wrong_unless_it_was_forged(self) -> None:
        forged = told(7, "f", type_="accounts.customer.created.v1")

        (sentence,) = wrong(after(told(1), forged), ("l1", 1))
        assert sentence.startswith("sales.events carries what is no event: accounts.customer.")
        assert wrong(after(told(1), forged, forged=("f",)), ("l1", 1)) == []


def test_every_table_that_counts_its_events_is_looked_at() -> None:
    assert {table.name for table in tables_of("accounts")} >= {"customers", "staff", "consents"}
    assert "customer_refs" not in {table.name for table in tables_of("sales")}
