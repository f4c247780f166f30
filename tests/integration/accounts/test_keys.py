"""Words on customers, several keys in other systems, and what somebody likes."""

from typing import Any

import pytest

from chassis.errors import Conflict, Invalid, NotFound, StaleVersion
from tests.support.accounts import Desk, a_customer, a_file, a_row, a_staff


def stored(desk: Desk, customer_id: str) -> dict[str, Any]:
    """Return a customer as it is read."""
    return dict(desk.ask("get_record", kind="customer", id=customer_id))


def keyed(desk: Desk, customer_id: str, system: str, key: str) -> dict[str, Any]:
    """Add a key to a customer."""
    version = stored(desk, customer_id)["version"]
    return dict(
        desk.ask(
            "add_external_id",
            customer_id=customer_id,
            version=version,
            system=system,
            external_id=key,
        )
    )


class TestTagCustomer:
    def test_puts_words_on_takes_them_off_filters_and_tells(self, desk: Desk) -> None:
        id_, other = (a_customer(desk)["customer_id"] for _ in range(2))

        desk.ask("tag_customer", customer_id=id_, version=1, add=["golf", "wine"])
        with_golf = desk.ask("find_records", kind="customer", filters={"tag": "golf"})["items"]
        desk.ask("tag_customer", customer_id=id_, version=2, add=["vip_guest"], remove=["golf"])

        assert [one["id"] for one in with_golf] == [id_]
        assert stored(desk, id_)["tags"] == ["vip_guest", "wine"]
        assert desk.ask("find_records", kind="customer", filters={"tag": "golf"})["items"] == []
        assert desk.told("accounts.customer.recorded.v1")[-1]["tags"] == ["vip_guest", "wine"]
        assert desk.told("accounts.customer.updated.v1")[-1]["changed"] == {"tags": None}
        assert stored(desk, other)["tags"] is None

    def test_what_is_so_already_tells_nothing(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        desk.ask("tag_customer", customer_id=id_, version=1, add=["golf"])

        same = desk.ask("tag_customer", customer_id=id_, version=2, add=["golf"], remove=["wine"])

        assert same["version"] == 2
        assert len(desk.told("accounts.customer.recorded.v1")) == 2

    def test_refuses_a_stale_version_odd_words_and_too_many(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        fifty = [f"tag_{number}" for number in range(50)]

        with pytest.raises(StaleVersion):
            desk.ask("tag_customer", customer_id=id_, version=2, add=["golf"])
        with pytest.raises(Invalid):
            desk.ask("tag_customer", customer_id=id_, version=1, add=["Likes golf!"])
        desk.ask("tag_customer", customer_id=id_, version=1, add=fifty)
        with pytest.raises(Conflict):
            desk.ask("tag_customer", customer_id=id_, version=2, add=["one_more"])

        assert len(stored(desk, id_)["tags"]) == 50

    def test_nobody_tags_a_customer_of_others(self, desk: Desk) -> None:
        """Pain point 5."""
        mine = desk.token_of(a_staff(desk)["id"])
        id_ = a_customer(desk)["customer_id"]
        desk.ask("tag_customer", customer_id=id_, version=1, add=["golf"])

        with pytest.raises(NotFound):
            desk.ask("tag_customer", as_=mine, customer_id=id_, version=2, add=["x"])
        found = desk.ask("find_records", as_=mine, kind="customer", filters={"tag": "golf"})

        assert found["items"] == []


class TestExternalIds:
    def test_several_of_one_system_lead_to_one_customer(self, desk: Desk) -> None:
        id_ = a_customer(desk, external_ids={"erp": "E-1"})["customer_id"]

        keyed(desk, id_, "erp", "E-2")
        keyed(desk, id_, "shop", "S-1")

        customer = stored(desk, id_)
        assert customer["external_ids"] == {"erp": "E-1", "shop": "S-1"}
        assert customer["further_ids"] == {"erp": ["E-2"]}
        pages = [desk.ask("external_ids", customer_id=id_, limit=2)]
        pages.append(desk.ask("external_ids", customer_id=id_, limit=2, after=pages[0]["next"]))
        assert [(one["system"], one["external_id"]) for page in pages for one in page["items"]] == [
            ("erp", "E-1"), ("erp", "E-2"), ("shop", "S-1"),
        ]  # fmt: skip
        for key in ("E-1", "E-2"):
            found = desk.ask("identify", system="erp", external_id=key)["customers"]
            assert [one["customer_id"] for one in found] == [id_]
        told = desk.told("accounts.customer.recorded.v1")[-1]
        assert told["external_ids"] == {"erp": "E-1", "shop": "S-1"}

    def test_a_key_belongs_to_one_customer(self, desk: Desk) -> None:
        id_ = a_customer(desk, external_ids={"erp": "E-1"})["customer_id"]
        other = a_customer(desk)["customer_id"]

        with pytest.raises(Conflict) as refused:
            keyed(desk, other, "erp", "E-1")

        assert refused.value.code == "accounts.external_id.taken"
        assert refused.value.detail["customer_id"] == id_
        assert (stored(desk, other)["version"], desk.count("external_ids")) == (1, 1)

    def test_blanks_around_a_key_make_no_other_key(self, desk: Desk) -> None:
        """Pain point 2: a blank in a file opens no side door either."""
        id_ = a_customer(desk, external_ids={"erp": " E-1 "})["customer_id"]

        with pytest.raises(Conflict) as refused:
            a_customer(desk, name="Somebody", external_ids={"erp": "E-1"})
        keyed(desk, id_, "erp", "E-2 ")

        assert refused.value.code == "accounts.customer.duplicate"
        for key in ("E-1", "E-2", " E-2"):
            found = desk.ask("identify", system="erp", external_id=key)["customers"]
            assert [one["customer_id"] for one in found] == [id_]

    def test_a_known_customer_is_matched_by_any_of_its_keys(self, desk: Desk) -> None:
        """Pain point 2: the second key of a customer opens no side door."""
        id_ = a_customer(desk, external_ids={"erp": "E-1"})["customer_id"]
        keyed(desk, id_, "erp", "E-2")

        with pytest.raises(Conflict) as refused:
            a_customer(desk, name="Somebody", external_ids={"erp": "E-2"})
        linked = a_customer(desk, external_ids={"erp": "E-2"}, on_match="link")

        assert refused.value.code == "accounts.customer.duplicate"
        assert (linked["customer_id"], linked["created"]) == (id_, False)
        assert stored(desk, id_)["external_ids"] == {"erp": "E-1"}

    def test_an_import_by_a_further_key_changes_that_customer(self, desk: Desk) -> None:
        id_ = a_customer(desk, external_ids={"erp": "E-1"})["customer_id"]
        keyed(desk, id_, "erp", "X-1")

        status = desk.imported(a_file(a_row(1, city="Albany")), system="erp")

        assert (status["created"], status["updated"]) == (0, 1)
        customer = stored(desk, id_)
        assert (customer["city"], customer["external_ids"]) == ("Albany", {"erp": "E-1"})

    def test_when_the_first_is_removed_the_next_takes_its_place(self, desk: Desk) -> None:
        id_ = a_customer(desk, external_ids={"erp": "E-1"})["customer_id"]
        keyed(desk, id_, "erp", "E-2")

        desk.ask("remove_external_id", customer_id=id_, version=2, system="erp", external_id="E-1")
        with pytest.raises(NotFound):
            desk.ask(
                "remove_external_id", customer_id=id_, version=3, system="erp", external_id="E-1"
            )

        customer = stored(desk, id_)
        assert (customer["external_ids"], customer["further_ids"]) == ({"erp": "E-2"}, None)
        assert desk.ask("identify", system="erp", external_id="E-1")["outcome"] == "none"
        assert desk.count("external_ids") == 1


class TestPreferences:
    def test_channel_and_window_of_customer_and_contact_are_kept_and_told(self, desk: Desk) -> None:
        id_ = a_customer(desk, language="zh-CN")["customer_id"]
        bob = desk.ask("register_contact", customer_id=id_, name="Bob")["contact_id"]
        window = {"window_from": "09:00", "window_until": "11:30", "zone": "Asia/Shanghai"}

        mine = desk.ask("set_preferences", customer_id=id_, version=1, channel="mail", **window)
        desk.ask("set_preferences", customer_id=id_, contact_id=bob, version=1, channel="phone",
                 **window | {"window_from": "22:00", "window_until": "02:00"})  # fmt: skip

        assert (mine["preferred_channel"], mine["language"], mine["version"]) == (
            "mail",
            "zh-CN",
            2,
        )
        told = desk.told("accounts.customer.recorded.v1")[-1]
        assert (told["preferred_from"], told["preferred_until"], told["preferred_zone"]) == (
            "09:00", "11:30", "Asia/Shanghai",
        )  # fmt: skip
        of_bob = desk.told("accounts.contact.recorded.v1")[-1]
        assert (of_bob["preferred_channel"], of_bob["preferred_from"]) == ("phone", "22:00")

    def test_refuses_half_a_window_and_a_zone_that_is_none(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        for window in (
            {"window_from": "09:00"},
            {"window_from": "09:00", "window_until": "10:00"},
            {"window_from": "09:00", "window_until": "10:00", "zone": "Mars/Olympus"},
            {"window_from": "09:00", "window_until": "09:00", "zone": "Europe/Paris"},
            {"window_from": "9 o'clock", "window_until": "10:00", "zone": "Europe/Paris"},
        ):
            with pytest.raises(Invalid):
                desk.ask("set_preferences", customer_id=id_, version=1, **window)

        assert stored(desk, id_)["version"] == 1
