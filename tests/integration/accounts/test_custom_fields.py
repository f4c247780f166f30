"""Custom fields are defined, changed, retired and restored; every value stays, everybody is told."""

from typing import Any

import pytest

from chassis.custom.defining import define_field
from chassis.custom.kinds import Definition, FieldRefused, FieldType
from chassis.custom.values import forget
from chassis.errors import Conflict, Forbidden, Invalid, StaleVersion
from tests.support.accounts import Desk, a_customer, a_staff
from tests.support.custom import COLOURS, REGIONS, a_field, found, named


def fields(desk: Desk) -> dict[str, dict[str, Any]]:
    shown = desk.ask("custom_fields", kind="customer", limit=200)["items"]
    return {one["key"]: one for one in shown}


class TestDefineField:
    def test_offers_a_field_and_tells_it_in_the_log_without_its_label(self, desk: Desk) -> None:
        made = a_field(desk, "region", "tree", label="Whose", options=REGIONS, searchable=True)

        (told,) = desk.told("accounts.field.recorded.v1")
        assert (made["key"], made["label"], made["version"]) == ("region", "Whose", 1)
        assert (made["personal"], made["is_indexed"]) == (True, True)
        assert told["options"] == ["asia", "asia/japan", "asia/japan/tokyo", "europe"]
        assert (told["kind"], told["type"], told["active"]) == ("customer", "tree", True)
        assert "Whose" not in str(told)
        assert "Asia" not in str(told)
        assert list(fields(desk)) == ["region"]

    def test_refuses_a_key_that_is_taken_also_by_a_retired_field(self, desk: Desk) -> None:
        made = a_field(desk, "grade")
        desk.ask("retire_field", field_id=made["id"], version=1)

        with pytest.raises(FieldRefused) as refused:
            a_field(desk, "grade", "number")

        assert refused.value.code == "custom.key_taken"
        assert desk.count("custom_fields") == 1

    @pytest.mark.parametrize(
        "details",
        [
            {"type": "enum"},
            {"type": "number", "rules": {"min": "2", "max": "1"}},
            {"type": "number", "rules": {"min": "one"}},
            {"type": "number", "default": "one"},
            {"type": "reference", "refers_to": "unicorn"},
            {"kind": "interaction"},
        ],
    )
    def test_refuses_what_contradicts_itself(self, desk: Desk, details: dict[str, Any]) -> None:
        with pytest.raises(Invalid) as refused:
            a_field(desk, "it", **details)

        assert refused.value.code.startswith("custom.")
        assert desk.count("custom_fields") == desk.count("outbox") == 0

    def test_takes_fifty_that_can_be_searched_and_no_more(self, desk: Desk) -> None:
        for number in range(50):
            a_field(desk, f"f{number}", searchable=True)

        with pytest.raises(FieldRefused) as refused:
            a_field(desk, "f50", searchable=True)

        assert refused.value.code == "custom.too_many_searchable"
        assert a_field(desk, "f50")["searchable"] is False

    def test_is_for_whoever_may(self, desk: Desk) -> None:
        rita, adam = a_staff(desk), a_staff(desk, "admin")
        given = {"kind": "customer", "key": "it", "type": "text", "label": "It"}

        with pytest.raises(Forbidden):
            desk.put("define_field", given, as_=desk.token_of(rita["id"]))
        made = desk.put("define_field", given, as_=desk.token_of(adam["id"]))

        shown = desk.ask("custom_fields", as_=desk.token_of(rita["id"]), kind="customer")
        assert [one["id"] for one in shown["items"]] == [made["id"]]


class TestChangeField:
    def test_renames_the_label_and_loses_no_value(self, desk: Desk) -> None:
        made = a_field(desk, "hobby", searchable=True)
        customer = named(desk, "Ann", hobby="Chess")

        changed = desk.ask(
            "change_field", field_id=made["id"], version=1, changes={"label": "Pastime"}
        )

        assert (changed["key"], changed["label"], changed["version"]) == ("hobby", "Pastime", 2)
        shown = desk.ask("get_record", kind="customer", id=customer["customer_id"])
        assert shown["custom"] == {"hobby": "Chess"}
        assert found(desk, filters={"custom.hobby": "chess"}) == ["Ann"]
        assert desk.told("accounts.field.recorded.v1")[-1]["changed"] == {"label": None}
        trail = desk.ask("change_history", kind="field", id=made["id"])["items"]
        assert trail[0]["changes"] == {"label": ["The hobby", "Pastime"]}

    def test_that_changes_nothing_tells_nothing(self, desk: Desk) -> None:
        made = a_field(desk, "hobby", rules={"max_length": 9})

        changed = desk.ask(
            "change_field", field_id=made["id"], version=1,
            changes={"label": "The hobby", "rules": {"max_length": 9}},
        )  # fmt: skip

        assert changed["version"] == 1
        assert len(desk.told("accounts.field.recorded.v1")) == 1

    def test_of_an_older_version_is_refused(self, desk: Desk) -> None:
        made = a_field(desk, "hobby")
        desk.ask("change_field", field_id=made["id"], version=1, changes={"label": "A"})

        with pytest.raises(StaleVersion):
            desk.ask("change_field", field_id=made["id"], version=1, changes={"label": "B"})

        assert fields(desk)["hobby"]["label"] == "A"

    def test_retires_an_option_that_is_in_use_and_keeps_its_values(self, desk: Desk) -> None:
        made = a_field(desk, "colour", "enum", options=COLOURS)
        customer = named(desk, "Ann", colour="red")
        left = {"options": [COLOURS[1]]}
        retired = {"options": [COLOURS[0] | {"active": False}, COLOURS[1]]}

        with pytest.raises(FieldRefused) as refused:
            desk.ask("change_field", field_id=made["id"], version=1, changes=left)
        desk.ask("change_field", field_id=made["id"], version=1, changes=retired)

        assert refused.value.detail == {"options": ["red"]}
        shown = desk.ask("get_record", kind="customer", id=customer["customer_id"])
        assert shown["custom"] == {"colour": "red"}
        with pytest.raises(Invalid, match="colour"):
            named(desk, "Bob", colour="red")

    def test_does_not_make_unique_what_may_be_double(self, desk: Desk) -> None:
        made = a_field(desk, "badge")

        with pytest.raises(FieldRefused) as refused:
            desk.ask("change_field", field_id=made["id"], version=1, changes={"unique": True})

        assert refused.value.code == "custom.not_unique"

    def test_makes_a_field_searchable_with_the_values_there_are(self, desk: Desk) -> None:
        made = a_field(desk, "hobby")
        named(desk, "Ann", hobby="Chess")
        a_customer(desk)

        desk.ask("change_field", field_id=made["id"], version=1, changes={"searchable": True})
        with pytest.raises(Conflict) as early:
            found(desk, filters={"custom.hobby": "chess"})
        desk.run()

        assert early.value.code == "custom.being_indexed"
        assert found(desk, filters={"custom.hobby": "chess"}) == ["Ann"]
        assert desk.count("custom_index") == 1

    def test_takes_the_values_out_of_the_index_when_nobody_shall_search(self, desk: Desk) -> None:
        made = a_field(desk, "hobby", searchable=True)
        named(desk, "Ann", hobby="Chess")

        desk.ask("change_field", field_id=made["id"], version=1, changes={"searchable": False})
        desk.run()

        assert desk.count("custom_index") == 0
        with pytest.raises(Invalid) as refused:
            found(desk, filters={"custom.hobby": "chess"})
        assert refused.value.code == "custom.not_searchable"

    def test_lets_a_value_be_double_that_was_unique(self, desk: Desk) -> None:
        made = a_field(desk, "badge", unique=True, searchable=True)
        named(desk, "Ann", badge="7")

        desk.ask("change_field", field_id=made["id"], version=1, changes={"unique": False})
        desk.run()
        named(desk, "Bob", badge="7")

        assert sorted(found(desk, filters={"custom.badge": "7"})) == ["Ann", "Bob"]


class TestRetireField:
    def test_loses_no_value_and_gives_it_back(self, desk: Desk) -> None:
        made = a_field(desk, "hobby", searchable=True)
        customer = named(desk, "Ann", hobby="Chess")

        desk.ask("retire_field", field_id=made["id"], version=1)
        with pytest.raises(Invalid) as refused:
            named(desk, "Bob", hobby="Go")
        kept = desk.ask("get_record", kind="customer", id=customer["customer_id"])
        desk.ask("restore_field", field_id=made["id"], version=2)

        assert refused.value.code == "custom.retired_field"
        assert kept["custom"] == {"hobby": "Chess"}
        assert found(desk, filters={"custom.hobby": "chess"}) == ["Ann"]
        told = [one["active"] for one in desk.told("accounts.field.recorded.v1")]
        assert told == [True, False, True]

    def test_makes_place_for_another(self, desk: Desk) -> None:
        """Pain point 19: there is a limit, it is told, and what is not needed any more gives way."""
        with desk.work() as work:
            for number in range(500):
                field = Definition(key=f"f{number}", type=FieldType.NUMBER)
                made = define_field(work, kind="customer", label="A number", field=field)
                work.flush()

        with pytest.raises(FieldRefused) as refused:
            a_field(desk, "one_more")
        desk.ask("retire_field", field_id=made.id, version=1)
        a_field(desk, "one_more")

        assert refused.value.code == "custom.too_many"
        with pytest.raises(FieldRefused):
            desk.ask("restore_field", field_id=made.id, version=2)

    def test_twice_is_refused(self, desk: Desk) -> None:
        made = a_field(desk, "hobby")
        desk.ask("retire_field", field_id=made["id"], version=1)

        with pytest.raises(FieldRefused):
            desk.ask("retire_field", field_id=made["id"], version=2)

        assert fields(desk)["hobby"]["version"] == 2


class TestForget:
    def test_gives_the_values_of_a_record_that_is_no_more_to_others(self, desk: Desk) -> None:
        a_field(desk, "badge", unique=True)
        ann = named(desk, "Ann", badge="7")

        with desk.work() as work:
            forget(work, ann["customer_id"])
        named(desk, "Bob", badge="7")

        assert desk.count("custom_index") == 1
