"""What a batch does to the warehouse: once each, in one transaction, and nothing stops it."""

import contextlib
import resource
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

import duckdb
import pytest

from contracts import accounts, sales
from services.analytics.warehouse import progress, star
from services.analytics.warehouse.store import Means, open_file
from services.analytics.warehouse.writer import FAILS_FOR_NOW
from tests.support.warehouse import Message, a_warehouse, an_order, landed, message, rows


class TestLand:
    def test_makes_raw_events_and_star_in_one_go(self) -> None:
        con = a_warehouse()

        done = landed(con, [message(an_order(1)), message(an_order(2, lines=3))])

        assert done.applied == 2
        assert rows(con, "SELECT count(*), count(DISTINCT event_id) FROM raw_event") == [(2, 2)]
        assert rows(con, "SELECT count(*), sum(amount_minor) FROM fact_order_line") == [(5, 5000)]
        assert rows(con, "SELECT applied_offset, applied, duplicates FROM progress") == [(1, 2, 0)]

    def test_keeps_what_an_event_says_of_itself(self) -> None:
        con = a_warehouse()
        told = message(an_order(1), sequence=7)

        landed(con, [told])

        assert rows(
            con,
            "SELECT event_id, type, service, subject, sequence, occurred_at::VARCHAR, "
            "recorded_at::VARCHAR, actor, correlation_id, body FROM raw_event",
        ) == [
            (
                told.id,
                "sales.order.placed.v1",
                "sales",
                "order-1",
                7,
                "2017-03-01 12:00:00+00",
                "2026-11-21 10:00:00+00",
                "service:test",
                "correlation",
                told.body.decode(),
            )
        ]

    def test_counts_and_drops_what_comes_twice(self) -> None:
        con = a_warehouse()
        one, two, three = (message(an_order(n)) for n in (1, 2, 3))
        landed(con, [one, two, two])
        before = star.checksums(con)

        again = landed(con, [two, one])
        landed(con, [three, one])

        assert (again.applied, again.duplicates) == (0, 2)
        assert rows(con, "SELECT applied, duplicates, quarantined FROM progress") == [(3, 4, 0)]
        assert before["raw_event"]["rows"] == 2
        assert star.checksums(con)["fact_order_line"]["rows"] == 6

    def test_keeps_apart_another_body_under_an_id_that_is_taken(self) -> None:
        con = a_warehouse()
        one = message(an_order(1))
        landed(con, [one])

        in_a_later_batch = landed(con, [one.but(total_minor=7)])
        in_the_same_batch = landed(con, [two := message(an_order(2)), two.but(total_minor=8)])

        assert in_a_later_batch.quarantined == Counter({"conflict": 1})
        assert in_the_same_batch.quarantined == Counter({"conflict": 1})
        assert rows(con, "SELECT event_id, reason FROM quarantine ORDER BY stream_offset") == [
            (one.id, "conflict"),
            (two.id, "conflict"),
        ]
        assert rows(con, "SELECT total_minor FROM fact_order") == [(2000,), (2000,)]

    @pytest.mark.parametrize(
        "body", [b'{"what": [1, {"ever": null}]}', b'{"occurred_at": "infinity"}']
    )
    def test_lands_a_type_that_nobody_knows_here(self, body: bytes) -> None:
        con = a_warehouse()
        known = message(an_order(1))
        headers = known.headers | {"ce-type": "sales.novelty.seen.v3"}
        strange = Message(
            exchange="sales.events",
            key="sales.novelty.seen.v3",
            headers=headers,
            body=body,
        )

        done = landed(con, [strange])

        assert (done.applied, done.quarantined) == (1, Counter())
        # Without an instant of its own the recorded one stands in.
        assert rows(con, "SELECT type, occurred_at = recorded_at, actor FROM raw_event") == [
            ("sales.novelty.seen.v3", True, None)
        ]

    def test_nothing_is_applied_when_the_machine_fails(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        con = a_warehouse()
        landed(con, [message(an_order(1))])
        before = star.checksums(con), rows(con, "SELECT applied_offset, applied FROM progress")

        def full(*_: object) -> None:
            raise duckdb.IOException("No space left on device")

        monkeypatch.setattr(progress, "advance", full)  # the last thing before the commit
        with pytest.raises(duckdb.IOException, match="No space left"):
            landed(con, [message(an_order(2))])

        after = star.checksums(con), rows(con, "SELECT applied_offset, applied FROM progress")
        assert after == before

    def test_a_commit_that_finds_the_disk_full_leaves_nothing_and_succeeds_later(
        self, tmp_path: Path
    ) -> None:
        con = open_file(tmp_path / "one.duckdb", Means())
        landed(con, [message(an_order(1))])
        told = message(an_order(2))

        with no_file_grows(), pytest.raises(FAILS_FOR_NOW, match="Failed to commit"):
            landed(con, [told])
        assert rows(con, "SELECT count(*) FROM raw_event") == [(1,)]

        landed(con, [told])
        assert rows(con, "SELECT count(*) FROM raw_event") == [(2,)]
        con.close()

    def test_finds_the_one_event_that_the_engine_refuses(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        con = a_warehouse()
        orders = [message(an_order(n)) for n in range(9)]
        load = star.load

        def choke(con: duckdb.DuckDBPyConnection, source: str, types: Collection[str]) -> None:
            load(con, source, types)
            poison = f"SELECT error('bad luck') FROM {source} WHERE subject = 'order-5'"
            con.execute(poison).fetchall()

        monkeypatch.setattr(star, "load", choke)
        done = landed(con, orders)

        assert (done.applied, done.quarantined) == (8, Counter({"engine": 1}))
        ((event_id, reason, sentence),) = rows(
            con, "SELECT event_id, reason, sentence FROM quarantine"
        )
        assert (event_id, reason) == (orders[5].id, "engine")
        assert "bad luck" in sentence
        assert rows(con, "SELECT applied_offset, applied, quarantined FROM progress") == [(8, 8, 1)]


class TestBadBodies:
    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"total_minor": "12"}, "total_minor is not what its type says"),
            ({"total_minor": 12.5}, "total_minor is not what its type says"),
            ({"total_minor": None}, "total_minor is not what its type says"),
            ({"total_minor": 1e30}, "total_minor is not what its type says"),
            ({"total_minor": 2**63}, "does not fit the shape"),
            ({"customer_id": 7}, "customer_id is not what its type says"),
            ({"lines": {}}, "lines is not what its type says"),
            ({"lines": [7]}, "lines is not what its type says"),
            ({"lines": [{"line_key": "1"}]}, "lines is not what its type says"),
            ({"occurred_at": "yesterday"}, "does not fit the shape"),
            ({"occurred_at": None}, "does not fit the shape"),
            ({"occurred_at": "infinity"}, "does not fit the shape"),
            ({"occurred_at": "-infinity"}, "does not fit the shape"),
            ({"occurred_at": "epoch"}, "does not fit the shape"),
            ({"occurred_at": "2017-03-01"}, "does not fit the shape"),
            ({"occurred_at": "2017-03-01T12:00:00"}, "does not fit the shape"),
            ({"occurred_at": "9999-12-31T23:59:59-14:00"}, "does not fit the shape"),
            ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "does not fit the shape"),
            ({"actor": 7}, "does not fit the shape"),
            ({"ordered_on": "8 November"}, "ordered_on is no date"),
            ({"ship_region": ["South"]}, "ship_region is not what its type says"),
        ],
    )
    def test_are_kept_apart_with_the_reason(self, fields: dict[str, object], said: str) -> None:
        con = a_warehouse()
        bad = message(an_order(2)).but(**fields)

        done = landed(con, [message(an_order(1)), bad, message(an_order(3))])

        assert (done.applied, done.quarantined) == (2, Counter({"shape": 1}))
        ((event_id, sentence, body),) = rows(con, "SELECT event_id, sentence, body FROM quarantine")
        assert (event_id, body) == (bad.id, bad.body.decode())
        assert sentence.startswith("sales.order.placed.v1: ")
        assert said in sentence
        assert rows(con, "SELECT order_id FROM order_now ORDER BY 1") == [
            ("order-1",),
            ("order-3",),
        ]

    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("quantity", 1.5, "lines is not what its type says"),
            ("quantity", "2", "lines is not what its type says"),
            ("amount_minor", None, "lines is not what its type says"),
            ("discount", "some", "the discount of a line is no number"),
        ],
    )
    def test_of_one_line_keep_the_order_apart(self, field: str, value: object, said: str) -> None:
        con = a_warehouse()
        line = {
            "line_key": "1",
            "product_id": "p",
            "quantity": 1,
            "discount": "0",
            "amount_minor": 5,
        }

        landed(con, [message(an_order(1)).but(lines=[line, line | {field: value}])])

        ((sentence,),) = rows(con, "SELECT sentence FROM quarantine")
        assert said in sentence
        assert rows(con, "SELECT count(*) FROM fact_order_line") == [(0,)]

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"null", b'"text"', b"\xff\xfe{}"])
    def test_that_are_no_json_object_are_kept_apart(self, body: bytes) -> None:
        con = a_warehouse()
        bad = message(an_order(2))
        bad = Message(exchange=bad.exchange, key=bad.key, headers=bad.headers, body=body)

        done = landed(con, [message(an_order(1)), bad, message(an_order(3))])

        assert done.applied == 2
        assert done.quarantined.total() == 1
        assert rows(con, "SELECT event_id FROM quarantine") == [(bad.id,)]

    def test_are_quarantined_once_however_often_they_come(self) -> None:
        con = a_warehouse()
        bad = message(an_order(1)).but(total_minor="much")

        landed(con, [bad])
        again = landed(con, [bad])

        assert (again.quarantined.total(), again.duplicates) == (0, 1)
        assert rows(con, "SELECT count(*) FROM quarantine") == [(1,)]
        assert rows(con, "SELECT quarantined, duplicates FROM progress") == [(1, 1)]

    def test_a_product_whose_sku_is_no_json_text_is_kept_apart(self) -> None:
        con = a_warehouse()
        changed = sales.RecordChanged(
            id="p", kind="product", version=1, verb="created", fields={"sku": "FUR"}
        )

        landed(con, [message(changed)])

        ((sentence,),) = rows(con, "SELECT sentence FROM quarantine")
        assert sentence == "sales.record.changed.v1: a product's sku is no JSON text"

    def test_a_field_that_came_later_may_be_missing(self) -> None:
        con = a_warehouse()
        told = message(accounts.CustomerCreated(customer_id="c", version=1, kind="person"))
        old = told.but()
        body = old.body.replace(b',"territory_id":null', b"").replace(b',"segment":null', b"")
        assert body != old.body

        done = landed(
            con, [Message(exchange=old.exchange, key=old.key, headers=old.headers, body=body)]
        )

        assert (done.applied, done.quarantined) == (1, Counter())

    def test_an_additional_field_is_passed_over(self) -> None:
        con = a_warehouse()

        done = landed(con, [message(an_order(1)).but(colour="blue")])

        assert (done.applied, done.quarantined) == (1, Counter())


@contextlib.contextmanager
def no_file_grows() -> Iterator[None]:
    """Let this process write nothing to any file, as on a full disk."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
