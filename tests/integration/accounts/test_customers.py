"""Customers through accounts' own rows: one record per customer, whoever may see what."""

import threading

import pytest

from chassis.errors import Conflict, Forbidden, Invalid, StaleVersion
from services.accounts.usecases.customers import DuplicateCustomer, ExternalIdTaken
from tests.support.accounts import ANN, Desk, a_customer, a_file, a_row, a_staff


class TestRegisterCustomer:
    @pytest.mark.spec("ACC-01")
    def test_enters_a_customer_and_tells_it_in_private_and_in_the_log(self, desk: Desk) -> None:
        answer = desk.ask("register_customer", **ANN, external_ids={"erp": "A1"}, source="web")

        (recorded,) = desk.told("accounts.customer.recorded.v1")
        (created,) = desk.told("accounts.customer.created.v1")
        assert (answer["created"], answer["number"], answer["version"]) == (True, "100001", 1)
        assert (recorded["name"], recorded["email"]) == ("Ann Lee", "ann@lee.org")
        assert recorded["external_ids"] == {"erp": "A1"}
        assert recorded["lifecycle"] == "potential"
        assert created["source"] == "web"
        assert created["changed"]["name"] is None
        assert "Ann" not in str(created)
        assert "ann@lee.org" not in str(created)
        assert desk.count("external_ids") == 1

    def test_the_same_request_twice_is_one_customer(self, desk: Desk) -> None:
        first = desk.ask("register_customer", key="k1", **ANN)
        second = desk.ask("register_customer", key="k1", **ANN)

        assert first == second
        assert desk.count("customers") == 1

    @pytest.mark.parametrize(
        "same",
        [
            {"name": "A. Lee", "email": " ANN@lee.org "},
            {"name": "Ann  LEE", "phone": "(212) 555-0123", "country": "US"},
        ],
    )
    def test_blocks_a_customer_that_is_known(self, desk: Desk, same: dict[str, str]) -> None:
        known = desk.ask("register_customer", **ANN)

        with pytest.raises(DuplicateCustomer) as refused:
            desk.ask("register_customer", **same)

        (match,) = refused.value.detail["matches"]
        assert match["customer_id"] == known["customer_id"]
        assert "lee" not in str(refused.value).lower()
        assert desk.count("customers") == 1

    def test_links_to_the_known_customer_and_notes_its_new_key(self, desk: Desk) -> None:
        known = desk.ask("register_customer", **ANN)

        linked = desk.ask("register_customer", **ANN, external_ids={"shop": "7"}, on_match="link")

        assert (linked["customer_id"], linked["created"]) == (known["customer_id"], False)
        assert linked["matched_on"] == ["email", "phone", "name"]
        assert linked["version"] == 2
        assert desk.told("accounts.customer.recorded.v1")[-1]["external_ids"] == {"shop": "7"}

    def test_does_not_link_to_a_customer_with_another_key(self, desk: Desk) -> None:
        desk.ask("register_customer", **ANN, external_ids={"erp": "A1"})

        with pytest.raises(ExternalIdTaken):
            desk.ask("register_customer", **ANN, external_ids={"erp": "A2"}, on_match="link")

        assert desk.count("external_ids") == 1

    def test_warns_and_enters_when_told_to(self, desk: Desk) -> None:
        known = desk.ask("register_customer", **ANN)

        second = desk.ask("register_customer", **ANN, on_match="warn")

        assert second["created"]
        assert [match["customer_id"] for match in second["matches"]] == [known["customer_id"]]
        assert second["number"] == "100002"

    def test_never_enters_the_same_key_twice(self, desk: Desk) -> None:
        desk.ask("register_customer", name="One", external_ids={"erp": "A1"})

        with pytest.raises(DuplicateCustomer):
            desk.ask("register_customer", name="Two", external_ids={"erp": "A1"}, on_match="warn")

    @pytest.mark.parametrize(
        "wrong",
        [
            {"email": "nobody"},
            {"name": "x" * 201},
            {"country": "USA"},
            {"customer_since": "2016-02-30"},
            {"shoe_size": 44},
            {"name": "Ann\0Lee"},
            {"derived": ["name"]},
        ],
    )
    def test_refuses_what_is_wrong_in_itself(self, desk: Desk, wrong: dict[str, object]) -> None:
        with pytest.raises(Invalid):
            desk.ask("register_customer", **(ANN | wrong))

        assert desk.count("customers") == 0

    def test_a_rep_owns_what_he_enters(self, desk: Desk) -> None:
        rep = desk.token_of(a_staff(desk)["id"])

        answer = desk.ask("register_customer", as_=rep, **ANN)

        seen = desk.ask("get_record", as_=rep, kind="customer", id=answer["customer_id"])
        assert seen["name"] == "Ann Lee"

    def test_a_rep_cannot_enter_for_somebody_else(self, desk: Desk) -> None:
        rep, other = desk.token_of(a_staff(desk)["id"]), a_staff(desk, name="Otto")

        with pytest.raises(Forbidden):
            desk.ask("register_customer", as_=rep, owner_id=other["id"], **ANN)

        assert desk.count("customers") == 0


class TestPainPoint2Duplicates:
    """Duplicates appear through side doors (pain point 2)."""

    def test_the_same_lead_by_every_door_is_one_customer(self, desk: Desk) -> None:
        desk.ask("register_customer", **ANN, source="web", on_match="link")
        desk.ask("register_customer", **ANN, source="api", on_match="link")
        desk.ask("register_customer", **ANN, source="lead", on_match="link",
                 as_=desk.token_of_service("sales"))  # fmt: skip
        row = a_row(1, name="Ann Lee", email="ann@lee.org", phone="+12125550123")
        status = desk.imported(a_file(row), on_match="link")

        assert desk.count("customers") == 1
        assert (status["created"], status["updated"]) == (0, 1)

    def test_an_update_cannot_make_a_duplicate(self, desk: Desk) -> None:
        desk.ask("register_customer", **ANN)
        other = a_customer(desk, name="Bob", email="bob@lee.org")

        with pytest.raises(DuplicateCustomer):
            desk.ask(
                "update_customer", customer_id=other["customer_id"], version=1,
                changes={"email": "ann@lee.org"},
            )  # fmt: skip

        seen = desk.ask("get_record", kind="customer", id=other["customer_id"])
        assert (seen["email"], seen["version"]) == ("bob@lee.org", 1)

    def test_two_at_the_same_instant_are_one_customer(self, desk: Desk) -> None:
        answers: list[str] = []

        def enter() -> None:
            try:
                answers.append(desk.ask("register_customer", **ANN)["customer_id"])
            except Conflict as refused:
                answers.append(refused.code)

        threads = [threading.Thread(target=enter) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

        assert sorted(answers)[1:] == ["accounts.customer.duplicate"] * 5
        assert desk.count("customers") == 1

    def test_find_matches_scores_without_saying_who(self, desk: Desk) -> None:
        known = desk.ask("register_customer", **ANN)
        rep = desk.token_of(a_staff(desk)["id"])

        found = desk.ask("find_matches", as_=rep, email="ann@lee.org")

        (match,) = found["matches"]
        assert match["customer_id"] == known["customer_id"]
        assert (match["score"], match["reasons"], match["certain"]) == (90, ["email"], True)
        assert "Ann" not in str(found)


class TestPainPoint17LostUpdates:
    """Lost updates between users (pain point 17)."""

    def test_refuses_a_stale_version_and_names_what_changed(self, desk: Desk) -> None:
        id_ = desk.ask("register_customer", **ANN)["customer_id"]
        desk.ask("update_customer", customer_id=id_, version=1, changes={"city": "Boston"})

        with pytest.raises(StaleVersion) as stale:
            desk.ask("update_customer", customer_id=id_, version=1, changes={"city": "Austin"})

        assert stale.value.detail["version"] == 2
        assert stale.value.detail["changed"] == ["city"]
        seen = desk.ask("get_record", kind="customer", id=id_)
        assert (seen["city"], seen["version"]) == ("Boston", 2)

    def test_a_version_is_required(self, desk: Desk) -> None:
        id_ = desk.ask("register_customer", **ANN)["customer_id"]

        with pytest.raises(Invalid):
            desk.ask("update_customer", customer_id=id_, changes={"city": "Boston"})

    def test_an_unchanged_value_tells_nothing(self, desk: Desk) -> None:
        id_ = desk.ask("register_customer", **ANN)["customer_id"]

        same = desk.ask("update_customer", customer_id=id_, version=1, changes={"name": "Ann Lee"})

        assert same["version"] == 1
        assert desk.told("accounts.customer.updated.v1") == []

    def test_of_two_who_take_a_customer_one_wins(self, desk: Desk) -> None:
        reps = [a_staff(desk, name=name)["id"] for name in ("Rita", "Rolf", "Rosa", "Rudi")]
        id_ = desk.ask("register_customer", **ANN)["customer_id"]
        outcomes: list[str] = []

        def take(owner_id: str) -> None:
            try:
                desk.ask("assign_owner", customer_id=id_, version=1, owner_id=owner_id)
                outcomes.append("won")
            except StaleVersion:
                outcomes.append("stale")

        threads = [threading.Thread(target=take, args=(rep,)) for rep in reps]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

        assert sorted(outcomes) == ["stale", "stale", "stale", "won"]
        assert len(desk.told("accounts.customer.owner_changed.v1")) == 1
        assert desk.count("ownerships") == 1
