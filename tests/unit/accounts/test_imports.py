import pytest

from services.accounts.domain.customers import LIMITS
from services.accounts.domain.imports import (
    COLUMNS,
    Entry,
    Fault,
    RowReader,
    WrongEncoding,
    WrongHeader,
    read_header,
)
from tests.support.accounts import HEADER, a_row

NAMES = tuple(HEADER.split(","))


def read(row: str) -> Entry | Fault:
    return RowReader(NAMES, "erp").read(row.encode())


class TestReadHeader:
    def test_takes_the_columns_in_any_order_with_a_byte_order_mark(self) -> None:
        raw = b"\xef\xbb\xbf" + ",".join(reversed(NAMES)).encode()

        assert read_header(raw, {}) == tuple(reversed(NAMES))

    def test_renames_columns(self) -> None:
        raw = b"Customer ID,Customer Name"

        found = read_header(raw, {"Customer ID": "external_id", "Customer Name": "name"})

        assert found == ("external_id", "name")

    def test_passes_over_the_reasons_of_an_earlier_import(self) -> None:
        assert read_header(b"refused_row,refused_code,external_id,name", {}) == (
            None, None, "external_id", "name",
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("raw", "detail"),
        [
            (b"external_id,name,shoe size", {"columns": [3], "known": list(COLUMNS)}),
            (b"A-1,Ann Lee", {"columns": [1, 2], "known": list(COLUMNS)}),
            (b"external_id,email", {"twice": [], "missing": ["name"]}),
            (b"external_id,name,name", {"twice": ["name"], "missing": []}),
            (b"", {"columns": [1], "known": list(COLUMNS)}),
        ],
    )
    def test_refuses_a_wrong_header_without_repeating_it(
        self, raw: bytes, detail: dict[str, object]
    ) -> None:
        with pytest.raises(WrongHeader) as refused:
            read_header(raw, {})

        assert refused.value.detail == detail

    @pytest.mark.parametrize("raw", ["Größe".encode("latin-1"), HEADER.encode("utf-16")])
    def test_refuses_what_is_not_utf8(self, raw: bytes) -> None:
        with pytest.raises(WrongEncoding):
            read_header(raw, {})


class TestRowReader:
    def test_reads_a_customer(self) -> None:
        found = read(a_row(1))

        assert isinstance(found, Entry)
        assert found.external_id == "X-1"
        assert found.details.external_ids == {"erp": "X-1"}
        assert found.details.derived == ("email", "phone", "language")

    def test_empty_cells_say_nothing(self) -> None:
        found = read(a_row(1, email="", phone="", kind="", derived=""))

        assert isinstance(found, Entry)
        assert (found.details.email, found.details.kind) == (None, None)

    @pytest.mark.parametrize(
        ("cells", "code", "column"),
        [
            ({"customer_since": "2016-02-30"}, "accounts.import.bad_date", "customer_since"),
            ({"name": "x" * (LIMITS["name"] + 1)}, "accounts.import.too_long", "name"),
            ({"name": ""}, "accounts.import.required", "name"),
            ({"external_id": " "}, "accounts.import.required", "external_id"),
            ({"email": "nobody"}, "accounts.import.bad_email", "email"),
            ({"kind": "robot"}, "accounts.import.bad_kind", "kind"),
            ({"country": "USA"}, "accounts.import.too_long", "country"),
            ({"country": "us"}, "accounts.import.bad_country", "country"),
            ({"language": "english please"}, "accounts.import.bad_language", "language"),
            ({"derived": "email shoe"}, "accounts.import.bad_derived", "derived"),
            ({"city": "New\0York"}, "accounts.import.bad_text", "city"),
            ({"segment": "a,b"}, "accounts.import.columns", None),
            ({"city": '"New York'}, "accounts.import.quotes", None),
        ],
    )
    def test_refuses_with_code_and_column(
        self, cells: dict[str, str], code: str, column: str | None
    ) -> None:
        found = read(a_row(1, **cells))

        assert isinstance(found, Fault)
        assert (found.code, found.column) == (code, column)

    def test_names_the_column_that_is_not_utf8(self) -> None:
        raw = a_row(1, city="Orl\xe9ans").encode("latin-1")

        found = RowReader(NAMES, "erp").read(raw)

        assert found == Fault("encoding", "The text is not UTF-8.", "city")

    def test_hands_the_cells_of_custom_fields_on(self) -> None:
        columns = ("external_id", "name", "custom.hobby", "custom.height")

        found = RowReader(columns, "erp").read(b"X-1,Ann,'=1+1, ")

        assert isinstance(found, Entry)
        assert found.custom == {"hobby": "=1+1"}

    def test_names_the_custom_column_that_is_not_utf8(self) -> None:
        columns = ("external_id", "name", "custom.hobby")

        found = RowReader(columns, "erp").read("X-1,Ann,Orl\xe9ans".encode("latin-1"))

        assert found == Fault("encoding", "The text is not UTF-8.", "custom.hobby")

    def test_says_nothing_of_what_the_row_holds(self) -> None:
        found = read(a_row(1, email="secret-person"))

        assert isinstance(found, Fault)
        assert "secret" not in found.reason
