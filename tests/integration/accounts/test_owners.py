"""Who owns a customer, since when and why; who may see and change it."""

import pytest

from chassis.errors import Conflict, Forbidden, NotFound
from tests.support.accounts import ANN, Desk, a_customer, a_staff, a_territory


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
