"""Several customers become one in accounts: nothing of theirs is lost, nobody finds them twice."""

from typing import Any

import pytest

from chassis.errors import Conflict, Forbidden, Invalid, NotFound, StaleVersion
from services.accounts.reads import belongings
from tests.support.accounts import ANN, Desk, a_customer, a_staff
from tests.support.merging import answer, merge, named, two

RELATED = ("contacts", "interactions", "ownerships", "external_ids", "consents")


def _furnish(desk: Desk, customer_id: str, name: str) -> None:
    """Give a customer one of everything that belongs to customers."""
    desk.ask("register_contact", customer_id=customer_id, name=f"Contact {name}")
    desk.ask("record_interaction", customer_id=customer_id, kind="call", subject="Hello",
             source="desk", source_key=name)  # fmt: skip
    owner = a_staff(desk, name=f"Owner of {name}")["id"]
    desk.ask("assign_owner", customer_id=customer_id, owner_id=owner,
             version=named(desk, customer_id)["version"])  # fmt: skip


def _say(desk: Desk, customer_id: str, granted: bool, day: int) -> None:
    basis = "consent" if granted else "withdrawn"
    desk.ask("set_consent", customer_id=customer_id, purpose="marketing", channel="mail",
             granted=granted, basis=basis, at=f"2020-01-0{day}T00:00:00Z")  # fmt: skip


class TestNothingIsLost:
    """Merge loses relations or data (pain point 3)."""

    @pytest.mark.spec("ACC-40")
    def test_every_related_row_belongs_to_the_winner_afterwards(self, desk: Desk) -> None:
        winner, loser = two(desk, external_ids={"erp": "E-1"})
        for id_ in (winner, loser):
            _furnish(desk, id_, id_)
        _say(desk, loser, granted=True, day=1)
        before = {table: desk.count(table) for table in RELATED}

        merge(desk, winner, loser)

        # What gave way of mail and phone is a contact more.
        assert {table: desk.count(table) for table in RELATED} == before | {
            "contacts": before["contacts"] + 1
        }
        assert all(
            desk.count(table, f"WHERE customer_id = '{winner}'") == desk.count(table)
            for table in RELATED
        )

    def test_an_address_that_gave_way_still_leads_to_the_winner(self, desk: Desk) -> None:
        winner, loser = two(desk)

        merge(desk, winner, loser)

        by_mail = desk.ask("identify", email="anna@lee.org")["customers"]
        by_phone = desk.ask("identify", phone="+12125550199")["customers"]
        assert [one["customer_id"] for one in (*by_mail, *by_phone)] == [winner, winner]

    def test_two_keys_of_one_system_both_lead_to_the_winner(self, desk: Desk) -> None:
        winner = a_customer(desk, external_ids={"erp": "E-1"})["customer_id"]
        loser = a_customer(desk, external_ids={"erp": "E-2", "shop": "S-2"})["customer_id"]

        merge(desk, winner, loser)

        for system, key in (("erp", "E-1"), ("erp", "E-2"), ("shop", "S-2")):
            found = desk.ask("identify", system=system, external_id=key)["customers"]
            assert [one["customer_id"] for one in found] == [winner]
        told = desk.told("accounts.customer.recorded.v1")[-2:]
        assert {one["customer_id"]: one["external_ids"] for one in told} == {
            winner: {"erp": "E-1", "shop": "S-2"},
            loser: {"erp": "E-2"},
        }

    @pytest.mark.parametrize(
        ("ours", "theirs", "stands"),
        [
            ((True, 1), (False, 2), False),
            ((False, 1), (True, 2), True),
            ((True, 2), (False, 2), False),
        ],
        ids=["a later no", "a later yes", "of one instant the no"],
    )
    def test_of_two_consents_the_later_stands(
        self, desk: Desk, ours: tuple[bool, int], theirs: tuple[bool, int], stands: bool
    ) -> None:
        winner, loser = two(desk)
        _say(desk, winner, *ours)
        _say(desk, loser, *theirs)

        merge(desk, winner, loser)

        consents = desk.ask("consents", customer_id=winner)["items"]
        assert [one["granted"] for one in consents] == [stands]
        assert desk.told("accounts.consent.recorded.v1")[-1]["granted"] is stands

    def test_every_foreign_key_to_customers_is_decided(self) -> None:
        found = {belongings.name_of(column) for _, column in belongings.foreign_keys()}

        assert found == set(belongings.DECIDED)

    def test_many_rows_move_in_chunks(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("services.accounts.usecases.merging.CHUNK", 3)
        winner, loser = two(desk)
        for number in range(10):
            desk.ask("record_interaction", customer_id=loser, kind="call", subject="Hello",
                     source="desk", source_key=str(number))  # fmt: skip

        merge(desk, winner, loser)

        assert desk.count("interactions", f"WHERE customer_id = '{winner}'") == 10


class TestAnOldId:
    """A merged record keeps showing, or an answer goes to the wrong one (pain point 4)."""

    @pytest.fixture
    def one(self, desk: Desk) -> tuple[str, str]:
        """Two customers that became one."""
        winner, loser = two(desk)
        merge(desk, winner, loser)
        return winner, loser

    def test_is_in_no_list_and_matches_nobody(self, desk: Desk, one: tuple[str, str]) -> None:
        winner, _ = one

        listed = desk.ask("find_records", kind="customer")["items"]
        matches = desk.ask("find_matches", name="Anna Lee", email="anna@lee.org")["matches"]

        assert [each["id"] for each in listed] == [winner]
        # The mail that gave way leads to a contact of the winner, and to nobody else.
        assert [each["customer_id"] for each in matches] == [winner]
        assert "contact_email" in matches[0]["reasons"]

    def test_is_answered_for_the_winner(self, desk: Desk, one: tuple[str, str]) -> None:
        winner, loser = one

        record = desk.ask("get_record", kind="customer", id=loser)
        card = desk.ask("customer_card", customer_id=loser)
        owners = desk.ask("ownership_history", customer_id=loser)
        listed = desk.ask("find_records", kind="contact", filters={"customer_id": loser})

        assert (record["id"], card["customer_id"]) == (winner, winner)
        assert owners == desk.ask("ownership_history", customer_id=winner)
        assert [each["customer_id"] for each in listed["items"]] == [winner]

    def test_is_written_for_the_winner(self, desk: Desk, one: tuple[str, str]) -> None:
        winner, loser = one

        contact = desk.ask("register_contact", customer_id=loser, name="Late")
        _say(desk, loser, granted=True, day=1)

        assert contact["customer_id"] == winner
        assert len(desk.ask("consents", customer_id=winner)["items"]) == 1

    def test_is_found_by_the_number_on_an_old_letter(self, desk: Desk) -> None:
        winner, loser = two(desk)
        number = desk.ask("get_record", kind="customer", id=loser)["number"]
        merge(desk, winner, loser)

        found = desk.ask("identify", number=number)["customers"]

        assert [(each["customer_id"], each["reason"]) for each in found] == [
            (winner, "former_number")
        ]

    def test_follows_its_winner_into_the_next_merge(self, desk: Desk, one: tuple[str, str]) -> None:
        winner, loser = one
        last = a_customer(desk)["customer_id"]
        answer(desk, desk.ask("find_records", kind="merge")["items"][0]["id"])

        merge(desk, last, winner)

        assert desk.ask("get_record", kind="customer", id=loser)["id"] == last
        told = {each["customer_id"]: each for each in desk.told("accounts.customer.recorded.v1")}
        assert (told[loser]["merged_into"], told[winner]["merged_into"]) == (last, last)

    def test_is_told_without_who_it_was(self, desk: Desk, one: tuple[str, str]) -> None:
        winner, loser = one

        told = desk.told("accounts.customer.recorded.v1")[-1]

        assert (told["customer_id"], told["merged_into"]) == (loser, winner)
        assert (told["name"], told["email"], told["phone"]) == ("", None, None)

    def test_is_in_the_snapshot_for_whoever_joins_late(
        self, desk: Desk, one: tuple[str, str]
    ) -> None:
        winner, loser = one

        first = desk.ask("customers_changed_since", limit=1)
        rest = desk.ask("customers_changed_since", cursor=first["next"])

        items = {
            each["customer_id"]: each["merged_into"] for each in first["items"] + rest["items"]
        }
        assert (items, rest["more"]) == ({winner: None, loser: winner}, False)


class TestRefusals:
    def test_a_stale_version_merges_nothing(self, desk: Desk) -> None:
        winner, loser = two(desk)
        stale = named(desk, loser)
        desk.ask("update_customer", customer_id=loser, version=1, changes={"city": "Troy"})

        with pytest.raises(StaleVersion):
            desk.ask("merge_customers", winner=named(desk, winner), losers=[stale])

        assert (desk.count("customers"), desk.count("merges")) == (2, 0)

    def test_who_does_not_see_every_one_merges_nothing(self, desk: Desk) -> None:
        winner, loser = two(desk)
        boss = a_staff(desk, role="supervisor", name="Boss")["id"]
        desk.ask("assign_owner", customer_id=winner, version=1, owner_id=boss)
        names = {"winner": named(desk, winner), "losers": [named(desk, loser)]}

        with pytest.raises(NotFound):
            desk.ask("merge_customers", as_=desk.token_of(boss), **names)

        assert (desk.count("customers"), desk.count("merges")) == (2, 0)

    def test_a_rep_may_not_merge(self, desk: Desk) -> None:
        winner, loser = two(desk)
        rep = a_staff(desk)["id"]

        with pytest.raises(Forbidden):
            desk.ask("preview_merge", as_=desk.token_of(rep), winner_id=winner, loser_ids=[loser])

    def test_a_person_and_an_organisation_are_not_one(self, desk: Desk) -> None:
        winner, loser = two(desk, kind="organisation")

        with pytest.raises(Invalid) as refused:
            merge(desk, winner, loser)

        assert refused.value.code == "accounts.merge.not_one"

    def test_a_customer_is_in_one_merge_at_a_time(self, desk: Desk) -> None:
        winner, loser = two(desk)
        merge(desk, winner, loser)
        last = a_customer(desk)["customer_id"]

        with pytest.raises(Conflict) as refused:
            merge(desk, last, winner)

        assert refused.value.code == "accounts.merge.under_way"
        assert desk.ask("get_record", kind="customer", id=winner)["id"] == winner

    def test_asked_again_it_is_one_merge(self, desk: Desk) -> None:
        winner, loser = two(desk)
        names: dict[str, Any] = {"winner": named(desk, winner), "losers": [named(desk, loser)]}

        first = desk.ask("merge_customers", **names)
        again = desk.ask("merge_customers", **names)

        assert (again, desk.count("merges")) == (first, 1)


class TestPreview:
    def test_says_what_survives_why_and_what_would_move(self, desk: Desk) -> None:
        winner, loser = two(desk, external_ids={"erp": "E-1"})
        _furnish(desk, loser, "loser")

        seen = desk.ask("preview_merge", winner_id=winner, loser_ids=[loser],
                        choices={"email": loser})  # fmt: skip

        why = {one["field"]: (one["from_id"], one["why"]) for one in seen["fields"]}
        assert why == {
            "name": (winner, "winner"),
            "email": (loser, "chosen"),
            "phone": (winner, "winner"),
            "language": (loser, "only"),
            "address": (loser, "fullest"),
        }
        assert seen["external_ids"] == {"erp": "E-1"}
        assert seen["related"] == {
            loser: {"contacts": 1, "external_ids": 1, "interactions": 1, "ownerships": 1}
        }
        assert desk.count("merges") == 0

    def test_is_what_the_merge_then_does(self, desk: Desk) -> None:
        winner, loser = two(desk)
        choices = {"email": loser}
        seen = desk.ask("preview_merge", winner_id=winner, loser_ids=[loser], choices=choices)

        merge(desk, winner, loser, choices=choices)

        record = desk.ask("get_record", kind="customer", id=winner)
        for one in seen["fields"]:
            assert {name: record[name] for name in one["values"]} == one["values"]
        assert (record["name"], record["email"]) == (ANN["name"], "anna@lee.org")
