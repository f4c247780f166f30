"""The door: named questions, bounded in time and size, typed refusals, and garbage answered in kind."""

import socket
import struct
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from marshmallow import fields

from chassis.errors import Conflict, Invalid, NotFound, RemoteBug, Unavailable
from chassis.schemas import Accepted, Nothing
from services.analytics.warehouse import answering, wire
from services.analytics.warehouse.answering import Door
from services.analytics.warehouse.asking import ask, ask_as_of
from services.analytics.warehouse.question import MAX_ROWS, Question, rows_of
from services.analytics.warehouse.questions import QUESTIONS
from services.analytics.warehouse.store import Means, Store
from tests.support.waiting import eventually
from tests.support.warehouse import an_order, landed, message

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


class Counted(Accepted):
    """So many rows."""

    rows = fields.Integer(required=True, strict=True)


def _count(con: duckdb.DuckDBPyConnection, asked: dict[str, Any]) -> object:
    return [row[0] for row in con.execute(f"FROM range({asked['rows']})").fetchall()]


def _refuse(_: duckdb.DuckDBPyConnection, __: dict[str, Any]) -> object:
    raise Conflict("Not now.", code="warehouse.test.not_now", detail={"why": 1})


def _sums(con: duckdb.DuckDBPyConnection, _: dict[str, Any]) -> object:
    return rows_of(con, "SELECT sum(n)::HUGEINT AS n, 1.50::DECIMAL(9,2) AS d, "
                   "TIMESTAMPTZ '2017-03-01 12:00:00+00' AS at FROM range(3) AS x(n)")  # fmt: skip


def _endless(con: duckdb.DuckDBPyConnection, _: dict[str, Any]) -> object:
    return con.execute("SELECT sum(a.n * b.n) FROM range(10000000) a(n), range(10000000) b(n)").fetchall()  # fmt: skip


def _bug(_: duckdb.DuckDBPyConnection, __: dict[str, Any]) -> object:
    return {}["secret"]


def _write(con: duckdb.DuckDBPyConnection, _: dict[str, Any]) -> object:
    return con.execute("DELETE FROM raw_event").fetchall()


def _no_json(_: duckdb.DuckDBPyConnection, __: dict[str, Any]) -> object:
    return object()


def _long(_: duckdb.DuckDBPyConnection, __: dict[str, Any]) -> object:
    return {"text": "x" * wire.MAX_ANSWER}


OURS = {
    one.name: one
    for one in (
        Question("count", _count, Counted()),
        *(
            Question(run.__name__, run, Nothing())
            for run in (_refuse, _sums, _endless, _bug, _write, _no_json, _long)
        ),
    )
}


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Path]:
    store = Store(tmp_path / "w.duckdb", Means())
    store.open()
    landed(store.writing, [message(an_order(1))])
    path = tmp_path / "w.sock"
    opened = Door(path, store, QUESTIONS | OURS, lambda: NOW)
    opened.start()
    yield path
    opened.stop()
    store.close()


class TestAsk:
    def test_answers_with_the_instant_that_it_knows_the_log_to(self, door: Path) -> None:
        answer = ask_as_of(door, "books")

        assert answer.as_of == "2026-11-22T10:00:00.000000Z"
        assert isinstance(answer.rows, dict)
        assert {name: answer.rows[name] for name in ("orders", "lines", "amounts", "line_amounts")} == {
            "orders": 1, "lines": 2, "amounts": {"USD": 2000}, "line_amounts": {"USD": 2000},
        }  # fmt: skip

    def test_whole_numbers_come_as_such(self, door: Path) -> None:
        assert ask(door, "_sums") == [{"n": 3, "d": "1.50", "at": "2017-03-01T12:00:00.000000Z"}]

    def test_only_this_user_may_ask(self, door: Path) -> None:
        assert door.stat().st_mode & 0o777 == 0o600

    def test_several_ask_at_once(self, door: Path) -> None:
        found: list[Any] = []
        threads = [
            threading.Thread(target=lambda n=n: found.append(ask(door, "count", {"rows": n}, 30)))
            for n in range(20)
        ]
        for one in threads:
            one.start()
        for one in threads:
            one.join()

        assert sorted(map(len, found)) == list(range(20))

    def test_a_socket_left_behind_is_no_obstacle(self, tmp_path: Path) -> None:
        path = tmp_path / "left.sock"
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(path))
        store = Store(tmp_path / "other.duckdb", Means())
        store.open()
        opened = Door(path, store, OURS, lambda: None)
        opened.start()

        assert ask_as_of(path, "count", {"rows": 1}).as_of is None

        opened.stop()
        store.close()
        assert not path.exists()


class TestRefusals:
    def test_an_unknown_question(self, door: Path) -> None:
        with pytest.raises(NotFound, match="There is no question drop_all") as refused:
            ask(door, "drop_all")

        assert refused.value.code == "warehouse.question.unknown"

    @pytest.mark.parametrize(
        ("parameters", "field"),
        [({}, "rows"), ({"rows": "many"}, "rows"), ({"rows": 1, "sql": "DROP"}, "sql")],
    )
    def test_parameters_that_are_not_accepted(
        self, door: Path, parameters: dict[str, object], field: str
    ) -> None:
        with pytest.raises(Invalid) as refused:
            ask(door, "count", parameters)

        fields: Any = refused.value.detail["fields"]
        assert list(fields) == [field]

    @pytest.mark.parametrize("seconds", [0, -1, 1e9])
    def test_a_time_out_of_bounds(self, door: Path, seconds: float) -> None:
        with pytest.raises(Invalid, match="timeout_seconds"):
            ask(door, "count", {"rows": 1}, seconds or -0.5)

    def test_what_the_question_refuses(self, door: Path) -> None:
        with pytest.raises(Conflict, match=r"Not now\.") as refused:
            ask(door, "_refuse")

        assert (refused.value.code, refused.value.detail) == ("warehouse.test.not_now", {"why": 1})

    def test_more_rows_than_an_answer_holds(self, door: Path) -> None:
        whole = ask(door, "count", {"rows": MAX_ROWS}, 30)
        with pytest.raises(
            Invalid, match=f"has {MAX_ROWS + 1} rows; {MAX_ROWS} is the most"
        ) as refused:
            ask(door, "count", {"rows": MAX_ROWS + 1}, 30)

        assert isinstance(whole, list)
        assert refused.value.code == "warehouse.answer.too_long"

    def test_an_answer_that_is_too_long(self, door: Path) -> None:
        with pytest.raises(Invalid, match="too long"):
            ask(door, "_long", {}, 30)

    def test_a_question_that_is_too_long(self, door: Path) -> None:
        with pytest.raises(Invalid, match="too long"):
            ask(door, "count", {"rows": "x" * wire.MAX_REQUEST})

    def test_a_query_that_takes_too_long_is_interrupted(self, door: Path) -> None:
        with pytest.raises(Unavailable, match=r"_endless took longer than 0\.3 s") as late:
            ask(door, "_endless", {}, 0.3)

        assert late.value.code == "warehouse.timeout"
        assert ask(door, "count", {"rows": 2}, 30) == [0, 1]

    def test_a_bug_says_nothing_of_the_inside(self, door: Path) -> None:
        with pytest.raises(RemoteBug) as bug:
            ask(door, "_bug")

        assert "secret" not in str(bug.value)
        assert ask(door, "count", {"rows": 1}, 30) == [0]

    @pytest.mark.parametrize("question", ["_write", "_no_json"])
    def test_a_question_that_is_written_wrongly(self, door: Path, question: str) -> None:
        with pytest.raises(RemoteBug):
            ask(door, question)

        checksums: Any = ask(door, "checksums")
        assert checksums["raw_event"]["rows"] == 1

    def test_too_many_at_once(self, door: Path) -> None:
        held = [_connected(door) for _ in range(answering.MAX_WAITING)]

        def refused() -> bool:
            try:
                ask(door, "count", {"rows": 1}, 0.5)
            except Unavailable as problem:
                return problem.code == "warehouse.busy"
            return False

        assert eventually(refused)
        for one in held:
            one.close()
        assert eventually(lambda: not refused())


class TestGarbage:
    @pytest.mark.parametrize(
        "sent",
        [
            struct.pack(">I", 7) + b"no json",
            struct.pack(">I", 2) + b"[]",
            struct.pack(">I", 0xFFFFFFFF),
            struct.pack(">I", 2) + b"{}",
            struct.pack(">I", 14) + b'{"ask":"count"',
        ],
    )
    def test_is_answered_with_a_refusal(self, door: Path, sent: bytes) -> None:
        with _connected(door) as connection:
            connection.sendall(sent)
            answer = wire.receive(connection, wire.MAX_ANSWER)

        assert isinstance(answer, dict)
        assert answer["error"]["category"] == "invalid"

    @pytest.mark.parametrize("sent", [b"", b"\x00", struct.pack(">I", 100) + b"half"])
    def test_whoever_leaves_in_the_middle_harms_nobody(self, door: Path, sent: bytes) -> None:
        for _ in range(answering.READERS + 1):
            with _connected(door) as connection:
                connection.sendall(sent)

        assert ask(door, "count", {"rows": 1}, 30) == [0]


def _connected(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(10)
    connection.connect(str(path))
    return connection
