from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from chassis.envelope import Undecodable
from contracts.erp import ORDER_UPSERT
from demo.erp.desk import read_verdict
from demo.erp.ledger import Ledger, Verdict
from demo.erp.schedule import Posting


def a_posting(position: int = 0, *, order: str = "CA-1", revision: int = 1) -> Posting:
    return Posting(
        position=position,
        on=date(2014, 1, 3),
        key=ORDER_UPSERT,
        message_id=f"{order}/{revision}",
        external_id=order,
        revision=revision,
        body={},
        lines=2,
        amount_minor=100 * revision,
    )


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(tmp_path / "erp.sqlite")
    yield made
    made.close()


class TestLedger:
    def test_counts_the_newest_revision_of_an_order_once(self, ledger: Ledger) -> None:
        sent = [a_posting(0, revision=2), a_posting(1, revision=2), a_posting(2, revision=1)]

        ledger.note_sent(sent, {0: 5.0, 1: 5.0, 2: 5.0})

        tally = ledger.tally(ORDER_UPSERT)
        assert (tally.posted, tally.messages, tally.orders) == (3, 2, 1)
        assert (tally.lines, tally.amount_minor, tally.outstanding) == (2, 200, 2)

    def test_keeps_the_first_verdict_and_counts_repeats(self, ledger: Ledger) -> None:
        ledger.note_sent([a_posting()], {0: 5.0})
        ledger.note_verdicts([Verdict("CA-1/1", accepted=True, outcome="created")])
        ledger.note_verdicts([Verdict("CA-1/1", accepted=False, outcome="sales.order.late")])

        tally = ledger.tally(ORDER_UPSERT)
        assert (tally.accepted, tally.refused, tally.verdicts_repeated) == (1, 0, 1)
        assert tally.outcomes == {"created": 1}

    def test_is_settled_only_with_a_verdict(self, ledger: Ledger) -> None:
        ledger.note_sent([a_posting(0), a_posting(1, order="CA-2")], {0: 5.0, 1: 5.0})
        ledger.note_verdicts([Verdict("CA-2/1", accepted=False, outcome="x", reason="No.")])

        assert ledger.settled() == {1}
        assert ledger.refusals(5) == [Verdict("CA-2/1", accepted=False, outcome="x", reason="No.")]

    def test_survives_the_end_of_its_process(self, tmp_path: Path) -> None:
        first = Ledger(tmp_path / "erp.sqlite")
        first.note_sent([a_posting()], {0: 5.0})
        first.close()

        second = Ledger(tmp_path / "erp.sqlite")

        assert second.tally(ORDER_UPSERT).posted == 1
        second.close()

    def test_counts_an_event_that_is_heard_twice_once(self, ledger: Ledger) -> None:
        ledger.note_heard("e1", "sales.order.placed.v1", "o1")
        ledger.note_heard("e1", "sales.order.placed.v1", "o1")
        ledger.note_stray("erp.order.maybe.v1", b"?")

        assert ledger.heard() == {"sales.order.placed.v1": 1}
        assert ledger.strays() == 1


class TestReadVerdict:
    def test_reads_both_kinds(self) -> None:
        accepted = read_verdict("erp.order.accepted.v1", {"message_id": "m", "outcome": "created"})
        refused = read_verdict(
            "erp.order.refused.v1", {"message_id": "m", "code": "c", "reason": "No."}
        )

        assert accepted == Verdict("m", accepted=True, outcome="created")
        assert refused == Verdict("m", accepted=False, outcome="c", reason="No.")

    @pytest.mark.parametrize(
        ("key", "data"),
        [
            ("erp.order.accepted.v1", {"outcome": "created"}),
            ("erp.order.accepted.v1", ["message_id"]),
            ("erp.order.considered.v1", {"message_id": "m", "outcome": "created"}),
        ],
    )
    def test_refuses_what_is_no_verdict(self, key: str, data: object) -> None:
        with pytest.raises(Undecodable):
            read_verdict(key, data)
