"""Customers through accounts' own rows: one record per customer, whoever may see what."""

import threading

import pytest

from chassis.errors import Conflict, Forbidden, Invalid, NotFound, StaleVersion
from chassis.ids import new_id
from services.accounts.usecases.customers import DuplicateCustomer, ExternalIdTaken
from tests.support.accounts import Desk, a_customer, a_file, a_row, a_staff, a_territory

ANN = {"name": "Ann Lee", "email": "ann@lee.org", "phone": "+12125550123", "state": "New York"}


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

        (match,) = refused.value.detail["matches"]  # type: ignore[misc]
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

    @pytest.mark.spec("ACC-40")
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


class TestPainPoint18AuditHoles:
    """Audit holes (pain point 18): every channel writes the same trail."""

    @pytest.mark.spec("ACC-26")
    def test_rpc_and_import_leave_who_when_old_new_and_channel(self, desk: Desk) -> None:
        admin = a_staff(desk, role="admin")["id"]
        token = desk.token_of(admin)
        id_ = desk.ask("register_customer", **ANN, external_ids={"erp": "X-1"})["customer_id"]
        desk.ask("update_customer", as_=token, customer_id=id_, version=1, changes={"city": "Rye"})
        job = desk.start(a_file(a_row(1, name="Ann Lee", city="Boston", derived="")))
        desk.run()

        trail = desk.ask("change_history", as_=token, kind="customer", id=id_)["items"]

        assert [(one["verb"], one["channel"]) for one in trail] == [
            ("updated", "process:import"),
            ("updated", "rpc:update_customer"),
            ("created", "rpc:register_customer"),
        ]
        assert trail[0]["changes"]["city"] == ["Rye", "Boston"]
        assert trail[1]["changes"] == {"city": [None, "Rye"]}
        assert trail[1]["actor"] == f"person:{admin}"
        assert [one["version"] for one in trail] == [3, 2, 1]
        assert desk.ask("import_status", import_id=job)["updated"] == 1

    def test_bulk_creation_is_audited_row_by_row(self, desk: Desk) -> None:
        desk.imported(a_file(a_row(1), a_row(2), a_row(3)))

        assert desk.count("audit", "WHERE record_kind = 'customers' AND verb = 'created'") == 3

    def test_the_trail_of_an_invisible_customer_is_invisible(self, desk: Desk) -> None:
        id_ = desk.ask("register_customer", **ANN)["customer_id"]
        rep = desk.token_of(a_staff(desk)["id"])

        with pytest.raises(NotFound):
            desk.ask("change_history", as_=rep, kind="customer", id=id_)


class TestOwnership:
    @pytest.mark.spec("ACC-14")
    def test_keeps_who_owned_it_when_and_why(self, desk: Desk) -> None:
        east = a_territory(desk, "New York")
        rita = a_staff(desk, name="Rita", territory_ids=[east])["id"]
        rolf = a_staff(desk, name="Rolf")["id"]
        id_ = desk.ask("register_customer", **ANN)["customer_id"]
        desk.ask("assign_owner", customer_id=id_, version=1, owner_id=rolf)
        desk.ask("assign_owner", customer_id=id_, version=2, owner_id=None)

        history = desk.ask("ownership_history", customer_id=id_)["items"]

        assert [(one["previous_owner_id"], one["owner_id"], one["reason"]) for one in history] == [
            (rolf, None, "released"),
            (rita, rolf, "assigned"),
            (None, rita, "territory"),
        ]
        assert history[2]["rule"] == "territory.only_member"
        told = desk.told("accounts.customer.owner_changed.v1")
        assert [(one["previous_owner_id"], one["owner_id"], one["version"]) for one in told] == [
            (rita, rolf, 2),
            (rolf, None, 3),
        ]

    def test_the_same_owner_changes_nothing(self, desk: Desk) -> None:
        rita = a_staff(desk)["id"]
        id_ = desk.ask("register_customer", **ANN, owner_id=rita)["customer_id"]

        same = desk.ask("assign_owner", customer_id=id_, version=1, owner_id=rita)

        assert same["version"] == 1
        assert desk.told("accounts.customer.owner_changed.v1") == []

    def test_refuses_an_owner_who_has_left(self, desk: Desk) -> None:
        gone = a_staff(desk)
        desk.ask("update_staff", staff_id=gone["id"], version=1, changes={"active": False})
        id_ = desk.ask("register_customer", **ANN)["customer_id"]

        with pytest.raises(Conflict) as refused:
            desk.ask("assign_owner", customer_id=id_, version=1, owner_id=gone["id"])

        assert refused.value.code == "accounts.staff.inactive"
        assert desk.count("ownerships") == 0

    def test_contacts_and_interactions_follow_the_customer(self, desk: Desk) -> None:
        rita, rolf = a_staff(desk, name="Rita")["id"], a_staff(desk, name="Rolf")["id"]
        id_ = desk.ask("register_customer", **ANN, owner_id=rita)["customer_id"]
        desk.ask("register_contact", customer_id=id_, name="Bob")
        desk.ask("record_interaction", customer_id=id_, kind="call", subject="Hello",
                 source="desk", source_key="1")  # fmt: skip
        as_rolf = desk.token_of(rolf)

        before = desk.ask("timeline", as_=as_rolf, customer_id=id_)["items"]
        desk.ask("assign_owner", customer_id=id_, version=1, owner_id=rolf)
        after = desk.ask("timeline", as_=as_rolf, customer_id=id_)["items"]

        assert (len(before), len(after)) == (0, 1)
        assert len(desk.ask("find_records", as_=as_rolf, kind="contact")["items"]) == 1


class TestVisibility:
    """Own, team, territory, all: one decision for get, find, card and count (pain point 5)."""

    @pytest.fixture
    def people(self, desk: Desk) -> dict[str, str]:
        """Four people who may see one, two, three and four customers."""
        east = a_territory(desk, "New York")
        city = a_territory(desk, "Rhode Island", name="City", parent_id=east)
        team = desk.ask("create_record", kind="team", values={"name": "Blue"})["id"]
        rep = a_staff(desk, name="Rep", team_id=team)["id"]
        mate = a_staff(desk, role="relationship_staff", name="Mate", team_id=team)["id"]
        boss = a_staff(desk, role="supervisor", name="Boss", team_id=team, territory_ids=[east])
        chief = a_staff(desk, role="general_manager", name="Chief")["id"]
        a_customer(desk, name="Own", owner_id=rep)
        a_customer(desk, name="Team", owner_id=mate)
        a_customer(desk, name="Territory", state="Rhode Island", owner_id=chief)
        a_customer(desk, name="Nobody's", state="Oregon")
        assert city
        return {"rep": rep, "mate": mate, "boss": boss["id"], "chief": chief}

    @pytest.mark.spec("X-10")
    @pytest.mark.parametrize(
        ("who", "expected"),
        [
            ("rep", ["Own"]),
            ("mate", ["Own", "Team"]),
            ("boss", ["Own", "Team", "Territory"]),
            ("chief", ["Nobody's", "Own", "Team", "Territory"]),
        ],
    )
    def test_each_sees_as_far_as_the_role_reaches(
        self, desk: Desk, people: dict[str, str], who: str, expected: list[str]
    ) -> None:
        token = desk.token_of(people[who])

        found = desk.ask("find_records", as_=token, kind="customer", sort="name")["items"]
        snapshot = desk.ask("customers_changed_since", as_=token)["items"]

        assert [one["name"] for one in found] == expected
        assert sorted(one["name"] for one in snapshot) == expected

    def test_what_is_not_seen_cannot_be_opened_changed_or_given_away(
        self, desk: Desk, people: dict[str, str]
    ) -> None:
        rep, boss = desk.token_of(people["rep"]), desk.token_of(people["boss"])
        hidden = desk.ask("find_records", kind="customer", filters={"state": "Oregon"})["items"][0]

        for method, payload in {
            "customer_card": {"customer_id": hidden["id"]},
            "update_customer": {"customer_id": hidden["id"], "version": 1, "changes": {}},
            "register_contact": {"customer_id": hidden["id"], "name": "Bob"},
            "ownership_history": {"customer_id": hidden["id"]},
        }.items():
            with pytest.raises(NotFound):
                desk.ask(method, as_=rep, **payload)
        with pytest.raises(NotFound):
            desk.ask("assign_owner", as_=boss, customer_id=hidden["id"], version=1, owner_id=None)

    def test_an_agent_may_look_but_not_change(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        agent = desk.token_of(a_staff(desk, role="agent")["id"])

        card = desk.ask("customer_card", as_=agent, customer_id=id_)

        assert card["profile"]["customer"]["id"] == id_
        with pytest.raises(Forbidden):
            desk.ask("update_customer", as_=agent, customer_id=id_, version=1, changes={})


class TestPainPoint13Paging:
    """Paging misses or repeats records (pain point 13)."""

    def test_under_concurrent_writes_each_stable_customer_comes_once(self, desk: Desk) -> None:
        stable = {a_customer(desk, name=f"Stable {n:03}")["customer_id"] for n in range(40)}
        seen: list[str] = []
        after = None
        while True:
            page = desk.ask("find_records", kind="customer", sort="name", limit=7, after=after)
            seen += [one["id"] for one in page["items"]]
            # Before and behind the cursor, so that an offset would miss one and repeat another.
            a_customer(desk, name=f"Another {new_id()}")
            a_customer(desk, name=f"Stable zz {new_id()}")
            after = page["next"]
            if after is None or len(seen) > 60:
                break

        assert [id_ for id_ in seen if id_ in stable] == sorted(stable, key=seen.index)
        assert stable <= set(seen)
        assert len(seen) == len(set(seen))

    def test_a_snapshot_meets_every_customer_once_with_its_sequence(self, desk: Desk) -> None:
        ids = {a_customer(desk)["customer_id"] for _ in range(23)}
        changed = min(ids)
        desk.ask("update_customer", customer_id=changed, version=1, changes={"city": "Rye"})
        items: list[dict[str, object]] = []
        cursor, more = None, True
        while more:
            page = desk.ask("customers_changed_since", cursor=cursor, limit=10)
            items += page["items"]
            cursor, more = page["next"], page["more"]

        assert [one["customer_id"] for one in items] == sorted(ids)
        assert cursor is None
        assert items[0]["sequence"] == 4  # created, recorded, updated, recorded
        last = desk.told("accounts.customer.recorded.v1")[-1]
        assert {name: last[name] for name in items[0] if name != "sequence"} == {
            name: value for name, value in items[0].items() if name != "sequence"
        }

    def test_refuses_a_cursor_of_another_list(self, desk: Desk) -> None:
        with pytest.raises(Invalid):
            desk.ask("customers_changed_since", cursor="bm9uc2Vuc2U=")


class TestCard:
    @pytest.mark.spec("ACC-10")
    def test_each_section_says_when_it_was_true(self, desk: Desk) -> None:
        rita = a_staff(desk)["id"]
        id_ = desk.ask("register_customer", **ANN, owner_id=rita)["customer_id"]
        desk.ask("register_contact", customer_id=id_, name="Bob", email="bob@lee.org")
        desk.ask("record_interaction", customer_id=id_, kind="call", subject="Hello",
                 source="desk", source_key="1", at="2017-01-02T03:04:05Z")  # fmt: skip

        card = desk.ask("customer_card", customer_id=id_)

        sections = ("profile", "contacts", "external_ids", "ownership", "interactions")
        assert all(card[name]["as_of"].endswith("Z") for name in sections)
        assert card["profile"]["customer"]["name"] == "Ann Lee"
        assert card["contacts"]["items"][0]["name"] == "Bob"
        assert card["ownership"]["owner_id"] == rita
        assert card["ownership"]["history"][0]["reason"] == "registered"
        assert card["interactions"]["last_at"] == "2017-01-02T03:04:05.000000Z"
