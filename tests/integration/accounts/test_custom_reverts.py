"""An import with custom columns is taken back: each value by itself, and unique ones are free again."""

from typing import Any

import pytest

from chassis.errors import Conflict
from services.accounts.usecases import import_rows, reverts
from tests.integration.accounts.test_custom_import import a_custom_file, customs
from tests.integration.accounts.test_import_reverts import taken_back, undone
from tests.support.accounts import Desk
from tests.support.custom import a_field, found, named

HEADER = "custom.badge,custom.height,custom.budget"


@pytest.fixture
def house(desk: Desk) -> Desk:
    """Accounts with a unique field, one that is found, and one that is only kept."""
    a_field(desk, "badge", unique=True)
    a_field(desk, "height", "number", searchable=True)
    a_field(desk, "budget", "money")
    return desk


def changed(desk: Desk, name: str, **custom: Any) -> None:
    """Change custom values of a customer by hand."""
    shown = desk.ask("find_records", kind="customer")["items"]
    (one,) = [one for one in shown if one["name"] == name]
    desk.ask("update_customer", customer_id=one["id"], version=one["version"],
             changes={"custom": custom})  # fmt: skip


class TestRevert:
    def test_gives_customers_their_custom_values_back(
        self, house: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reverts, "STEP_ROWS", 2)
        house.imported(a_custom_file(HEADER, "A,1,1.00 EUR", "B,2,", ",,"))
        before = customs(house)
        done = house.imported(a_custom_file(HEADER, "C,9,2.00 USD", "D,9,3.00 EUR", "E,9,"))

        status = taken_back(house, done["import_id"])

        assert (status["status"], status["reverted"]) == ("reverted", 3)
        assert customs(house) == before
        assert found(house, filters={"custom.height": "9"}) == []
        assert found(house, filters={"custom.height": "2"}) == ["Person 1"]
        named(house, "Bob", badge="C")  # is free again
        with pytest.raises(Conflict):
            named(house, "Eve", badge="A")
        last = house.told("accounts.customer.updated.v1")[-1]
        assert last["changed"].keys() == {"custom.badge", "custom.height", "custom.budget"}

    def test_frees_the_values_of_who_was_entered(self, house: Desk) -> None:
        content = a_custom_file(HEADER, "A,1,", "B,2,")
        done = house.imported(content)

        taken_back(house, done["import_id"])

        assert house.count("custom_index") == 0
        named(house, "Bob", badge="A")

    def test_leaves_the_one_value_that_somebody_changed_since(self, house: Desk) -> None:
        house.imported(a_custom_file(HEADER, "A,1,1.00 EUR"))
        done = house.imported(a_custom_file(HEADER, "B,2,2.00 EUR"))
        changed(house, "Person 0", height="3")

        taken_back(house, done["import_id"])

        budget = {"amount_minor": 100, "currency": "EUR"}
        assert customs(house) == [{"badge": "A", "height": "3", "budget": budget}]
        (row,) = undone(house, done["import_id"])
        assert row[:3] == (2, "partly", "accounts.import.revert_changed")
        assert "custom.height" in str(row[3])

    def test_passes_over_what_somebody_changed_beside_it(self, house: Desk) -> None:
        house.imported(a_custom_file(HEADER, "A,1,"))
        done = house.imported(a_custom_file(HEADER, "B,1,"))
        changed(house, "Person 0", height="3")

        taken_back(house, done["import_id"])

        assert customs(house) == [{"badge": "A", "height": "3"}]
        assert [row[1] for row in undone(house, done["import_id"])] == ["reverted"]

    def test_gives_nobody_a_value_that_is_another_customers_now(self, house: Desk) -> None:
        house.imported(a_custom_file(HEADER, "A,1,"))
        done = house.imported(a_custom_file(HEADER, "B,2,"))
        named(house, "Bob", badge="a")

        taken_back(house, done["import_id"])

        assert customs(house) == [{"badge": "a"}, {"badge": "B", "height": "2"}]
        (row,) = undone(house, done["import_id"])
        assert row[:3] == (2, "kept", "accounts.import.revert_taken")
        assert "custom.badge" in str(row[3])

    def test_passes_a_value_on_that_went_from_one_to_another(
        self, house: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(import_rows, "CHUNK_ROWS", 1)
        house.imported(a_custom_file(HEADER, "A,1,", "B,2,"))
        done = house.imported(a_custom_file(HEADER, "C,,", "A,,", "B,3,"))

        taken_back(house, done["import_id"])

        assert customs(house) == [{"badge": "A", "height": "1"}, {"badge": "B", "height": "2"}]
        assert house.count("custom_index") == 4

    def test_gives_a_field_back_that_is_retired_since(self, desk: Desk) -> None:
        field = a_field(desk, "hobby", searchable=True)
        desk.imported(a_custom_file("custom.hobby", "Chess"))
        done = desk.imported(a_custom_file("custom.hobby", "Go"))
        desk.ask("retire_field", field_id=field["id"], version=1)

        taken_back(desk, done["import_id"])

        assert customs(desk) == [{"hobby": "Chess"}]
