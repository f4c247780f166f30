"""Custom columns of an export: as far as the asker may read, and the same when they come back."""

from typing import Any

import pytest

from chassis.errors import Forbidden, Invalid
from tests.integration.accounts.test_custom_import import customs
from tests.support.accounts import Desk, a_customer, a_staff
from tests.support.custom import COLOURS, REGIONS, a_field
from tests.support.exports import exported, table
from tests.support.imports import counts

COLUMNS = ["name", "custom.hobby"]


def a_house(desk: Desk) -> dict[str, Any]:
    """Define a field of each type; return a value of each."""
    for key, type_ in {
        "hobby": "text", "height": "number", "budget": "money", "born": "date",
        "seen": "instant", "vegan": "boolean",
    }.items():  # fmt: skip
        a_field(desk, key, type_)
    a_field(desk, "colour", "enum", options=COLOURS)
    a_field(desk, "likes", "multi_enum", options=COLOURS)
    a_field(desk, "region", "tree", options=REGIONS)
    a_field(desk, "friend", "reference", refers_to="customer")
    friend = a_customer(desk, name="A friend", external_ids={"erp": "X-0"})["customer_id"]
    return {
        "hobby": '=1+1, "two"\nlines;\tand 李雷', "height": "-1.5", "born": "1990-01-31",
        "budget": {"amount_minor": -1250, "currency": "EUR"}, "vegan": False,
        "seen": "2024-01-31T04:00:00.123456Z", "colour": "red", "likes": ["red", "blue"],
        "region": "asia/japan/tokyo", "friend": friend,
    }  # fmt: skip


@pytest.mark.spec("ACC-13")
class TestCustomColumns:
    @pytest.mark.parametrize("format_", ["data", "excel", "xlsx"])
    def test_come_back_unchanged(self, desk: Desk, format_: str) -> None:
        values = a_house(desk)
        a_customer(desk, name="Ann", external_ids={"erp": "X-1"}, custom=values)

        _, content = exported(desk, format=format_)
        again = desk.imported(content)

        assert counts(again) == (0, 0, 2, 0)
        assert customs(desk) == [{}, values]

    def test_come_back_unchanged_where_there_are_many(self, desk: Desk) -> None:
        keys = [f"a_key_that_is_as_long_as_any_{number}" for number in range(110)]
        for key in keys:
            a_field(desk, key)
        custom = {keys[0]: "Chess", keys[109]: "Go"}
        a_customer(desk, name="Ann", external_ids={"erp": "X-1"}, custom=custom)

        _, content = exported(desk)
        again = desk.imported(content)

        assert content.index(b"\r\n") > 4_000
        assert counts(again) == (0, 0, 1, 0)
        assert customs(desk) == [custom]

    @pytest.mark.parametrize("format_", ["data", "excel", "xlsx"])
    def test_bring_back_what_was_exported(self, desk: Desk, format_: str) -> None:
        values = a_house(desk)
        id_ = a_customer(desk, name="Ann", external_ids={"erp": "X-1"}, custom=values)[
            "customer_id"
        ]
        _, content = exported(desk, format=format_)
        emptied = dict.fromkeys(values)
        desk.ask("update_customer", customer_id=id_, version=1, changes={"custom": emptied})

        again = desk.imported(content)

        assert counts(again) == (0, 1, 1, 0)
        assert customs(desk) == [{}, values]

    def test_are_written_as_people_write_them(self, desk: Desk) -> None:
        values = a_house(desk)
        a_customer(desk, name="Ann", custom=values | {"hobby": "Chess"})

        _, content = exported(desk, sort="name", format="data")

        row = table(content)[1]
        assert {key: row[f"custom.{key}"] for key in values} == {
            "hobby": "Chess", "height": "-1.5", "budget": "-12.50 EUR", "born": "1990-01-31",
            "seen": "2024-01-31T04:00:00.123456Z", "vegan": "false", "colour": "red",
            "likes": "red;blue", "region": "asia/japan/tokyo", "friend": values["friend"],
        }  # fmt: skip

    def test_of_contacts_are_those_of_contacts(self, desk: Desk) -> None:
        a_field(desk, "hobby", kind="contact")
        a_field(desk, "height", "number")
        firm = a_customer(desk, name="Lee & Sons", kind="organisation")["customer_id"]
        desk.ask("register_contact", customer_id=firm, name="Bob", custom={"hobby": "Go"})

        _, content = exported(desk, kind="contact")

        (row,) = table(content)
        assert row["custom.hobby"] == "Go"
        assert "custom.height" not in row

    def test_of_retired_fields_are_none(self, desk: Desk) -> None:
        field = a_field(desk, "hobby")
        a_customer(desk, name="Ann", custom={"hobby": "Chess"})
        desk.ask("retire_field", field_id=field["id"], version=1)

        _, content = exported(desk)
        with pytest.raises(Invalid) as refused:
            desk.ask("start_export", columns=COLUMNS)

        assert b"Chess" not in content
        assert refused.value.code == "accounts.export.unknown_column"

    def test_take_the_right_to_the_fields(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        a_field(desk, "hobby")
        a_customer(desk, name="Ann", custom={"hobby": "Chess"})
        boss = desk.token_of(a_staff(desk, "sales_director")["id"])
        _, allowed = exported(desk, boss, columns=COLUMNS)
        may = dict.fromkeys(("customer.read", "customer.export", "file.read"), "all")
        monkeypatch.setattr("contracts.roles.ROLES", {"sales_director": may})

        with pytest.raises(Forbidden) as refused:
            desk.ask("start_export", as_=boss, columns=COLUMNS)
        job, content = exported(desk, boss)

        assert allowed == b"name,custom.hobby\r\nAnn,Chess\r\n"
        assert refused.value.detail == {"columns": ["custom.hobby"]}
        assert "custom.hobby" in job["left_out"]
        assert b"Chess" not in content
