"""A file with faults: each is refused with its reason, the rest comes in."""

import csv
import io

import pytest

from chassis.errors import Conflict, Invalid, NotFound
from tests.support.accounts import (
    HEADER,
    Desk,
    a_customer,
    a_file,
    a_row,
    a_staff,
)
from tests.support.imports import counts, refusals

FAULTS = {
    "bad date": (a_row(9, customer_since="2016-02-30"), "bad_date", "customer_since"),
    "over-long field": (a_row(9, name="x" * 5000), "too_long", "name"),
    "duplicate inside the file": (a_row(1, city="Elsewhere"), "duplicate", "external_id"),
    "duplicate by mail": (a_row(9, email="PERSON2@example.com"), "duplicate", "email"),
    "duplicate by phone and name": (
        a_row(9, name="PERSON 2", phone="(212) 555-0002"), "duplicate", "phone",
    ),
    "duplicate of a known customer": (a_row(9, email="known@lee.org"), "duplicate", "email"),
    "too many columns": (a_row(9) + ",more", "columns", ""),
    "too few columns": ("X-9,person", "columns", ""),
    "open quote": (a_row(9, city='"Rye'), "quotes", ""),
    "no key": (a_row(9, external_id=""), "required", "external_id"),
}  # fmt: skip


@pytest.mark.spec("ACC-02")
class TestPlantedFaults:
    @pytest.mark.parametrize("fault", FAULTS)
    def test_a_wrong_row_is_refused_with_its_reason_and_the_rest_comes_in(
        self, desk: Desk, fault: str
    ) -> None:
        a_customer(desk, name="Known", email="known@lee.org")
        row, code, column = FAULTS[fault]
        # The phones of the rows are written in full; the faults write them as people do.
        good = [a_row(n, phone=f"+1212555000{n}") for n in (1, 2, 3)]

        status = desk.imported(a_file(*good, row))

        assert counts(status) == (3, 0, 0, 1)
        (refused,) = refusals(desk, status["import_id"])
        assert refused["refused_row"] == "5"  # the header is row 1
        assert refused["refused_code"] == f"accounts.import.{code}"
        assert refused["refused_column"] == column
        assert desk.count("customers") == 4

    def test_a_row_that_is_not_utf8_is_refused_alone(self, desk: Desk) -> None:
        content = a_file(a_row(1), a_row(2, name="Rene"), a_row(3)).replace(b"Rene", b"Ren\xe9")

        status = desk.imported(content)

        assert counts(status) == (2, 0, 0, 1)
        (refused,) = refusals(desk, status["import_id"])
        assert refused["refused_code"] == "accounts.import.encoding"
        assert refused["refused_column"] == "name"

    def test_a_file_that_is_not_utf8_is_refused_whole(self, desk: Desk) -> None:
        rows = [a_row(n, name=f"Ren\xe9 {n}") for n in range(3)]
        content = a_file(*rows).decode().encode("latin-1")

        with pytest.raises(Invalid) as refused:
            desk.start(content)

        assert refused.value.code == "accounts.import.encoding"
        assert desk.count("imports") == 0
        assert desk.count("processes") == 0

    def test_a_file_without_a_header_is_refused_without_saying_what_is_in_it(
        self, desk: Desk
    ) -> None:
        with pytest.raises(Invalid) as refused:
            desk.start(a_row(1).encode())

        assert refused.value.code == "accounts.import.header"
        assert "Person" not in f"{refused.value} {refused.value.detail}"

    def test_refused_rows_are_corrected_and_imported_again(self, desk: Desk) -> None:
        bad = [a_row(n, customer_since="31.01.2016") for n in range(4, 9)]
        first = desk.imported(a_file(a_row(1), a_row(2), a_row(3), *bad))
        returned = refusals(desk, first["import_id"])

        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, fieldnames=list(returned[0]))
        writer.writeheader()
        writer.writerows(row | {"customer_since": "2016-01-31"} for row in returned)
        second = desk.imported(out.getvalue().encode())

        assert len(returned) == 5
        assert list(returned[0])[4:] == HEADER.split(",")
        assert counts(second) == (5, 0, 0, 0)
        assert desk.count("customers") == 8

    def test_the_verdict_on_every_row_is_kept(self, desk: Desk) -> None:
        desk.imported(a_file(a_row(1), a_row(2, kind="robot"), a_row(3)))

        assert desk.count("import_rows", "WHERE verdict = 'created'") == 2
        assert desk.count("import_rows", "WHERE verdict = 'refused'") == 1


class TestTheFileOfAnImport:
    def test_is_demanded_as_it_was_sent(self, desk: Desk) -> None:
        named = desk.upload(a_file(a_row(1)))

        with pytest.raises(Invalid) as damaged:
            desk.ask("start_import", file_id=named["file_id"], sha256="0" * 64)
        with pytest.raises(NotFound):
            desk.ask("start_import", file_id="none", sha256="0" * 64)

        assert damaged.value.code == "file.damaged"
        assert desk.count("imports") == 0

    def test_is_the_starters_own(self, desk: Desk) -> None:
        director = desk.token_of(a_staff(desk, "sales_director")["id"])
        named = desk.upload(a_file(a_row(1)))

        with pytest.raises(NotFound) as refused:
            desk.ask("start_import", as_=director, **named)

        assert refused.value.code == "file.not_found"
        assert desk.count("imports") == 0

    def test_takes_no_piece_once_it_is_imported(self, desk: Desk) -> None:
        named = desk.upload(a_file(a_row(1)))
        desk.ask("start_import", **named)

        with pytest.raises(Conflict) as refused:
            desk.ask("upload_file", file_id=named["file_id"], number=1, content="YQ==")

        assert refused.value.code == "file.whole"
