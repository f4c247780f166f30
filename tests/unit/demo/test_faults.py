import csv
import io
from dataclasses import asdict
from datetime import date

import pytest

from demo import faults, history
from demo.faults import LEGACY_FILE, MAIN_FILE, Planted, Reason
from services.accounts.domain import files, imports


@pytest.fixture(scope="module")
def planted() -> Planted:
    return faults.plant(history.read().known_before(date(2017, 1, 1)))


def content_of(planted: Planted, name: str) -> bytes:
    return next(file.content for file in planted.files if file.name == name)


def records(content: bytes) -> list[dict[str, str]]:
    text = content.decode(errors="replace")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def refused_of(planted: Planted) -> bytes:
    """Give back the refused rows as an import does: the reasons in front."""
    rows = records(content_of(planted, MAIN_FILE))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, ["refused_row", "refused_code", *faults.HEADER])
    writer.writeheader()
    for fault in planted.faults_of(MAIN_FILE):
        assert fault.row is not None
        writer.writerow(rows[fault.row - 2] | {"refused_code": fault.reason})
    return out.getvalue().encode("utf-8-sig")


class TestPlant:
    def test_hands_in_every_customer(self, planted: Planted) -> None:
        main, legacy = (content_of(planted, name) for name in (MAIN_FILE, LEGACY_FILE))

        assert len(records(main)) == 776 + 2
        assert len(records(legacy)) == 6
        assert len(planted.truth) == 782

    def test_names_each_fault_with_its_row_and_column(self, planted: Planted) -> None:
        found = [(fault.row, fault.column, fault.reason) for fault in planted.faults_of(MAIN_FILE)]

        assert found == [
            (2, "customer_since", Reason.DATE),
            (157, "name", Reason.TOO_LONG),
            (312, "name", Reason.ENCODING),
            (778, "external_id", Reason.DUPLICATE),
            (779, "email", Reason.DUPLICATE),
        ]

    def test_plants_them_where_it_says(self, planted: Planted) -> None:
        lines = content_of(planted, MAIN_FILE).split(b"\r\n")
        rows = records(content_of(planted, MAIN_FILE))

        assert rows[0]["customer_since"] == "2016-02-30"
        assert len(rows[155]["name"]) == 5000
        with pytest.raises(UnicodeDecodeError):
            lines[311].decode()
        assert [n for n, line in enumerate(lines, start=1) if b"\xe9" in line] == [312]
        assert rows[776]["external_id"] in {row["external_id"] for row in rows[:776]}
        assert rows[777]["email"] in {row["email"] for row in rows[:776]}
        assert rows[777]["external_id"] not in {row["external_id"] for row in rows[:776]}

    def test_writes_umlauts_as_an_old_till_does(self, planted: Planted) -> None:
        legacy = content_of(planted, LEGACY_FILE)

        with pytest.raises(UnicodeDecodeError):
            legacy.decode()
        assert "Resi Pölking" in legacy.decode("latin-1")
        assert [fault.row for fault in planted.faults_of(LEGACY_FILE)] == [None]


class TestAccounts:
    def test_finds_in_each_row_the_fault_that_was_planted_there(self, planted: Planted) -> None:
        header, *rows = content_of(planted, MAIN_FILE).rstrip(b"\r\n").split(b"\r\n")
        reader = imports.RowReader(imports.read_header(header, {}), "erp")

        read = [reader.read(row) for row in rows]

        wrong = [
            (number, one.column, one.code)
            for number, one in enumerate(read, start=2)
            if isinstance(one, imports.Fault)
        ]
        in_a_row = [one for one in planted.faults_of(MAIN_FILE) if one.repairable]
        assert wrong == [(one.row, one.column, one.reason) for one in in_a_row]

    def test_takes_the_old_file_for_foreign(self, planted: Planted) -> None:
        legacy = content_of(planted, LEGACY_FILE)

        assert files.mostly_foreign(legacy.splitlines())
        assert not files.mostly_foreign(content_of(planted, MAIN_FILE).splitlines())


class TestCorrect:
    def test_repairs_the_spoiled_rows_and_leaves_the_repeats_out(self, planted: Planted) -> None:
        corrected = faults.correct(planted, MAIN_FILE, refused_of(planted))

        rows = records(corrected.content)
        assert len(rows) == 3
        assert rows == [asdict(planted.truth[row["external_id"]]) for row in rows]

    def test_writes_the_old_file_again_in_utf8(self, planted: Planted) -> None:
        corrected = faults.correct(planted, LEGACY_FILE, b"")

        rows = records(corrected.content)
        assert sorted(row["name"] for row in rows)[:2] == ["Anna Häberlin", "Barry Französisch"]
        assert rows == [asdict(planted.truth[row["external_id"]]) for row in rows]
