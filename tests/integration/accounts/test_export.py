"""Lists that leave the house: as far as the asker sees, on record, and readable where they go."""

import hashlib

import pytest

from chassis.errors import Conflict, Forbidden, Invalid, NotFound
from services.accounts.processes import exports
from tests.support.accounts import Desk, a_customer, a_file, a_row, a_staff, a_territory
from tests.support.exports import download, exported, table
from tests.support.imports import counts


@pytest.mark.spec("ACC-13")
class TestExport:
    def test_writes_the_list_that_was_asked_for_in_its_order(self, desk: Desk) -> None:
        for name, segment in (("Bob", "A"), ("Ann", "A"), ("Eve", "B")):
            a_customer(desk, name=name, segment=segment)

        job, content = exported(
            desk, filters={"segment": "A"}, sort="name", columns=["name", "segment"]
        )

        assert content == b"name,segment\r\nAnn,A\r\nBob,A\r\n"
        assert (job["status"], job["rows"], job["size"]) == ("finished", 2, len(content))
        assert job["sha256"] == hashlib.sha256(content).hexdigest()

    def test_goes_on_over_many_transactions_and_pages(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(exports, "STEP_PAGES", 2)
        monkeypatch.setattr(exports, "MAX_PAGE", 3)
        desk.imported(a_file(*(a_row(n) for n in range(20))))

        job, content = exported(desk, columns=["external_id"])

        assert job["rows"] == 20
        assert [row["external_id"] for row in table(content)] == [f"X-{n}" for n in range(20)]
        assert (
            desk.count("file_pieces", f"WHERE file_id = '{job['file_id']}'") == 5
        )  # with the head

    def test_what_was_exported_imports_as_unchanged(self, desk: Desk) -> None:
        desk.imported(
            a_file(
                a_row(1), a_row(2, name='"Lee, ""Ann"""', derived=""), a_row(3, name="=1+1"),
                a_row(4, name="李雷", phone="", email=""), a_row(5, name="'=quoted"),
            )
        )  # fmt: skip

        _, content = exported(desk)
        again = desk.imported(content)

        assert counts(again) == (0, 0, 5, 0)

    def test_refuses_what_cannot_be_asked_for(self, desk: Desk) -> None:
        with pytest.raises(Invalid) as filter_:
            desk.ask("start_export", filters={"shoe_size": 40})
        with pytest.raises(Invalid) as sort:
            desk.ask("start_export", sort="shoe_size")

        assert filter_.value.code == "record.unknown_filter"
        assert sort.value.code == "record.unknown_sort"
        assert (desk.count("exports"), desk.count("files"), desk.count("processes")) == (0, 0, 0)

    def test_that_becomes_too_large_fails_and_leaves_no_file(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        a_customer(desk)
        monkeypatch.setattr("chassis.files.store.MAX_FILE_BYTES", 300)

        export_id = desk.ask("start_export")["id"]
        desk.run()

        job = desk.ask("export_status", export_id=export_id)
        assert job["status"] == "failed"
        assert (desk.count("files"), desk.count("file_pieces")) == (0, 0)
        assert desk.told("accounts.export.finished.v1") == []


@pytest.mark.spec("ACC-13")
class TestWhatMayLeave:
    def test_a_rep_exports_nothing(self, desk: Desk) -> None:
        rep = desk.token_of(a_staff(desk)["id"])

        with pytest.raises(Forbidden) as refused:
            desk.ask("start_export", as_=rep)

        assert refused.value.detail == {"permission": "customer.export"}
        assert desk.count("exports") == 0

    def test_a_supervisor_exports_what_he_sees(self, desk: Desk) -> None:
        east = a_territory(desk, "New York")
        boss = desk.token_of(a_staff(desk, "supervisor", territory_ids=[east])["id"])
        a_customer(desk, name="East", state="New York")
        a_customer(desk, name="West", state="Oregon")

        job, content = exported(desk, boss, columns=["name"])

        assert content == b"name\r\nEast\r\n"
        assert job["rows"] == 1

    def test_a_column_that_may_not_be_read_is_refused_or_left_out(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        boss = desk.token_of(a_staff(desk, "sales_director")["id"])
        a_customer(desk, name="Ann")
        may = dict.fromkeys(("customer.read", "customer.export", "file.read"), "all")
        monkeypatch.setattr("contracts.roles.ROLES", {"sales_director": may})

        with pytest.raises(Forbidden) as refused:
            desk.ask("start_export", as_=boss, columns=["name", "tier"])
        job, content = exported(desk, boss)

        assert refused.value.code == "accounts.export.column_forbidden"
        assert {"tier", "tier_rank", "owner_id"} <= set(job["left_out"])
        assert "tier" not in table(content)[0]

    def test_contacts_need_the_right_to_contacts(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        boss = desk.token_of(a_staff(desk, "sales_director")["id"])
        roles = {"sales_director": {"customer.read": "all", "customer.export": "all"}}
        monkeypatch.setattr("contracts.roles.ROLES", roles)

        with pytest.raises(Forbidden) as refused:
            desk.ask("start_export", as_=boss, kind="contact")

        assert refused.value.detail == {"permission": "contact.read"}

    def test_the_file_is_the_askers_and_expires(self, desk: Desk) -> None:
        boss, other = (desk.token_of(a_staff(desk, "sales_director")["id"]) for _ in range(2))
        a_customer(desk, name="Ann")
        job, _ = exported(desk, boss)

        with pytest.raises(NotFound):
            download(desk, job["file_id"], other)
        with desk.work() as work:
            desk.runtime.timers["file.expired"](work, key=job["file_id"], data={})

        with pytest.raises(NotFound):
            download(desk, job["file_id"], boss)
        assert desk.count("timers", "WHERE kind = 'file.expired'") == 1

    def test_an_unfinished_file_is_not_given_out(self, desk: Desk) -> None:
        job = desk.ask("start_export")

        with pytest.raises(Conflict):
            desk.ask("file_piece", file_id=job["file_id"])


@pytest.mark.spec("ACC-13")
class TestTheLogOfExports:
    def test_says_who_took_what_when_and_as_which_file(self, desk: Desk) -> None:
        boss = a_staff(desk, "sales_director")["id"]
        token = desk.token_of(boss)
        a_customer(desk, name="Ann", segment="A")
        job, content = exported(
            desk, token, filters={"segment": "A"}, columns=["name"], note="for the fair, NDA 12"
        )

        page = desk.ask("find_records", kind="export", limit=1)

        (entry,) = page["items"]
        assert entry["asked_by"] == f"person:{boss}"
        assert (entry["filters"], entry["columns"]) == ({"segment": "A"}, ["name"])
        assert (entry["rows"], entry["note"]) == (1, "for the fair, NDA 12")
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()
        assert entry["finished_at"] == job["finished_at"]
        audit = f"WHERE record_kind = 'exports' AND actor = 'person:{boss}'"
        assert desk.count("audit", audit) >= 2

    def test_is_told_without_what_it_was_narrowed_by(self, desk: Desk) -> None:
        boss = a_staff(desk, "sales_director")["id"]
        a_customer(desk, name="Ann", segment="Secret")

        exported(
            desk, desk.token_of(boss), filters={"segment": "Secret"}, columns=["name"], note="Bob"
        )

        (told,) = desk.told("accounts.export.finished.v1")
        assert (told["rows"], told["columns"], told["actor"]) == (1, ["name"], f"person:{boss}")
        assert "Secret" not in str(told)
        assert "Bob" not in str(told)


class TestPainPoint25Excel:
    """Chinese, phones and formulas survive a spreadsheet (pain point 25)."""

    def test_the_file_opens_as_it_is_meant(self, desk: Desk) -> None:
        a_customer(desk, name="李雷", phone="+86 139 1234 5678", country="CN", city="=1+1")

        _, content = exported(desk, format="excel", columns=["name", "phone", "city"])

        assert content.startswith(b"\xef\xbb\xbf")
        (row,) = table(content)
        assert row == {"name": "李雷", "phone": "'+86 139 1234 5678", "city": "'=1+1"}
        formulas = ("=", "+", "-", "@", "\t", "\r")
        assert not [cell for cell in row.values() if cell.startswith(formulas)]

    def test_it_imports_again_as_unchanged(self, desk: Desk) -> None:
        desk.imported(a_file(a_row(1, name="李雷", city="=1+1"), a_row(2)))

        _, content = exported(desk, format="excel")
        again = desk.imported(content)

        assert counts(again) == (0, 0, 2, 0)


class TestCards:
    def test_hold_persons_and_contacts_with_where_they_work(self, desk: Desk) -> None:
        firm = a_customer(desk, name="Lee & Sons", kind="organisation")["customer_id"]
        a_customer(desk, name="Eve", phone="+12125550199")
        desk.ask(
            "register_contact", customer_id=firm, name="Ann Lee", phone="+12125550123", role="Buyer"
        )

        _, persons = exported(desk, format="vcard")
        _, contacts = exported(desk, format="vcard", kind="contact")

        assert persons.count(b"BEGIN:VCARD") == 1
        assert b"FN:Eve\r\n" in persons
        lines = contacts.decode().split("\r\n")
        assert lines[:3] == ["BEGIN:VCARD", "VERSION:4.0", "KIND:individual"]
        assert {"FN:Ann Lee", "ORG:Lee & Sons", "ROLE:Buyer"} <= set(lines)
        assert "TEL;VALUE=uri:tel:+12125550123" in lines
