"""Several phones, mails and addresses of customers and contacts, of which one comes first."""

from typing import Any

import pytest

from chassis.errors import Conflict, Invalid, NotFound, StaleVersion
from tests.support.accounts import Desk, a_customer, a_file, a_row, a_staff

HOME = {"street": "1 Main St", "city": "Albany", "postal_code": "12201", "state": "New York"}


def added(desk: Desk, customer_id: str, **told: Any) -> dict[str, Any]:
    """Add a way to reach a customer."""
    return dict(desk.ask("add_contact_point", customer_id=customer_id, **told))


def listed(desk: Desk, customer_id: str, **whose: Any) -> list[dict[str, Any]]:
    """Return the ways to reach a party."""
    return list(desk.ask("contact_points", customer_id=customer_id, **whose)["items"])


def first(items: list[dict[str, Any]]) -> dict[str, str]:
    """Return what comes first, by medium; there is exactly one by each."""
    leading = [one for one in items if one["is_primary"]]
    assert len({one["medium"] for one in leading}) == len(leading)
    return {one["medium"]: one["normal"] for one in leading}


class TestAddContactPoint:
    def test_keeps_several_with_kind_and_validity_and_one_of_each_medium_first(
        self, desk: Desk
    ) -> None:
        id_ = a_customer(desk, email="ann@lee.org", phone="+12125550123")["customer_id"]

        added(desk, id_, medium="phone", kind="mobile", value="(212) 555-0199",
              valid_from="2020-01-01T00:00:00Z")  # fmt: skip
        added(desk, id_, medium="mail", kind="billing", value="Bills@Lee.org", label="accountant")
        added(desk, id_, medium="address", kind="delivery", address=HOME, primary=True)

        items = listed(desk, id_)
        assert first(items) == {
            "mail": "ann@lee.org", "phone": "+12125550123",
            "address": "1 main st albany 12201 new york",
        }  # fmt: skip
        behind = [(one["kind"], one["normal"]) for one in items if not one["is_primary"]]
        assert behind == [("mobile", "+12125550199"), ("billing", "bills@lee.org")]
        customer = desk.ask("get_record", kind="customer", id=id_)
        assert (customer["city"], customer["postal_code"]) == ("Albany", "12201")

    def test_the_same_number_written_otherwise_is_known_already(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]

        one = added(desk, id_, medium="phone", value="212 555 0199")
        same = added(desk, id_, medium="phone", value="+1 (212) 555-0199")

        assert one["id"] == same["id"]
        assert desk.count("contact_points") == 1

    def test_refuses_what_its_medium_is_not(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        for told in (
            {"medium": "mail", "value": "no address"},
            {"medium": "phone", "value": "call me"},
            {"medium": "address", "value": "somewhere"},
            {"medium": "address", "address": {"country": "US"}},
            {"medium": "mail", "value": "a@b.org", "address": HOME},
        ):
            with pytest.raises(Invalid) as refused:
                added(desk, id_, **told)
            assert refused.value.code == "accounts.contact_point.unreadable"

        assert desk.count("contact_points") == 0

    def test_refuses_what_ends_before_it_begins(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]

        with pytest.raises(Invalid):
            added(desk, id_, medium="phone", value="2125550199",
                  valid_from="2020-01-02T00:00:00Z", valid_until="2020-01-02T00:00:00Z")  # fmt: skip

        assert desk.count("contact_points") == 0

    def test_refuses_more_than_fifty(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        for number in range(50):
            added(desk, id_, medium="phone", value=f"+1212555{1000 + number}")

        with pytest.raises(Conflict):
            added(desk, id_, medium="phone", value="+12125559999")

        assert desk.count("contact_points") == 50

    def test_is_no_side_door_for_a_duplicate(self, desk: Desk) -> None:
        """Pain point 2: the second address of one is the first of another."""
        a_customer(desk, email="ann@lee.org")
        other = a_customer(desk)["customer_id"]

        with pytest.raises(Conflict) as refused:
            added(desk, other, medium="mail", value="ANN@lee.org")

        assert refused.value.code == "accounts.customer.duplicate"
        assert desk.count("contact_points") == 0

    def test_is_seen_and_changed_by_nobody_who_does_not_see_the_customer(self, desk: Desk) -> None:
        rep = desk.token_of(a_staff(desk)["id"])
        id_ = a_customer(desk)["customer_id"]
        point = added(desk, id_, medium="phone", value="2125550199")

        for method, asked in (
            ("contact_points", {"customer_id": id_}),
            ("add_contact_point", {"customer_id": id_, "medium": "phone", "value": "2125550100"}),
            ("make_primary", {"point_id": point["id"], "version": 1}),
            ("remove_contact_point", {"point_id": point["id"], "version": 1}),
            ("update_contact_point", {"point_id": point["id"], "version": 1,
                                      "changes": {"label": "x"}}),
        ):  # fmt: skip
            with pytest.raises(NotFound):
                desk.ask(method, as_=rep, **asked)

    def test_tells_that_it_changed_but_neither_number_nor_label(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]

        added(desk, id_, medium="phone", value="2125550199", label="his mother")

        (told,) = desk.told("accounts.record.changed.v1")
        assert (told["kind"], told["verb"]) == ("contact_point", "created")
        assert not {"raw", "normal", "reversed", "label", "address"} & told["fields"].keys()


class TestMakePrimary:
    def test_changes_the_record_and_keeps_the_former_behind_it(self, desk: Desk) -> None:
        id_ = a_customer(desk, email="ann@lee.org")["customer_id"]
        new = added(desk, id_, medium="mail", kind="work", value="ann@acme.com")

        desk.ask("make_primary", point_id=new["id"], version=1)

        assert desk.ask("get_record", kind="customer", id=id_)["email"] == "ann@acme.com"
        assert first(listed(desk, id_)) == {"mail": "ann@acme.com"}
        assert [one["normal"] for one in listed(desk, id_)] == ["ann@acme.com", "ann@lee.org"]
        assert desk.told("accounts.customer.recorded.v1")[-1]["email"] == "ann@acme.com"

    def test_an_address_is_taken_as_a_whole(self, desk: Desk) -> None:
        id_ = a_customer(desk, city="Paris", postal_code="75001", country="FR")["customer_id"]

        added(desk, id_, medium="address", address=HOME | {"country": "US"}, primary=True)

        shown = desk.ask("get_record", kind="customer", id=id_)
        assert [shown[n] for n in ("city", "postal_code", "state", "country")] == [
            "Albany", "12201", "New York", "US",
        ]  # fmt: skip
        behind = [one["address"] for one in listed(desk, id_) if not one["is_primary"]]
        assert [one["city"] for one in behind] == ["Paris"]

    def test_works_for_a_contact_too(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        bob = desk.ask("register_contact", customer_id=id_, name="Bob", phone="2125550100")
        whose = {"contact_id": bob["contact_id"]}
        new = added(desk, id_, medium="phone", kind="mobile", value="2125550199", **whose)

        desk.ask("make_primary", point_id=new["id"], version=1)

        contact = desk.ask("get_record", kind="contact", id=bob["contact_id"])
        assert contact["phone_e164"] == "+12125550199"
        assert first(listed(desk, id_, **whose)) == {"phone": "+12125550199"}
        assert listed(desk, id_) == []

    def test_a_later_change_of_the_record_comes_first(self, desk: Desk) -> None:
        """There is one truth: the two cannot fall out of step."""
        id_ = a_customer(desk)["customer_id"]
        added(desk, id_, medium="mail", value="ann@acme.com", primary=True)
        version = desk.ask("get_record", kind="customer", id=id_)["version"]

        desk.ask("update_customer", customer_id=id_, version=version,
                 changes={"email": "ann@new.org"})  # fmt: skip

        assert first(listed(desk, id_)) == {"mail": "ann@new.org"}

    def test_what_comes_first_is_neither_removed_nor_ended(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        point = added(desk, id_, medium="mail", value="ann@acme.com", primary=True)

        with pytest.raises(Conflict):
            desk.ask("remove_contact_point", point_id=point["id"], version=point["version"])
        with pytest.raises(Conflict):
            desk.ask("update_contact_point", point_id=point["id"], version=point["version"],
                     changes={"valid_until": "2001-01-01T00:00:00Z"})  # fmt: skip

        assert first(listed(desk, id_)) == {"mail": "ann@acme.com"}

    def test_refuses_what_is_not_valid_now_and_a_stale_version(self, desk: Desk) -> None:
        id_ = a_customer(desk, email="ann@lee.org")["customer_id"]
        point = added(desk, id_, medium="mail", value="ann@old.org",
                      valid_until="2001-01-01T00:00:00Z")  # fmt: skip

        with pytest.raises(Conflict):
            desk.ask("make_primary", point_id=point["id"], version=1)
        with pytest.raises(StaleVersion):
            desk.ask("make_primary", point_id=point["id"], version=7)

        assert desk.ask("get_record", kind="customer", id=id_)["email"] == "ann@lee.org"


class TestFurtherPointsAreFound:
    def test_by_identify(self, desk: Desk) -> None:
        """Pain point 20: a caller is recognised by his second number too."""
        id_ = a_customer(desk)["customer_id"]
        bob = desk.ask("register_contact", customer_id=id_, name="Bob")["contact_id"]
        added(desk, id_, medium="phone", value="+12125550199")
        added(desk, id_, medium="mail", value="bob@acme.com", contact_id=bob)

        number = desk.ask("identify", phone="+1 212 555 0199")
        end = desk.ask("identify", phone="212 555 0199")
        mail = desk.ask("identify", email="Bob@Acme.com")

        found = [one["customers"][0] for one in (number, end, mail)]
        assert [(one["customer_id"], one["reason"]) for one in found] == [
            (id_, "further_phone"), (id_, "further_phone_suffix"), (id_, "contact_email"),
        ]  # fmt: skip
        assert found[2]["contact_id"] == bob

    def test_but_not_when_their_time_is_over(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        added(desk, id_, medium="phone", value="+12125550199", valid_until="2001-01-01T00:00:00Z")

        assert desk.ask("identify", phone="+12125550199")["outcome"] == "none"

    def test_by_matching_when_a_customer_is_entered(self, desk: Desk) -> None:
        """Pain point 2: the second address of a known customer is no new customer."""
        id_ = a_customer(desk)["customer_id"]
        added(desk, id_, medium="mail", value="ann@acme.com")

        with pytest.raises(Conflict) as refused:
            desk.ask("register_customer", name="A. Lee", email="Ann@acme.com")

        (match,) = refused.value.detail["matches"]
        assert (match["customer_id"], match["reasons"]) == (id_, ["email"])

    def test_by_an_import(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        added(desk, id_, medium="mail", value="person1@example.com")

        status = desk.imported(a_file(a_row(1), a_row(2)))

        assert (status["created"], status["refused"]) == (1, 1)
