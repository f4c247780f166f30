"""Custom values of customers and contacts: entered, changed, refused, audited, told."""

import threading
from typing import Any

import pytest

from chassis.envelope import encode
from chassis.errors import Conflict, Invalid, Problem
from tests.support.accounts import ANN, Desk, a_customer
from tests.support.custom import COLOURS, REGIONS, a_field, named

ALL = {
    "hobby": "Chess",
    "height": "1.85",
    "budget": {"amount_minor": 1250, "currency": "EUR"},
    "born": "1990-01-31",
    "seen": "2024-01-31T04:00:00.000000Z",
    "vegan": True,
    "colour": "red",
    "likes": ["red", "blue"],
    "region": "asia/japan/tokyo",
}


def one_of_each(desk: Desk) -> None:
    for key, type_ in {
        "hobby": "text", "height": "number", "budget": "money", "born": "date",
        "seen": "instant", "vegan": "boolean",
    }.items():  # fmt: skip
        a_field(desk, key, type_)
    a_field(desk, "colour", "enum", options=COLOURS)
    a_field(desk, "likes", "multi_enum", options=COLOURS)
    a_field(desk, "region", "tree", options=REGIONS)
    a_field(desk, "friend", "reference", refers_to="customer")


def shown(desk: Desk, customer: dict[str, Any]) -> dict[str, Any]:
    return dict(desk.ask("get_record", kind="customer", id=customer["customer_id"]))


class TestCustomValues:
    @pytest.mark.spec("ACC-18")
    def test_of_every_type_are_entered_shown_and_told_in_private(self, desk: Desk) -> None:
        one_of_each(desk)
        friend = a_customer(desk)["customer_id"]

        ann = named(desk, "Ann", **ALL, friend=friend)

        told = desk.told("accounts.customer.recorded.v1")[-1]
        assert shown(desk, ann)["custom"] == ALL | {"friend": friend}
        assert told["custom"] == ALL | {"friend": friend}
        assert "Chess" not in str(desk.told("accounts.customer.created.v1"))

    def test_that_change_are_named_in_the_log_without_their_values(self, desk: Desk) -> None:
        a_field(desk, "hobby")
        a_field(desk, "colour", "enum", options=COLOURS, personal=False)
        ann = named(desk, "Ann", hobby="Chess", colour="red")

        changed = desk.ask(
            "update_customer", customer_id=ann["customer_id"], version=1,
            changes={"custom": {"hobby": "Go", "colour": "blue"}},
        )  # fmt: skip

        (told,) = desk.told("accounts.customer.updated.v1")
        assert changed["custom"] == {"hobby": "Go", "colour": "blue"}
        assert told["changed"] == {
            "custom.hobby": None,
            "custom.colour": {"old": "red", "new": "blue"},
        }

    def test_have_a_history_of_their_own_each(self, desk: Desk) -> None:
        a_field(desk, "hobby")
        a_field(desk, "height", "number")
        ann = named(desk, "Ann", hobby="Chess", height=1)
        desk.ask(
            "update_customer", customer_id=ann["customer_id"], version=1,
            changes={"custom": {"hobby": None}},
        )  # fmt: skip

        trail = desk.ask("change_history", kind="customer", id=ann["customer_id"])["items"]

        assert trail[0]["changes"] == {"custom.hobby": ["Chess", None]}
        assert trail[1]["changes"]["custom.height"] == [None, "1"]
        assert "custom" not in trail[1]["changes"]

    def test_that_do_not_change_tell_nothing(self, desk: Desk) -> None:
        a_field(desk, "height", "number")
        ann = named(desk, "Ann", height="1.50")

        changed = desk.ask(
            "update_customer", customer_id=ann["customer_id"], version=1,
            changes={"custom": {"height": 1.5}},
        )  # fmt: skip

        assert changed["version"] == 1
        assert desk.told("accounts.customer.updated.v1") == []

    def test_nobody_told_of_are_left_alone(self, desk: Desk) -> None:
        a_field(desk, "hobby", searchable=True)
        ann = named(desk, "Ann", hobby="Chess")

        changed = desk.ask(
            "update_customer", customer_id=ann["customer_id"], version=1,
            changes={"segment": "Consumer"},
        )  # fmt: skip

        assert changed["custom"] == {"hobby": "Chess"}
        assert desk.count("custom_index") == 1

    @pytest.mark.parametrize(
        ("custom", "code"),
        [
            ({"secret": "x"}, "custom.unknown_field"),
            ({"secret\0": "x"}, "custom.unknown_field"),
            ({"height": "tall"}, "custom.wrong_type"),
            ({"height": "3"}, "custom.out_of_range"),
            ({"friend": "nobody"}, "custom.reference"),
            ({"height": None}, "custom.required"),
            ({}, "custom.required"),
        ],
    )
    def test_that_are_wrong_are_refused_by_the_name_of_the_field(
        self, desk: Desk, custom: dict[str, object], code: str
    ) -> None:
        a_field(desk, "height", "number", required=True, rules={"max": "2.5"})
        a_field(desk, "friend", "reference", refers_to="customer")
        whole = custom if "height" in custom or not custom else custom | {"height": 1}

        with pytest.raises(Invalid) as refused:
            named(desk, "Ann", **whole)

        field = next(iter(custom), "height")
        assert (refused.value.code, refused.value.detail) == (code, {"field": field})
        assert "tall" not in refused.value.message
        assert desk.count("customers") == desk.count("custom_index") == 0

    def test_that_are_missing_come_from_the_default(self, desk: Desk) -> None:
        a_field(desk, "height", "number", required=True, default="1.70")

        ann = named(desk, "Ann")

        assert shown(desk, ann)["custom"] == {"height": "1.7"}

    def test_a_field_that_becomes_required_does_not_stop_other_changes(self, desk: Desk) -> None:
        ann = a_customer(desk)
        a_field(desk, "height", "number", required=True)
        given = {"customer_id": ann["customer_id"], "version": 1}

        changed = desk.ask("update_customer", **given, changes={"segment": "Consumer"})
        with pytest.raises(Invalid) as refused:
            desk.ask(
                "update_customer", **given | {"version": 2}, changes={"custom": {"height": None}}
            )

        assert changed["version"] == 2
        assert refused.value.code == "custom.required"

    def test_of_a_known_customer_stay_when_it_is_entered_again(self, desk: Desk) -> None:
        a_field(desk, "hobby")
        known = desk.ask("register_customer", **ANN, custom={"hobby": "Chess"})

        desk.ask("register_customer", **ANN, custom={"hobby": "Go"}, on_match="link")

        assert shown(desk, known)["custom"] == {"hobby": "Chess"}

    def test_have_a_size_that_fits_into_one_event(self, desk: Desk) -> None:
        for number in range(17):
            a_field(desk, f"note{number}")

        with pytest.raises(Invalid) as refused:
            named(desk, "Ann", **{f"note{number}": "x" * 4000 for number in range(17)})

        assert refused.value.code == "custom.too_large"

    def test_leave_room_for_a_page_of_the_snapshot_in_one_answer(self, desk: Desk) -> None:
        for number in range(15):
            a_field(desk, f"note{number}")
        notes = {f"note{number}": "x" * 4000 for number in range(15)}
        for number in range(18):
            named(desk, f"Customer {number}", **notes)
        seen: list[str] = []
        cursor, sizes = None, []

        for _ in range(5):
            page = desk.ask("customers_changed_since", cursor=cursor)
            seen += [one["customer_id"] for one in page["items"]]
            sizes.append(len(encode(page)))
            cursor = page["next"]
            if not page["more"]:
                break

        assert len(seen) == len(set(seen)) == 18
        assert len(sizes) == 2
        assert max(sizes) < 1024 * 1024

    def test_of_contacts_are_theirs(self, desk: Desk) -> None:
        customer = a_customer(desk)["customer_id"]
        a_field(desk, "seat", kind="contact", unique=True)
        bob = desk.ask("register_contact", customer_id=customer, name="Bob", custom={"seat": "A 1"})
        changed = desk.ask(
            "update_contact", contact_id=bob["contact_id"], version=1,
            changes={"custom": {"seat": "B 2"}},
        )  # fmt: skip

        assert changed["custom"] == {"seat": "B 2"}
        assert desk.told("accounts.contact.recorded.v1")[-1]["custom"] == {"seat": "B 2"}
        with pytest.raises(Invalid, match="seat"):
            named(desk, "Ann", seat="A 1")


class TestUnique:
    def test_is_refused_to_a_second_record_and_given_back_by_the_first(self, desk: Desk) -> None:
        a_field(desk, "badge", unique=True)
        ann = named(desk, "Ann", badge="AB-1")

        with pytest.raises(Conflict) as refused:
            named(desk, "Bob", badge="ab-1")
        desk.ask(
            "update_customer", customer_id=ann["customer_id"], version=1,
            changes={"custom": {"badge": "AB-2"}},
        )  # fmt: skip
        named(desk, "Bob", badge="ab-1")

        assert (refused.value.code, refused.value.detail) == ("custom.taken", {"field": "badge"})
        assert desk.count("custom_index") == desk.count("customers") == 2

    def test_of_many_at_once_one_wins_and_the_others_hear_why(self, desk: Desk) -> None:
        a_field(desk, "badge", unique=True)
        customers = [a_customer(desk)["customer_id"] for _ in range(8)]
        start = threading.Barrier(8)
        heard: list[str] = []

        def take(customer_id: str) -> None:
            start.wait(60)
            try:
                desk.ask(
                    "update_customer", customer_id=customer_id, version=1,
                    changes={"custom": {"badge": "7"}},
                )  # fmt: skip
            except Problem as refused:
                heard.append(refused.code)

        threads = [threading.Thread(target=take, args=(one,)) for one in customers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert heard == ["custom.taken"] * 7
        assert desk.count("custom_index") == 1
