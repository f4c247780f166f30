"""Custom columns of an import: one question for a chunk, a verdict for each row."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import event

from services.accounts.domain.imports import WrongHeader
from tests.support.accounts import HEADER, Desk, a_customer, a_file, a_row
from tests.support.custom import COLOURS, REGIONS, a_field, found
from tests.support.imports import counts
from tests.support.workbooks import a_workbook


def a_custom_file(columns: str, *rows: str) -> bytes:
    """Write an import file with custom columns behind the others."""
    lines = [a_row(number, derived=f",{cells}") for number, cells in enumerate(rows)]
    return a_file(*lines).replace(HEADER.encode(), f"{HEADER},{columns}".encode(), 1)


def refusals(desk: Desk) -> list[tuple[int, str, str]]:
    """Return row, code and column of what was refused."""
    with desk.runtime.database.engine.connect() as connection:
        query = 'SELECT number, code, "column" FROM import_refusals ORDER BY number'
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def customs(desk: Desk) -> list[dict[str, Any]]:
    shown = desk.ask("find_records", kind="customer", sort="name")["items"]
    return [one["custom"] for one in shown]


class TestCustomColumns:
    @pytest.mark.spec("ACC-18")
    def test_enter_values_of_every_type(self, desk: Desk) -> None:
        for key, type_ in {
            "hobby": "text", "height": "number", "budget": "money", "born": "date",
            "seen": "instant", "vegan": "boolean",
        }.items():  # fmt: skip
            a_field(desk, key, type_, searchable=True)
        a_field(desk, "likes", "multi_enum", options=COLOURS)
        a_field(desk, "region", "tree", options=REGIONS)
        a_field(desk, "friend", "reference", refers_to="customer")
        friend = a_customer(desk, name="A friend")["customer_id"]
        columns = "hobby height budget born seen vegan likes region friend".split()
        header = ",".join(f"custom.{key}" for key in columns)
        cells = f"Chess,1.50,12.50 EUR,1990-01-31,2024-01-31T04:00:00Z,yes,blue;red,tokyo,{friend}"

        job = desk.imported(a_custom_file(header, cells, ",,,,,,,,"))

        assert (job["created"], job["refused"]) == (2, 0)
        assert customs(desk)[1:] == [
            {
                "hobby": "Chess", "height": "1.5", "born": "1990-01-31", "vegan": True,
                "budget": {"amount_minor": 1250, "currency": "EUR"}, "likes": ["red", "blue"],
                "seen": "2024-01-31T04:00:00.000000Z", "region": "asia/japan/tokyo", "friend": friend,
            },
            {},
        ]  # fmt: skip
        assert found(desk, filters={"custom.hobby": "chess"}) == ["Person 0"]
        told = desk.told("accounts.customer.recorded.v1")[1]
        assert told["custom"]["hobby"] == "Chess"
        assert "Chess" not in str(desk.told("accounts.customer.created.v1"))

    def test_change_known_customers_and_leave_what_a_row_does_not_say(self, desk: Desk) -> None:
        a_field(desk, "hobby", searchable=True)
        a_field(desk, "height", "number", searchable=True)
        desk.imported(a_custom_file("custom.hobby,custom.height", "Chess,1", "Go,2"))

        job = desk.imported(a_custom_file("custom.hobby,custom.height", ",1.5", "Go,2.0"))

        assert (job["updated"], job["unchanged"]) == (1, 1)
        assert customs(desk) == [
            {"hobby": "Chess", "height": "1.5"},
            {"hobby": "Go", "height": "2"},
        ]
        assert found(desk, filters={"custom.height": "1.5"}) == ["Person 0"]
        assert found(desk, filters={"custom.height": "1"}) == []
        assert desk.count("custom_index") == 4
        (told,) = desk.told("accounts.customer.updated.v1")
        assert told["changed"] == {"custom.height": None}

    @pytest.mark.parametrize("dry_run", [False, True])
    def test_refuse_a_row_by_the_name_of_the_column(self, desk: Desk, dry_run: bool) -> None:
        a_field(desk, "badge", unique=True)
        a_field(desk, "height", "number", required=True)
        a_field(desk, "friend", "reference", refers_to="customer")
        header = "custom.badge,custom.height,custom.friend"
        rows = ("A,1,", "a,1,", "B,,", "C,tall,", "D,1,nobody", "E,1,")

        job = desk.imported(a_custom_file(header, *rows), dry_run=dry_run)

        assert (job["created"], job["refused"]) == (2, 4)
        assert refusals(desk) == [
            (3, "accounts.import.taken", "custom.badge"),
            (4, "accounts.import.required", "custom.height"),
            (5, "accounts.import.wrong_type", "custom.height"),
            (6, "accounts.import.reference", "custom.friend"),
        ]
        assert desk.count("customers") == desk.count("custom_index") == (0 if dry_run else 2)

    @pytest.mark.parametrize("dry_run", [False, True])
    def test_find_a_double_of_a_unique_value_a_chunk_later(self, desk: Desk, dry_run: bool) -> None:
        a_field(desk, "badge", unique=True)
        rows = [f"B{number % 1000}" for number in range(1001)]

        job = desk.imported(a_custom_file("custom.badge", *rows), dry_run=dry_run)

        assert (job["created"], job["refused"]) == (1000, 1)
        assert refusals(desk) == [(1002, "accounts.import.taken", "custom.badge")]

    def test_are_named_by_a_mapping(self, desk: Desk) -> None:
        a_field(desk, "hobby")

        job = desk.imported(a_custom_file("Pastime", "Chess"), mapping={"Pastime": "custom.hobby"})

        assert job["created"] == 1
        assert customs(desk) == [{"hobby": "Chess"}]

    @pytest.mark.parametrize("column", ["custom.secret", "custom.", "custom.gone"])
    def test_of_no_field_are_refused_before_anything_runs(self, desk: Desk, column: str) -> None:
        gone = a_field(desk, "gone")
        desk.ask("retire_field", field_id=gone["id"], version=1)

        with pytest.raises(WrongHeader) as refused:
            desk.start(a_custom_file(column, "x"))

        assert refused.value.detail["columns"] == [15]
        assert desk.count("imports") == 0

    def test_fill_in_defaults_also_where_a_file_has_no_such_column(self, desk: Desk) -> None:
        a_field(desk, "height", "number", default="1.7", searchable=True)

        desk.imported(a_file(a_row(1)))

        assert customs(desk) == [{"height": "1.7"}]
        assert found(desk, filters={"custom.height": "1.7"}) == ["Person 1"]

    def test_that_are_required_are_refused_where_a_file_has_none(self, desk: Desk) -> None:
        a_field(desk, "height", "number", required=True)

        job = desk.imported(a_file(a_row(1)))

        assert counts(job) == (0, 0, 0, 1)
        assert refusals(desk) == [(2, "accounts.import.required", "custom.height")]

    def test_beside_what_others_changed_since_the_version_of_a_row(self, desk: Desk) -> None:
        a_field(desk, "hobby")
        a_field(desk, "height", "number")
        desk.imported(a_custom_file("custom.hobby,custom.height", "Chess,1", "Chess,1"))
        for one in desk.ask("find_records", kind="customer", sort="name")["items"]:
            desk.ask("update_customer", customer_id=one["id"], version=1,
                     changes={"custom": {"hobby": "Go"}})  # fmt: skip

        header = "custom.hobby,custom.height,version"
        job = desk.imported(a_custom_file(header, "Chess,2,1", "Shogi,2,1"))

        assert counts(job) == (0, 1, 0, 1)
        assert customs(desk) == [{"hobby": "Go", "height": "2"}, {"hobby": "Go", "height": "1"}]
        assert refusals(desk) == [(3, "accounts.import.stale", "custom.hobby")]

    @pytest.mark.spec("ACC-12")
    def test_of_a_workbook_are_read_as_spreadsheets_keep_them(self, desk: Desk) -> None:
        types = {"height": "number", "born": "date", "vegan": "boolean", "budget": "money"}
        for key, type_ in types.items():
            a_field(desk, key, type_)
        header = ["external_id", "name", *(f"custom.{key}" for key in types)]
        rows = (
            ["X-1", "Ann", 1.5, date(1990, 1, 31), True, "12.50 EUR"],
            ["X-2", "Bob", 2, None, None, None],
            ["X-3", "Eve", "tall", None, None, None],
        )

        job = desk.imported(a_workbook(header, *rows))

        assert counts(job) == (2, 0, 0, 1)
        budget = {"amount_minor": 1250, "currency": "EUR"}
        assert customs(desk) == [
            {"height": "1.5", "born": "1990-01-31", "vegan": True, "budget": budget},
            {"height": "2"},
        ]
        assert refusals(desk) == [(4, "accounts.import.wrong_type", "custom.height")]


class TestAChunk:
    def test_of_a_file_without_custom_columns_asks_nothing_of_the_fields(self, desk: Desk) -> None:
        a_field(desk, "hobby", searchable=True)
        a_field(desk, "badge", unique=True)
        desk.start(a_file(a_row(1), a_row(2)))

        asked = statements(desk)

        assert desk.count("customers") == 2
        assert [one for one in asked if "custom_fields" in one or "custom_index" in one] == []

    def test_asks_as_much_for_a_thousand_rows_as_for_ten(self, desk: Desk) -> None:
        a_field(desk, "badge", unique=True)
        a_field(desk, "friend", "reference", refers_to="customer")
        friend = a_customer(desk)["customer_id"]

        def asked_for(start: int, count: int) -> int:
            rows = [f"{start}-{number},{friend}" for number in range(count)]
            content = a_custom_file("custom.badge,custom.friend", *rows)
            for cell in (b"X-", b"@example", b"+1212"):  # nobody is who was entered before
                content = content.replace(cell, cell + str(start).encode())
            desk.start(content, on_match="warn")
            return len(statements(desk))

        few, many = asked_for(1, 10), asked_for(2, 900)

        assert desk.count("customers") == 911
        assert many <= few + 5


def statements(desk: Desk) -> list[str]:
    """Let what was started come to its end, and return what the database was asked."""
    engine = desk.runtime.database.engine
    asked: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        desk.run()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return asked
