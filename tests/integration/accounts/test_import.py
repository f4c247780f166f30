"""Customers from files: checked row by row, resumed after any death, corrected and brought again."""

import pytest

from chassis.errors import Forbidden
from services.accounts.usecases import import_rows
from tests.support.accounts import (
    Desk,
    a_customer,
    a_file,
    a_row,
    a_staff,
    a_territory,
)
from tests.support.imports import counts, refusals


@pytest.mark.spec("ACC-02", "ACC-12")
class TestImport:
    def test_enters_customers_with_territory_owner_and_marks(self, desk: Desk) -> None:
        east = a_territory(desk, "New York")
        rita = a_staff(desk, name="Rita", territory_ids=[east])["id"]

        status = desk.imported(a_file(a_row(1), a_row(2, state="Oregon")))

        assert counts(status) == (2, 0, 0, 0)
        assert (status["status"], status["done_bytes"]) == ("finished", status["total_bytes"])
        found = desk.ask("find_records", kind="customer", sort="number")["items"]
        assert [one["number"] for one in found] == ["100001", "100002"]
        assert [one["owner_id"] for one in found] == [rita, None]
        assert [one["territory_id"] for one in found] == [east, None]
        assert found[0]["derived"] == ["email", "language", "phone"]
        assert found[0]["external_ids"] == {"erp": "X-1"}
        (history,) = desk.ask("ownership_history", customer_id=found[0]["id"])["items"]
        assert (history["owner_id"], history["rule"]) == (rita, "territory.only_member")

    def test_tells_each_customer_once_like_any_other_door(self, desk: Desk) -> None:
        desk.imported(a_file(a_row(1), a_row(2)))

        created = desk.told("accounts.customer.created.v1")
        recorded = desk.told("accounts.customer.recorded.v1")
        (finished,) = desk.told("accounts.import.finished.v1")
        assert [one["source"] for one in created] == ["import", "import"]
        assert [one["external_ids"] for one in recorded] == [{"erp": "X-1"}, {"erp": "X-2"}]
        assert {one["version"] for one in recorded} == {1}
        assert (finished["created"], finished["refused"], finished["dry_run"]) == (2, 0, False)

    def test_a_second_run_changes_nothing(self, desk: Desk) -> None:
        content = a_file(a_row(1), a_row(2))
        desk.imported(content)

        again = desk.imported(content)

        assert counts(again) == (0, 0, 2, 0)
        assert len(desk.told("accounts.customer.recorded.v1")) == 2
        assert desk.count("audit", "WHERE record_kind = 'customers'") == 2

    def test_updates_what_differs_and_nothing_else(self, desk: Desk) -> None:
        desk.imported(a_file(a_row(1), a_row(2)))

        status = desk.imported(a_file(a_row(1, city="Rye", segment=""), a_row(2)))

        assert counts(status) == (0, 1, 1, 0)
        (updated,) = desk.told("accounts.customer.updated.v1")
        assert updated["changed"] == {"city": None}  # personal: named without values
        found = desk.ask("find_records", kind="customer", sort="number")["items"]
        assert (found[0]["city"], found[0]["segment"], found[0]["version"]) == (
            "Rye", "Consumer", 2,
        )  # fmt: skip

    def test_a_told_value_is_not_overwritten_by_a_derived_one(self, desk: Desk) -> None:
        id_ = a_customer(desk, name="Person 1", email="ann@lee.org", external_ids={"erp": "X-1"})

        desk.imported(a_file(a_row(1)))

        seen = desk.ask("get_record", kind="customer", id=id_["customer_id"])
        assert (seen["email"], seen["derived"]) == ("ann@lee.org", ["language", "phone"])

    def test_create_refuses_the_known_and_update_the_unknown(self, desk: Desk) -> None:
        desk.imported(a_file(a_row(1)))
        content = a_file(a_row(1), a_row(2))

        create = desk.imported(content, mode="create", dry_run=True)
        update = desk.imported(content, mode="update", dry_run=True)

        assert counts(create) == (1, 0, 0, 1)
        assert counts(update) == (0, 0, 1, 1)
        assert refusals(desk, create["import_id"])[0]["refused_code"] == "accounts.import.exists"
        assert refusals(desk, update["import_id"])[0]["refused_code"] == "accounts.import.unknown"

    def test_columns_may_be_renamed_and_the_mark_of_order_present(self, desk: Desk) -> None:
        content = b'\xef\xbb\xbfCustomer ID,Customer Name\r\nA-1,"Lee, Ann"\r\n'

        status = desk.imported(
            content, system="shop", mapping={"Customer ID": "external_id", "Customer Name": "name"}
        )

        assert counts(status) == (1, 0, 0, 0)
        assert desk.ask("identify", system="shop", external_id="A-1")["outcome"] == "one"

    def test_links_to_a_customer_that_came_by_another_door(self, desk: Desk) -> None:
        known = a_customer(desk, name="Ann Lee", email="ann@lee.org")["customer_id"]
        row = a_row(1, name="Ann Lee", email="ann@lee.org")

        status = desk.imported(a_file(row), on_match="link")

        assert counts(status) == (0, 1, 0, 0)
        found = desk.ask("identify", system="erp", external_id="X-1")
        assert found["customers"][0]["customer_id"] == known

    def test_only_who_may_import_can(self, desk: Desk) -> None:
        rep = desk.token_of(a_staff(desk)["id"])

        desk.ask("upload_file", as_=rep, file_id="f", number=0, content="YQ==")

        with pytest.raises(Forbidden):
            desk.ask("start_import", as_=rep, file_id="f", sha256="0" * 64)

        assert desk.count("imports") == 0


@pytest.mark.spec("ACC-12")
class TestDryRun:
    def test_says_what_would_happen_and_does_nothing(self, desk: Desk) -> None:
        desk.imported(a_file(a_row(1), a_row(2)))
        before = {name: desk.count(name) for name in ("customers", "external_ids", "ownerships")}
        content = a_file(
            a_row(1), a_row(2, city="Rye"), a_row(3), a_row(4, email="person3@example.com"),
            a_row(5, name="Person 3", phone="+12125550003"), a_row(3),
        )  # fmt: skip

        dry = desk.imported(content, dry_run=True)
        after = {name: desk.count(name) for name in before}
        real = desk.imported(content)

        assert before == after
        assert counts(dry) == counts(real)
        assert counts(dry) == (1, 1, 1, 3)
        assert len(desk.told("accounts.customer.updated.v1")) == 1

    def test_foresees_duplicates_that_lie_chunks_apart(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(import_rows, "CHUNK_ROWS", 2)
        content = a_file(
            *(a_row(n) for n in range(1, 6)), a_row(6, email="person1@example.com"),
            a_row(7, name="Person 2", phone="+12125550002", email=""), a_row(3),
        )  # fmt: skip

        dry = desk.imported(content, dry_run=True)
        real = desk.imported(content)

        assert counts(dry) == counts(real)
