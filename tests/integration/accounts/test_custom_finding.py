"""Customers found, sorted and paged by custom values, those without one included."""

from typing import Any

import pytest

from chassis.cursors import write_cursor
from chassis.errors import Invalid
from tests.support.accounts import Desk, a_staff
from tests.support.custom import COLOURS, REGIONS, a_field, found, named


def pages(desk: Desk, **asked: Any) -> list[str]:
    """Walk through a list two at a time."""
    names: list[str] = []
    after = None
    for _ in range(20):
        page = desk.ask("find_records", kind="customer", limit=2, after=after, **asked)
        names += [one["name"] for one in page["items"]]
        after = page["next"]
        if after is None:
            return names
    raise AssertionError("the list has no end")


class TestFilters:
    @pytest.mark.spec("ACC-18")
    @pytest.mark.parametrize(
        ("filters", "names"),
        [
            ({"custom.hobby": " CHESS"}, ["Ann"]),
            ({"custom.hobby": "chess club"}, []),
            ({"custom.height": 1.5}, ["Ann"]),
            ({"custom.height.from": "1.5"}, ["Ann", "Bob"]),
            ({"custom.height.below": "1.8"}, ["Ann"]),
            ({"custom.height.from": "1.5", "custom.height.below": "1.8"}, ["Ann"]),
            ({"custom.height.given": False}, ["Cid"]),
            ({"custom.born.from": "1990-01-31", "custom.born.below": "1990-02-01"}, ["Ann"]),
            ({"custom.seen.below": "2024-01-31T12:00:00+08:00"}, ["Bob"]),
            ({"custom.budget.from": "10.00 EUR"}, ["Ann"]),
            ({"custom.vegan": False}, ["Bob"]),
            ({"custom.colour": "blue"}, ["Bob"]),
            ({"custom.likes": "red"}, ["Ann", "Bob"]),
            ({"custom.likes.given": True, "custom.colour": "red"}, ["Ann"]),
            ({"custom.region": "asia"}, ["Ann", "Bob"]),
            ({"custom.region": "tokyo"}, ["Ann"]),
            ({"custom.region": "europe", "kind": "person"}, ["Cid"]),
        ],
    )
    def test_find_by_each_type(self, desk: Desk, filters: dict[str, Any], names: list[str]) -> None:
        for key, type_ in {
            "hobby": "text", "height": "number", "born": "date", "seen": "instant",
            "budget": "money", "vegan": "boolean",
        }.items():  # fmt: skip
            a_field(desk, key, type_, searchable=True)
        a_field(desk, "colour", "enum", options=COLOURS, searchable=True)
        a_field(desk, "likes", "multi_enum", options=COLOURS, searchable=True)
        a_field(desk, "region", "tree", options=REGIONS, searchable=True)
        named(
            desk, "Ann", hobby="Chess", height=1.5, born="1990-01-31",
            seen="2024-01-31T12:00:00+08:00", vegan=True, colour="red", likes=["red", "blue"],
            region="tokyo", budget={"amount_minor": 1000, "currency": "EUR"},
        )  # fmt: skip
        named(
            desk, "Bob", hobby="Go", height="1.8", born="1989-12-31", seen="2024-01-31T03:59:59Z",
            vegan=False, colour="blue", likes=["red"], region="japan",
            budget={"amount_minor": 5000, "currency": "JPY"},
        )  # fmt: skip
        named(desk, "Cid", region="europe")

        assert found(desk, filters=filters, sort="name") == names

    @pytest.mark.parametrize(
        ("filters", "code"),
        [
            ({"custom.secret": "x"}, "custom.not_searchable"),
            ({"custom.hidden": "x"}, "custom.not_searchable"),
            ({"custom.": "x"}, "custom.not_searchable"),
            ({"custom.\0": "x"}, "custom.not_searchable"),
            ({"custom.hobby.from": "x"}, "custom.not_so"),
            ({"custom.height.above": "1"}, "custom.not_so"),
            ({"custom.height": "tall"}, "custom.wrong_type"),
            ({"custom.height": None}, "custom.wrong_type"),
            ({"custom.height.given": "yes"}, "record.filter_value"),
            ({"custom.height": ["1"]}, "record.filter_value"),
            ({"custom.likes": "green"}, "custom.wrong_type"),
        ],
    )
    def test_refuse_what_cannot_be_asked(
        self, desk: Desk, filters: dict[str, Any], code: str
    ) -> None:
        a_field(desk, "hidden")
        a_field(desk, "hobby", searchable=True)
        a_field(desk, "height", "number", searchable=True)
        a_field(desk, "likes", "multi_enum", options=COLOURS, searchable=True)

        with pytest.raises(Invalid) as refused:
            found(desk, filters=filters)

        assert refused.value.code == code

    def test_find_contacts_and_no_kind_that_has_no_fields(self, desk: Desk) -> None:
        a_field(desk, "seat", kind="contact", searchable=True)
        customer = named(desk, "Ann")["customer_id"]
        desk.ask("register_contact", customer_id=customer, name="Bob", custom={"seat": "A"})
        desk.ask("register_contact", customer_id=customer, name="Cid", custom={"seat": "B"})
        asked: dict[str, Any] = {"filters": {"custom.seat": "b"}}

        shown = desk.ask("find_records", kind="contact", **asked)["items"]

        assert [one["name"] for one in shown] == ["Cid"]
        with pytest.raises(Invalid) as refused:
            desk.ask("find_records", kind="staff", **asked)
        assert refused.value.code == "record.unknown_filter"

    def test_show_only_what_the_asker_sees(self, desk: Desk) -> None:
        a_field(desk, "hobby", searchable=True)
        named(desk, "Ann", hobby="Chess")
        rita = a_staff(desk)
        hers = desk.ask(
            "register_customer", name="Bob", custom={"hobby": "Chess"}, owner_id=rita["id"]
        )
        token = desk.token_of(rita["id"])
        asked: dict[str, Any] = {"filters": {"custom.hobby": "chess"}, "sort": "custom.hobby"}

        shown = desk.ask("find_records", as_=token, kind="customer", **asked)["items"]

        assert [one["id"] for one in shown] == [hers["customer_id"]]


class TestSort:
    @pytest.mark.parametrize("descending", [False, True])
    def test_goes_by_value_and_those_without_one_come_last(
        self, desk: Desk, descending: bool
    ) -> None:
        """The pages join without a gap or a double, also where the values end and the rest begin."""
        a_field(desk, "height", "number", searchable=True)
        for name, height in {"Ann": "10", "Bob": "-3", "Cid": "9.5", "Dan": "10"}.items():
            named(desk, name, height=height)
        for name in ("Eva", "Fay", "Guy"):
            named(desk, name)

        names = pages(desk, sort="custom.height", descending=descending)

        tall = ["Dan", "Ann", "Cid", "Bob"] if descending else ["Bob", "Cid", "Ann", "Dan"]
        assert names == [*tall, "Eva", "Fay", "Guy"]

    def test_of_nobody_with_a_value_is_everybody(self, desk: Desk) -> None:
        a_field(desk, "height", "number", searchable=True)
        for name in ("Ann", "Bob", "Cid"):
            named(desk, name)

        assert pages(desk, sort="custom.height") == ["Ann", "Bob", "Cid"]

    def test_of_everybody_with_a_value_ends_with_the_last(self, desk: Desk) -> None:
        a_field(desk, "born", "date", searchable=True)
        for name, day in {"Ann": "1990-01-02", "Bob": "1990-01-01"}.items():
            named(desk, name, born=day)

        assert pages(desk, sort="custom.born") == ["Bob", "Ann"]

    def test_keeps_to_the_filters(self, desk: Desk) -> None:
        a_field(desk, "height", "number", searchable=True)
        a_field(desk, "vegan", "boolean", searchable=True)
        named(desk, "Ann", height=2, vegan=True)
        named(desk, "Bob", height=1, vegan=True)
        named(desk, "Cid", height=3, vegan=False)
        named(desk, "Dan", vegan=True)

        names = pages(desk, sort="custom.height", filters={"custom.vegan": True})

        assert names == ["Bob", "Ann", "Dan"]

    def test_goes_on_behind_what_has_changed_meanwhile(self, desk: Desk) -> None:
        a_field(desk, "height", "number", searchable=True)
        ids = {name: named(desk, name, height=at) for at, name in enumerate("ABCDE")}
        first = desk.ask("find_records", kind="customer", sort="custom.height", limit=2)
        desk.ask(
            "update_customer", customer_id=ids["B"]["customer_id"], version=1,
            changes={"custom": {"height": None}},
        )  # fmt: skip

        rest = desk.ask(
            "find_records", kind="customer", sort="custom.height", after=first["next"], limit=9
        )

        assert [one["name"] for one in first["items"]] == ["A", "B"]
        assert [one["name"] for one in rest["items"]] == ["C", "D", "E", "B"]

    @pytest.mark.parametrize("sort", ["custom.likes", "custom.region", "custom.hidden", "custom."])
    def test_refuses_what_has_no_order(self, desk: Desk, sort: str) -> None:
        a_field(desk, "hidden")
        a_field(desk, "likes", "multi_enum", options=COLOURS, searchable=True)
        a_field(desk, "region", "tree", options=REGIONS, searchable=True)

        with pytest.raises(Invalid) as refused:
            found(desk, sort=sort)

        assert refused.value.code.startswith("custom.")

    @pytest.mark.parametrize(
        "after",
        [
            "nonsense",
            "\0",
            write_cursor(["x"]),
            write_cursor([1, "", 2**63, "x"]),
            write_cursor([1, "a\0", 0, "x"]),
        ],
    )
    def test_refuses_the_cursor_of_another_list(self, desk: Desk, after: str) -> None:
        a_field(desk, "height", "number", searchable=True)

        with pytest.raises(Invalid):
            found(desk, sort="custom.height", after=after)
