"""An import is taken back: creates and updates, except what somebody relies on or has changed."""

from typing import Any

import pytest

from chassis.errors import Conflict
from chassis.rows import Copy
from contracts import SERVICES
from contracts.accounts import Customer
from rapport_cli import services
from services.accounts.usecases import reverts
from tests.support.accounts import Desk, a_customer, a_file, a_row, a_staff, a_territory
from tests.support.imports import counts
from tests.support.merging import merge
from tests.support.standing import buy, say


def taken_back(desk: Desk, import_id: object) -> dict[str, Any]:
    desk.ask("revert_import", import_id=import_id)
    desk.run()
    return dict(desk.ask("import_status", import_id=import_id))


def customers(desk: Desk) -> dict[str, dict[str, Any]]:
    found = desk.ask("find_records", kind="customer", sort="number")["items"]
    return {one["external_ids"].get("erp", one["name"]): one for one in found}


def undone(desk: Desk, import_id: object) -> list[tuple[int, str, str | None, str | None]]:
    query = "SELECT number, undone, undone_code, undone_fields FROM import_rows"
    with desk.runtime.database.engine.connect() as connection:
        rows = connection.exec_driver_sql(f"{query} WHERE import_id = '{import_id}' ORDER BY 1")
        return [(row[0], row[1], row[2], row[3]) for row in rows]


class TestRevert:
    def test_removes_what_was_entered_and_restores_what_was_changed(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reverts, "STEP_ROWS", 2)
        desk.imported(a_file(a_row(1), a_row(2)))
        before = customers(desk)
        second = desk.imported(
            a_file(
                a_row(1, city="Rye", name="Ann", phone="+12125550199"), a_row(2, kind="organisation"),
                *(a_row(n) for n in range(3, 8)),
            )
        )  # fmt: skip
        assert counts(second) == (5, 2, 0, 0)

        status = taken_back(desk, second["import_id"])

        assert (status["status"], status["reverted"]) == ("reverted", 7)
        after = customers(desk)
        kept = ("name", "city", "phone", "phone_e164", "kind", "external_ids", "derived")
        assert after.keys() == before.keys()
        for key, one in after.items():
            assert {name: one[name] for name in kept} == {name: before[key][name] for name in kept}
        assert desk.count("external_ids") == 2
        (told,) = desk.told("accounts.import.reverted.v1")
        assert (told["reverted"], told["kept"]) == (7, 0)

    def test_links_are_taken_back_with_their_keys(self, desk: Desk) -> None:
        known = a_customer(desk, name="Ann Lee", email="ann@lee.org")["customer_id"]
        done = desk.imported(a_file(a_row(1, name="Ann Lee", email="ann@lee.org")), on_match="link")

        taken_back(desk, done["import_id"])

        customer = desk.ask("get_record", kind="customer", id=known)
        assert (customer["external_ids"], customer["segment"]) == ({}, None)
        assert desk.count("external_ids") == 0

    def test_leaves_what_somebody_changed_since_and_says_so(self, desk: Desk) -> None:
        desk.imported(a_file(a_row(1), a_row(2)))
        done = desk.imported(
            a_file(a_row(1, city="Rye", segment="Corporate"), a_row(2, city="Rye"), a_row(3))
        )
        now = customers(desk)
        for key, change in (("X-1", "Troy"), ("X-2", "Troy"), ("X-3", "Troy")):
            desk.ask(
                "update_customer", customer_id=now[key]["id"], version=now[key]["version"],
                changes={"city": change},
            )  # fmt: skip

        status = taken_back(desk, done["import_id"])

        after = customers(desk)
        assert [(one["city"], one["segment"]) for one in after.values()] == [
            ("Troy", "Consumer"), ("Troy", "Consumer"), ("Troy", "Consumer"),
        ]  # fmt: skip
        changed = "accounts.import.revert_changed"
        assert [row[:3] for row in undone(desk, done["import_id"])] == [
            (2, "partly", changed), (3, "kept", changed), (4, "kept", changed),
        ]  # fmt: skip
        assert status["reverted"] == 0

    def test_leaves_a_new_customer_whom_somebody_relies_on(self, desk: Desk) -> None:
        done = desk.imported(a_file(a_row(1), a_row(2)))
        id_ = customers(desk)["X-1"]["id"]
        desk.ask("register_contact", customer_id=id_, name="Bob")

        taken_back(desk, done["import_id"])

        assert list(customers(desk)) == ["X-1"]
        assert [row[1:3] for row in undone(desk, done["import_id"])] == [
            ("kept", "accounts.import.revert_relied_on"), ("reverted", None),
        ]  # fmt: skip

    def test_leaves_nothing_of_a_new_customer(self, desk: Desk) -> None:
        a_staff(desk, territory_ids=[a_territory(desk, "New York")])
        desk.ask("register_drop_rule", name="Idle", demand="follow_up", days=30, warning_days=5)
        done = desk.imported(a_file(a_row(1), a_row(2)))
        of_customers = "WHERE kind = 'customer.drop_due'"
        before = (desk.count("search_terms"), desk.count("timers", of_customers))

        taken_back(desk, done["import_id"])

        assert (before[0] > 0, before[1]) == (True, 2)
        for table in ("customers", "external_ids", "ownerships", "search_terms"):
            assert desk.count(table) == 0
        assert desk.count("timers", of_customers) == 0

    def test_leaves_a_new_customer_who_has_bought_or_answered(self, desk: Desk) -> None:
        done = desk.imported(a_file(a_row(1), a_row(2), a_row(3)))
        buy(desk, customers(desk)["X-1"]["id"], on="2017-02-20")
        say(desk, customers(desk)["X-2"]["id"], "satisfied")

        taken_back(desk, done["import_id"])

        assert list(customers(desk)) == ["X-1", "X-2"]
        codes = [row[2] for row in undone(desk, done["import_id"])]
        assert codes == [*["accounts.import.revert_relied_on"] * 2, None]

    def test_leaves_a_new_customer_whom_another_was_merged_into(self, desk: Desk) -> None:
        """Merge loses data (pain point 3): the other one is nowhere else by now."""
        other = a_customer(desk, name="Bo Li")["customer_id"]
        done = desk.imported(a_file(a_row(1, name="Bo Li", email="", phone="")))
        winner = customers(desk)["X-1"]["id"]
        merge(desk, winner, other)

        taken_back(desk, done["import_id"])

        assert list(customers(desk)) == ["X-1"]
        assert desk.ask("get_record", kind="customer", id=other)["id"] == winner

    def test_leaves_a_new_customer_who_has_asked_what_we_know(self, desk: Desk) -> None:
        done = desk.imported(a_file(a_row(1), a_row(2)))
        id_ = customers(desk)["X-2"]["id"]
        desk.ask("receive_request", customer_id=id_, kind="access")

        taken_back(desk, done["import_id"])

        assert list(customers(desk)) == ["X-2"]

    def test_removes_whom_only_time_has_made_another_class(self, desk: Desk) -> None:
        done = desk.imported(b"external_id,name,lifecycle\r\nX-1,Ann,loyal\r\n")
        id_ = customers(desk)["X-1"]["id"]
        with desk.work() as work:
            desk.runtime.timers["customer.class_due"](work, key=id_, data={})
        assert customers(desk)["X-1"]["lifecycle"] == "potential"

        taken_back(desk, done["import_id"])

        assert customers(desk) == {}

    def test_does_not_make_anybody_twice(self, desk: Desk) -> None:
        desk.imported(a_file(a_row(1, email="ann@lee.org")))
        done = desk.imported(a_file(a_row(1, email="new@lee.org")))
        a_customer(desk, name="Somebody", email="ann@lee.org")

        taken_back(desk, done["import_id"])

        assert customers(desk)["X-1"]["email"] == "new@lee.org"
        assert [row[1:3] for row in undone(desk, done["import_id"])] == [
            ("kept", "accounts.import.revert_duplicate")
        ]

    def test_what_is_gone_is_told_to_whoever_keeps_a_copy(self, desk: Desk) -> None:
        done = desk.imported(a_file(a_row(1)))
        id_ = customers(desk)["X-1"]["id"]

        taken_back(desk, done["import_id"])

        (told,) = desk.told("accounts.customer.removed.v1")
        assert told["customer_id"] == id_
        assert desk.count("outbox", "WHERE exchange = 'accounts.private'") == 2  # recorded, removed
        assert desk.count("audit", "WHERE record_kind = 'customers' AND verb = 'deleted'") == 1

    def test_every_copy_of_customers_hears_who_is_gone(self) -> None:
        rows = [row for service in SERVICES for row in services.rows(service).values()]

        copies = [row for row in rows if isinstance(row, Copy) and row.table.of is Customer]

        assert len(copies) == 5
        assert all("accounts.customer.removed.v1" in row.keys for row in copies)


class TestPainPoint25Recreation:
    """What was taken back does not block entering it again (pain point 25)."""

    def test_the_same_file_comes_in_again(self, desk: Desk) -> None:
        content = a_file(a_row(1), a_row(2))
        first = desk.imported(content)
        taken_back(desk, first["import_id"])

        again = desk.imported(content)

        assert counts(again) == (2, 0, 0, 0)
        found = customers(desk)
        assert list(found) == ["X-1", "X-2"]
        assert [one["number"] for one in found.values()] == ["100003", "100004"]


class TestWhatCannotBeTakenBack:
    def test_is_refused(self, desk: Desk) -> None:
        dry = desk.imported(a_file(a_row(1)), dry_run=True)
        running = desk.start(a_file(a_row(2)))
        done = desk.imported(a_file(a_row(3)))  # and the other one with it
        taken_back(desk, done["import_id"])

        for import_id in (dry["import_id"], done["import_id"]):
            with pytest.raises(Conflict) as refused:
                desk.ask("revert_import", import_id=import_id)
            assert refused.value.code == "accounts.import.not_revertible"

        status = desk.ask("import_status", import_id=running)
        assert (status["status"], status["reverted"]) == ("finished", None)

    def test_after_its_time_the_images_are_gone(self, desk: Desk) -> None:
        desk.imported(a_file(a_row(1)))
        done = desk.imported(a_file(a_row(1, city="Rye")))
        assert desk.count("import_images") == 1

        with desk.work() as work:
            timer = desk.runtime.timers["import.images_expired"]
            timer(work, key=done["import_id"], data={})

        assert desk.count("import_images") == 0
        key = f"WHERE kind = 'import.images_expired' AND key = '{done['import_id']}'"
        assert desk.count("timers", key) == 1
