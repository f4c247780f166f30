"""A contact asks to be forgotten, or what is known; its customer is none of it (pain point 24)."""

import pytest

from chassis.errors import Conflict, NotFound
from chassis.forgetting import name_the_erased
from tests.support import persons
from tests.support.accounts import Desk, a_customer, a_file, a_row
from tests.support.contacts import a_house, asked
from tests.support.merging import FOLLOWERS, answer, merge, named
from tests.support.persons import MAIL, NAME, PHONE, followed, found_in
from tests.support.trail import verdict


def erase(desk: Desk, customer_id: str, contact_id: str) -> str:
    """Erase a contact, and let everybody answer; return the request."""
    request = asked(desk, customer_id, contact_id)
    desk.ask("erase_customer", **request)
    followed(desk, request["request_id"], *FOLLOWERS)
    return str(request["request_id"])


def places(desk: Desk) -> list[str]:
    """Return where the person stands; nothing relays here what is told."""
    return found_in(desk.runtime.database.engine, "outbox")


def _imported_with(desk: Desk, email: str) -> str:
    """Import a company that gets a mail address by a second file, and has it in a third."""
    row = a_row(1, kind="organisation", name="Acme Chairs", email="first@acme.example", phone=PHONE)
    desk.imported(a_file(row))
    again = a_file(row.replace("first@acme.example", email))
    desk.imported(again, mode="upsert")
    desk.imported(again, mode="upsert", match_by="email")
    return str(desk.ask("find_records", kind="customer")["items"][0]["id"])


class TestTheRequestOfAContact:
    def test_names_the_contact_in_the_list_and_is_no_request_of_the_customer(
        self, desk: Desk
    ) -> None:
        house, contact = a_house(desk)
        asked(desk, house, contact, "access")

        desk.ask("receive_request", customer_id=house, kind="access")

        found = desk.ask("privacy_requests")["items"]
        assert {(one["customer_id"], one["contact_id"]) for one in found} == {
            (house, contact), (house, None),
        }  # fmt: skip

    def test_is_open_once(self, desk: Desk) -> None:
        house, contact = a_house(desk)
        asked(desk, house, contact, "access")

        with pytest.raises(Conflict) as refused:
            desk.ask("receive_request", customer_id=house, contact_id=contact, kind="access")

        assert refused.value.code == "accounts.privacy.open"

    def test_is_of_a_contact_of_this_customer(self, desk: Desk) -> None:
        _, foreign = a_house(desk)
        other = a_customer(desk)["customer_id"]

        for contact in ("nobody", foreign):
            with pytest.raises(NotFound) as refused:
                desk.ask("receive_request", customer_id=other, contact_id=contact, kind="access")
            assert refused.value.code == "accounts.contact.not_found"

        assert desk.count("privacy_requests") == 0

    def test_is_refused_of_who_was_erased(self, desk: Desk) -> None:
        house, contact = a_house(desk)
        erase(desk, house, contact)

        with pytest.raises(Conflict) as refused:
            desk.ask("receive_request", customer_id=house, contact_id=contact, kind="access")

        assert refused.value.code == "accounts.contact.erased"

    def test_follows_the_contact_when_its_customer_is_merged(self, desk: Desk) -> None:
        house, contact = a_house(desk)
        request = asked(desk, house, contact)
        winner = a_customer(desk, kind="organisation")["customer_id"]
        answer(desk, merge(desk, winner, house)["merge_id"])

        desk.ask("erase_customer", **request)

        assert desk.count("contacts") == 0
        (told,) = desk.told("accounts.contact.erased.v1")
        assert (told["customer_id"], told["contact_id"]) == (winner, contact)


class TestWhatSomebodyElseHasToo:
    """A mail or number that is not the person's alone identifies nobody."""

    def test_a_number_of_the_house_is_left_with_it(self, desk: Desk) -> None:
        house, contact = a_house(desk, phone="+12125550177")
        change = {"customer_id": house, "changes": {"phone": "+12125550177"}}
        desk.ask("update_customer", **change, version=1)
        touch = {"kind": "call", "source": "desk", "source_key": "1"}
        words = "they rang from +12125550177"
        desk.ask("record_interaction", customer_id=house, **touch, subject=words)

        erase(desk, house, contact)

        assert desk.count("interactions", f"WHERE subject = '{words}'") == 1
        (left,) = desk.ask("identify", phone="+12125550177")["customers"]
        assert (left["customer_id"], left["contact_id"]) == (house, None)

    @pytest.mark.parametrize("other", [f"{NAME} junior", NAME])
    def test_a_name_that_could_mean_another_is_not_looked_for(self, desk: Desk, other: str) -> None:
        house, contact = a_house(desk)
        desk.ask("register_contact", customer_id=house, name=other, email="other@acme.example")
        touch = {"kind": "call", "source": "desk", "source_key": "1"}
        desk.ask("record_interaction", customer_id=house, **touch, subject=f"{NAME} rang")

        erase(desk, house, contact)

        assert desk.count("interactions", f"WHERE subject = '{NAME} rang'") == 1

    def test_what_another_customer_says_of_that_name_is_not_touched(self, desk: Desk) -> None:
        house, contact = a_house(desk)
        other = a_customer(desk)["customer_id"]
        touch = {"kind": "call", "source": "desk", "source_key": "1"}
        desk.ask("record_interaction", customer_id=other, **touch, subject=f"{NAME} rang")

        erase(desk, house, contact)

        assert desk.count("interactions", f"WHERE subject = '{NAME} rang'") == 1


class TestWhatWasKeptToBeUndone:
    """Merges and imports remember what was before: also of the person."""

    def test_a_merge_whose_snapshot_names_the_person_stands(self, desk: Desk) -> None:
        house = a_customer(desk, name="Acme Chairs", kind="organisation")["customer_id"]
        person = {"email": MAIL, "phone": PHONE}
        shop = a_customer(desk, name="Acme East", kind="organisation", **person)["customer_id"]
        merged = merge(desk, house, shop)["merge_id"]
        answer(desk, merged)
        change = {"customer_id": house, "version": named(desk, house)["version"]}
        desk.ask("update_customer", **change, changes={"email": None, "phone": None})
        contact = desk.ask("register_contact", customer_id=house, name=NAME, **person)["contact_id"]
        assert [one for one in places(desk) if one.startswith("merge")] != []

        erase(desk, house, contact)

        assert [one for one in places(desk) if one.startswith("merge")] == []
        version = desk.ask("merge_status", merge_id=merged)["version"]
        with pytest.raises(Conflict) as refused:
            desk.ask("unmerge_customers", merge_id=merged, version=version)
        assert refused.value.code == "accounts.merge.snapshot_erased"
        assert desk.count("customers") == 1

    def test_a_mail_that_was_taken_for_the_companys_is_gone_from_everywhere(
        self, desk: Desk
    ) -> None:
        house = _imported_with(desk, MAIL)
        for version, changes in enumerate(
            ({"name": "Acme"}, {"phone": None}, {"email": "hello@acme.example"}), start=2
        ):
            desk.ask("update_customer", customer_id=house, version=version, changes=changes)
        told = {"customer_id": house, "name": NAME, "email": MAIL, "phone": PHONE}
        contact = desk.ask("register_contact", **told)["contact_id"]
        assert {one.partition(".")[0] for one in places(desk)} >= {
            "audit_values", "file_pieces", "idempotency", "import_images", "import_keys",
        }  # fmt: skip

        erase(desk, house, contact)

        assert places(desk) == []
        assert verdict(desk.runtime.database).faults == []
        found = desk.ask("change_history", kind="customer", id=house)["items"]
        assert [(one["version"], one["erased"]) for one in found if one["verb"] != "erased"] == [
            (5, True), (4, True), (3, False), (2, True), (1, True),
        ]  # fmt: skip
        assert named(desk, house)["version"] == 5
        with desk.runtime.database.reading() as session:
            # Nobody takes messages about the company for messages about who is gone.
            assert name_the_erased(session, [house, contact]) == [False, True]

    def test_a_merge_that_moved_the_contact_is_undone_without_it(self, desk: Desk) -> None:
        house, contact = a_house(desk)
        desk.ask("register_contact", customer_id=house, name="Bo Carpenter")
        winner = a_customer(desk, name="Acme Group", kind="organisation")["customer_id"]
        merged = merge(desk, winner, house)["merge_id"]
        answer(desk, merged)
        erase(desk, str(winner), contact)

        version = desk.ask("merge_status", merge_id=merged)["version"]
        desk.ask("unmerge_customers", merge_id=merged, version=version)

        assert desk.count("contacts", f"WHERE customer_id = '{house}'") == 1
        assert desk.count("contacts") == 1
        assert places(desk) == []

    def test_a_contact_whose_customer_was_erased_first_is_certified_too(self, desk: Desk) -> None:
        house, contact = a_house(desk)
        mine = asked(desk, house, contact)
        persons.erase(desk, house)

        desk.ask("erase_customer", **mine)
        followed(desk, mine["request_id"], *FOLLOWERS)

        found = desk.ask("erasure_certificate", request_id=mine["request_id"])
        assert (found["status"], found["services"]["accounts"].get("contacts")) == ("done", None)

    def test_a_refused_row_of_an_import_is_emptied(self, desk: Desk) -> None:
        desk.imported(a_file(a_row(1, kind="organisation", name="Acme Chairs")))
        house = desk.ask("find_records", kind="customer")["items"][0]["id"]
        told = {"customer_id": house, "name": NAME, "email": MAIL}
        contact = desk.ask("register_contact", **told)["contact_id"]
        desk.imported(a_file(a_row(2, name=NAME, email=MAIL, country="?")))

        erase(desk, house, contact)

        assert places(desk) == []
        assert desk.count("customers") == 1


class TestTheTrail:
    def test_says_who_did_what_and_is_whole(self, desk: Desk) -> None:
        house, contact = a_house(desk)

        erase(desk, house, contact)

        assert desk.count("audit", f"WHERE record_id = '{contact}' AND verb = 'erased'") == 1
        assert desk.count("audit", f"WHERE record_id = '{house}' AND verb = 'erased'") == 0
        assert verdict(desk.runtime.database).faults == []

    def test_the_customers_own_history_keeps_its_values(self, desk: Desk) -> None:
        house, contact = a_house(desk)
        asked_for = {"kind": "customer", "id": house}
        before = desk.ask("change_history", **asked_for)["items"]

        erase(desk, house, contact)

        assert desk.ask("change_history", **asked_for)["items"] == before != []

    def test_a_colleague_who_reported_to_the_person_keeps_a_history(self, desk: Desk) -> None:
        house, contact = a_house(desk)
        told = {"customer_id": house, "name": "Bo Carpenter"}
        other = desk.ask("register_contact", **told)["contact_id"]
        desk.ask("place_contact", contact_id=other, version=1, reports_to_id=contact)

        erase(desk, house, contact)

        found = desk.ask("change_history", kind="contact", id=other)["items"]
        steps = [one["changes"]["reports_to_id"] for one in found[:2]]
        assert steps == [[contact, None], [None, contact]]
