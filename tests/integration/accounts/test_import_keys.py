"""Whom a row is about is said by one column; every row has a verdict and a class."""

import csv
import io
from typing import Any

import pytest

from chassis.errors import Invalid
from services.accounts.usecases import import_rows
from tests.support.accounts import Desk, a_customer, a_file, a_row
from tests.support.exports import exported
from tests.support.imports import counts, refusals


def lines(*rows: str) -> bytes:
    return "\r\n".join((*rows, "")).encode()


def verdicts(desk: Desk, import_id: object) -> list[dict[str, str]]:
    text, after = "", None
    while True:
        page = desk.ask("import_verdicts", import_id=import_id, after=after, limit=2)
        text += page["csv"]
        after = page["next"]
        if after is None:
            return list(csv.DictReader(io.StringIO(text, newline="")))


def codes(desk: Desk, status: dict[str, Any]) -> list[str]:
    return [row["refused_code"].rpartition(".")[2] for row in refusals(desk, status["import_id"])]


@pytest.mark.spec("ACC-12")
class TestMatchBy:
    def test_a_number_finds_its_customer_and_none_is_somebody_new(self, desk: Desk) -> None:
        ann = a_customer(desk, name="Ann")

        status = desk.imported(
            lines("number,name,segment", f"{ann['number']},Ann,A", ",Bob,B", "999999,Eve,C"),
            match_by="number",
        )

        assert counts(status) == (1, 1, 0, 1)
        assert codes(desk, status) == ["unknown"]
        found = desk.ask("find_records", kind="customer", sort="number")["items"]
        assert [(one["name"], one["segment"]) for one in found] == [("Ann", "A"), ("Bob", "B")]

    def test_a_mail_address_finds_its_customer(self, desk: Desk) -> None:
        a_customer(desk, name="Ann", email="ann@lee.org")
        rows = ("email,name,segment", "ANN@lee.org,Ann,A", "bob@lee.org,Bob,B", ",Eve,C")

        status = desk.imported(lines(*rows), match_by="email")
        again = desk.imported(lines(*rows), match_by="email")

        assert counts(status) == (1, 1, 0, 1)
        assert codes(desk, status) == ["required"]
        assert counts(again) == (0, 0, 2, 1)

    def test_a_phone_finds_its_customer_however_it_is_written(self, desk: Desk) -> None:
        a_customer(desk, name="李雷", phone="+8613912345678", country="CN")

        status = desk.imported(
            lines("phone,name,country,city", "139 1234 5678,李雷,CN,Beijing", "12,Bob,,"),
            match_by="phone",
        )

        assert counts(status) == (0, 1, 0, 1)
        assert codes(desk, status) == ["bad_phone"]
        (found,) = desk.ask("find_records", kind="customer")["items"]
        assert found["city"] == "Beijing"

    def test_a_key_that_several_have_is_refused(self, desk: Desk) -> None:
        for name in ("Ann", "Bob"):  # a household
            a_customer(desk, name=name, phone="+12125550123")

        status = desk.imported(lines("phone,name", "+12125550123,Eve"), match_by="phone")

        assert (counts(status), codes(desk, status)) == ((0, 0, 0, 1), ["ambiguous"])

    def test_the_key_of_another_system_is_never_given_twice(self, desk: Desk) -> None:
        a_customer(desk, name="Ann", email="ann@lee.org", external_ids={"erp": "X-1"})
        a_customer(desk, name="Bob", email="bob@lee.org")
        rows = (
            "email,external_id,name", "ann@lee.org,X-2,Ann", "bob@lee.org,X-1,Bob",
            "new@lee.org,X-1,New", "one@lee.org,X-9,One", "two@lee.org,X-9,Two",
        )  # fmt: skip

        dry = desk.imported(lines(*rows), match_by="email", on_match="warn", dry_run=True)
        status = desk.imported(lines(*rows), match_by="email", on_match="warn")

        assert counts(dry) == counts(status) == (1, 0, 0, 4)
        assert codes(desk, status) == ["external_id_taken", "duplicate", "duplicate", "duplicate"]
        assert desk.count("external_ids") == 2

    def test_the_same_key_twice_in_a_file_is_refused_chunks_apart(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(import_rows, "CHUNK_ROWS", 1)
        rows = ("email,name", "ann@lee.org,Ann", "bob@lee.org,Bob", "ann@lee.org,Anna")

        status = desk.imported(lines(*rows), match_by="email")

        assert (counts(status), codes(desk, status)) == ((2, 0, 0, 1), ["duplicate"])

    def test_the_column_is_needed_and_no_other_key(self, desk: Desk) -> None:
        with pytest.raises(Invalid) as refused:
            desk.start(lines("external_id,name", "X-1,Ann"), match_by="email")

        assert refused.value.detail == {"twice": [], "missing": ["email"]}

    @pytest.mark.parametrize("match_by", ["number", "email", "phone", "external_id"])
    def test_what_was_exported_imports_as_unchanged(self, desk: Desk, match_by: str) -> None:
        desk.imported(a_file(*(a_row(n, phone=f"+1212555000{n}") for n in range(1, 6))))

        _, content = exported(desk)
        again = desk.imported(content, match_by=match_by)

        assert counts(again) == (0, 0, 5, 0)


@pytest.mark.spec("ACC-02")
class TestVerdicts:
    def test_every_row_has_one_with_the_class_that_it_was_given_or_has(self, desk: Desk) -> None:
        a_customer(desk, name="Ann", email="ann@lee.org")
        rows = (
            "email,name,lifecycle", "ann@lee.org,Ann,churned", "bob@lee.org,Bob,loyal",
            "eve@lee.org,Eve,", "zoe@lee.org,Zoe,enemy",
        )  # fmt: skip

        status = desk.imported(lines(*rows), match_by="email")

        found = verdicts(desk, status["import_id"])
        assert [(row["row"], row["verdict"], row["class"]) for row in found] == [
            ("2", "unchanged", "potential"),  # where a known one stands follows from facts
            ("3", "created", "loyal"), ("4", "created", "potential"), ("5", "refused", ""),
        ]  # fmt: skip
        assert (found[3]["code"], found[3]["column"]) == ("accounts.import.bad_class", "lifecycle")
        customers = desk.ask("find_records", kind="customer", sort="number")["items"]
        assert [one["lifecycle"] for one in customers] == ["potential", "loyal", "potential"]

    def test_a_dry_run_says_the_same(self, desk: Desk) -> None:
        rows = ("email,name,lifecycle", "bob@lee.org,Bob,loyal", "zoe@lee.org,Zoe,enemy")

        dry = desk.imported(lines(*rows), match_by="email", dry_run=True)
        real = desk.imported(lines(*rows), match_by="email")

        told = [
            [(row["row"], row["verdict"], row["class"], row["code"]) for row in found]
            for found in (verdicts(desk, dry["import_id"]), verdicts(desk, real["import_id"]))
        ]
        assert told[0] == told[1]

    def test_says_what_became_of_it_when_it_was_taken_back(self, desk: Desk) -> None:
        done = desk.imported(a_file(a_row(1), a_row(2)))
        (one,) = desk.ask("identify", system="erp", external_id="X-2")["customers"]
        desk.ask("register_contact", customer_id=one["customer_id"], name="Bob")

        desk.ask("revert_import", import_id=done["import_id"])
        desk.run()

        found = verdicts(desk, done["import_id"])
        assert [(row["undone"], row["undone_code"]) for row in found] == [
            ("reverted", ""), ("kept", "accounts.import.revert_relied_on"),
        ]  # fmt: skip


class TestWhatARowLeavesOut:
    """An empty cell says nothing, and so does a column that is not there."""

    @pytest.mark.parametrize("header", ["external_id,name,city", "external_id,name,kind,city"])
    def test_an_organisation_stays_one(self, desk: Desk, header: str) -> None:
        acme = a_customer(desk, kind="organisation", name="Acme", external_ids={"erp": "E-1"})
        row = "E-1,Acme,,Rye" if "kind" in header else "E-1,Acme,Rye"

        status = desk.imported(lines(header, row))

        assert counts(status) == (0, 1, 0, 0)
        stored = desk.ask("get_record", kind="customer", id=acme["customer_id"])
        assert (stored["kind"], stored["city"]) == ("organisation", "Rye")

    def test_somebody_new_is_a_person(self, desk: Desk) -> None:
        desk.imported(lines("external_id,name", "E-1,Ann"))

        (ann,) = desk.ask("find_records", kind="customer")["items"]
        assert ann["kind"] == "person"
