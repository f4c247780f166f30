"""The proofs of the warehouse, the processes, what is parked and the logs: a plant for each."""

from collections import Counter
from typing import Any

import pika
import pytest

from chaos.proofs.alive import tracebacks
from chaos.proofs.parked import differences as parked_differences
from chaos.proofs.processes import forgotten, unfinished
from chaos.proofs.warehouse import differences as book_differences
from chaos.proofs.warehouse import left_out
from chassis.parking import Parked, read_parked
from chassis.plain import parked as header
from chassis.plain.delivery import Delivery

ASKED = ("capture_lead", "k1")


def a_process(**fields: Any) -> dict[str, Any]:
    return {
        "kind": "lead.convert",
        "key": "l1",
        "status": "stuck",
        "step": 2,
        "error": None,
    } | fields


def an_answer(answer: str, key: str = "k1") -> dict[str, Any]:
    return {"method": "capture_lead", "key": key, "answer": answer}


def parked_for(code: str) -> Parked:
    headers = {header.REASON_CODE: code, header.REASON: "The body is not JSON."}
    return read_parked(Delivery("", "", b"", pika.BasicProperties(headers=headers)))


class TestProcesses:
    def test_that_are_not_at_their_end_are_named(self) -> None:
        found = list(unfinished("sales", [a_process(), a_process(status="running", error="late")]))

        assert found == [
            "sales: lead.convert l1 is stuck at step 2",
            "sales: lead.convert l1 is running at step 2: late",
        ]

    def test_an_answer_that_is_remembered_as_given_is_right(self) -> None:
        rows = [an_answer('{"lead_id":"other"}'), an_answer('{"lead_id":"l1"}')]

        assert list(forgotten("sales", {ASKED: {"lead_id": "l1"}}, rows)) == []

    @pytest.mark.parametrize(
        ("rows", "sentence"),
        [
            ([an_answer("{}", "k2")], "sales has forgotten that it answered capture_lead k1"),
            (
                [an_answer('{"lead_id":"l2"}')],
                "sales remembers another answer to capture_lead k1 than it gave",
            ),
            ([an_answer("{")], "sales remembers another answer to capture_lead k1 than it gave"),
        ],
    )
    def test_an_answer_that_is_not_is_wrong(
        self, rows: list[dict[str, Any]], sentence: str
    ) -> None:
        assert list(forgotten("sales", {ASKED: {"lead_id": "l1"}}, rows)) == [sentence]


class TestWarehouse:
    def test_that_counts_as_the_owner_does_is_right(self) -> None:
        assert list(book_differences({"orders": 2}, {"orders": 2, "calls": 7})) == []

    def test_that_counts_otherwise_is_wrong(self) -> None:
        owners = {"orders": 2, "amounts": {"EUR": 5}}

        assert list(book_differences(owners, {"orders": 1, "amounts": {"EUR": 6}})) == [
            "orders: the warehouse says 1, the owner 2",
            "amounts: the warehouse says {'EUR': 6}, the owner {'EUR': 5}",
        ]

    def test_that_left_something_out_is_wrong_unless_it_was_forged(self) -> None:
        apart = [
            {"event_id": "e1", "type": "t.v1", "sentence": "It is no event."},
            {"event_id": "f1", "type": "t.v1", "sentence": "It is no event."},
        ]

        assert list(left_out({"gaps": 0}, apart, {"f1"})) == [
            "the warehouse keeps t.v1 e1 apart: It is no event."
        ]
        assert list(left_out({"gaps": 2}, [], set())) == ["the warehouse found 2 gaps in the log"]


class TestParked:
    def test_as_expected_is_right(self) -> None:
        expected = Counter({("sales", "event.shape"): 1})

        assert list(parked_differences(expected, [("sales", parked_for("event.shape"))])) == []

    def test_more_or_fewer_is_wrong(self) -> None:
        expected = Counter({("sales", "event.shape"): 1})

        assert list(parked_differences(expected, [("sales", parked_for("bug"))])) == [
            "sales has 1 parked for bug, not 0: The body is not JSON.",
            "sales has 0 parked for event.shape, not 1",
        ]


def test_a_traceback_in_a_log_is_seen() -> None:
    bad = '{"event":"rpc failed","exception":"Traceback (most recent call last):\\n KeyError: 5"}'

    assert list(tracebacks(f'{{"event":"fine"}}\n{bad}\n')) == [bad]
