"""Who we are: staff, roles, absences, territories, and what a token says."""

import pytest

from chassis.errors import Conflict, Forbidden, Invalid, NotFound, StaleVersion
from tests.support.accounts import ANN, Desk, a_customer, a_staff, a_territory


class TestStaff:
    @pytest.mark.spec("X-10")
    def test_enters_somebody_and_tells_it(self, desk: Desk) -> None:
        east = a_territory(desk, "New York")

        rita = a_staff(desk, name="Rita", territory_ids=[east])

        (told,) = desk.told("accounts.staff.recorded.v1")
        assert (told["staff_id"], told["name"], told["roles"]) == (rita["id"], "Rita", ["rep"])
        assert told["territory_ids"] == [east]

    def test_refuses_unknown_roles_teams_and_territories(self, desk: Desk) -> None:
        for wrong, error in (
            ({"roles": ["king"]}, Invalid),
            ({"team_id": "none"}, NotFound),
            ({"territory_ids": ["none"]}, Invalid),
        ):
            with pytest.raises(error):
                desk.ask("register_staff", **({"name": "Rita"} | wrong))
        assert desk.count("staff") == 0

    def test_roles_are_granted_and_revoked_with_their_history(self, desk: Desk) -> None:
        rita = a_staff(desk)["id"]
        desk.ask("grant_role", staff_id=rita, version=1, role="supervisor")
        left = desk.ask("revoke_role", staff_id=rita, version=2, role="rep")

        trail = desk.ask("change_history", kind="staff", id=rita)["items"]

        assert left["roles"] == ["supervisor"]
        assert [one["changes"]["roles"] for one in trail[:2]] == [
            [["rep", "supervisor"], ["supervisor"]],
            [["rep"], ["rep", "supervisor"]],
        ]

    def test_granting_a_role_twice_changes_nothing(self, desk: Desk) -> None:
        rita = a_staff(desk)["id"]

        assert desk.ask("grant_role", staff_id=rita, version=1, role="rep")["version"] == 1
        assert len(desk.told("accounts.staff.recorded.v1")) == 1

    def test_nobody_changes_his_own_roles(self, desk: Desk) -> None:
        admin = a_staff(desk, role="admin")["id"]

        with pytest.raises(Forbidden):
            desk.ask("grant_role", as_=desk.token_of(admin), staff_id=admin, version=1,
                     role="general_manager")  # fmt: skip

    def test_a_rep_may_not_touch_the_directory(self, desk: Desk) -> None:
        rita = a_staff(desk)["id"]

        with pytest.raises(Forbidden):
            desk.ask("update_staff", as_=desk.token_of(rita), staff_id=rita, version=1,
                     changes={"name": "Queen"})  # fmt: skip

    def test_a_change_is_stored_like_what_was_entered(self, desk: Desk) -> None:
        east = a_territory(desk, "New York")
        rita = a_staff(desk, email="Rita@House.org", territory_ids=[east, east])
        changes = {"email": "RITA@house.org", "territory_ids": [east, east]}

        after = desk.ask("update_staff", staff_id=rita["id"], version=1, changes=changes)

        assert after == rita
        ann = desk.ask("register_customer", **ANN)["customer_id"]
        assert desk.ask("get_record", kind="customer", id=ann)["owner_id"] == rita["id"]

    def test_refuses_a_stale_version(self, desk: Desk) -> None:
        rita = a_staff(desk)["id"]
        desk.ask("update_staff", staff_id=rita, version=1, changes={"name": "Rita R."})

        with pytest.raises(StaleVersion):
            desk.ask("update_staff", staff_id=rita, version=1, changes={"name": "Rita S."})


class TestTokenClaims:
    def test_say_roles_team_and_all_territories_below(self, desk: Desk) -> None:
        east = a_territory(desk, "New York")
        city = a_territory(desk, "Rhode Island", name="City", parent_id=east)
        team = desk.ask("create_record", kind="team", values={"name": "Blue"})["id"]
        boss = a_staff(desk, role="supervisor", team_id=team, territory_ids=[east])["id"]

        claims = desk.ask("token_claims", staff_id=boss)

        assert claims == {
            "subject": f"person:{boss}", "roles": ["supervisor"], "entity": "group",
            "teams": [team], "territories": sorted([east, city]),
        }  # fmt: skip

    def test_nobody_signs_for_who_has_left(self, desk: Desk) -> None:
        rita = a_staff(desk)["id"]
        desk.ask("update_staff", staff_id=rita, version=1, changes={"active": False})

        with pytest.raises(Conflict):
            desk.ask("token_claims", staff_id=rita)

    def test_a_rep_gets_no_claims(self, desk: Desk) -> None:
        rita = a_staff(desk)["id"]

        with pytest.raises(Forbidden):
            desk.ask("token_claims", as_=desk.token_of(rita), staff_id=rita)


PERIOD = {"starts_at": "2017-07-01T00:00:00Z", "ends_at": "2017-07-15T00:00:00Z"}


COMING = {"starts_at": "2100-01-01T00:00:00Z", "ends_at": "2100-01-08T00:00:00Z"}


class TestAbsences:
    def test_are_noted_and_taken_back(self, desk: Desk) -> None:
        rita, rolf = a_staff(desk)["id"], a_staff(desk, name="Rolf")["id"]

        noted = desk.ask("set_absence", staff_id=rita, substitute_id=rolf, **PERIOD)
        (listed,) = desk.ask("absences", staff_id=rita)["items"]
        desk.ask("cancel_absence", absence_id=noted["id"], version=1)

        assert listed["substitute_id"] == rolf
        assert listed["starts_at"] == "2017-07-01T00:00:00.000000Z"
        assert desk.ask("absences", staff_id=rita)["items"] == []

    def test_are_told_with_who_is_away_until_they_are_over(self, desk: Desk) -> None:
        rita, rolf = a_staff(desk)["id"], a_staff(desk, name="Rolf")["id"]
        past = {"starts_at": "2016-01-01T00:00:00Z", "ends_at": "2016-01-08T00:00:00Z"}
        desk.ask("set_absence", staff_id=rita, **past)

        noted = desk.ask("set_absence", staff_id=rita, substitute_id=rolf, **COMING)
        desk.ask("cancel_absence", absence_id=noted["id"], version=1)

        told = [one["away"] for one in desk.told("accounts.staff.recorded.v1")]
        period = {name: at.replace("Z", "+00:00") for name, at in COMING.items()}
        assert told[-3:] == [[], [period | {"substitute_id": rolf}], []]
        (item,) = [
            one for one in desk.ask("staff_changed_since")["items"] if one["staff_id"] == rita
        ]
        assert item["away"] == []

    def test_do_not_overlap(self, desk: Desk) -> None:
        rita = a_staff(desk)["id"]
        desk.ask("set_absence", staff_id=rita, **PERIOD)

        with pytest.raises(Conflict):
            desk.ask("set_absence", staff_id=rita, **PERIOD)

        assert desk.count("absences") == 1


class TestTerritories:
    def test_a_customer_belongs_to_the_territory_of_its_state(self, desk: Desk) -> None:
        east, west = a_territory(desk, "New York"), a_territory(desk, "Oregon", name="West")
        id_ = a_customer(desk, state="new york")["customer_id"]
        before = desk.ask("get_record", kind="customer", id=id_)["territory_id"]

        desk.ask("update_customer", customer_id=id_, version=1, changes={"state": "Oregon"})

        after = desk.ask("get_record", kind="customer", id=id_)["territory_id"]
        assert (before, after) == (east, west)

    def test_are_told_and_copied(self, desk: Desk) -> None:
        east = a_territory(desk, "New York", "Maine")
        desk.ask("update_territory", territory_id=east, version=1, name="North East",
                 states=["New York"])  # fmt: skip

        told = desk.told("accounts.territory.recorded.v1")
        (item,) = desk.ask("territories_changed_since")["items"]

        assert [one["states"] for one in told] == [["New York", "Maine"], ["New York"]]
        assert (item["name"], item["sequence"], item["version"]) == ("North East", 2, 2)

    def test_two_members_leave_the_owner_open(self, desk: Desk) -> None:
        east = a_territory(desk, "New York")
        for name in ("Rita", "Rolf"):
            a_staff(desk, name=name, territory_ids=[east])

        id_ = a_customer(desk, state="New York")["customer_id"]

        seen = desk.ask("get_record", kind="customer", id=id_)
        assert (seen["territory_id"], seen["owner_id"]) == (east, None)

    def test_refuse_a_loop_and_a_state_that_is_taken(self, desk: Desk) -> None:
        east = a_territory(desk, "New York")
        city = a_territory(desk, name="City", parent_id=east)

        with pytest.raises(Conflict):
            desk.ask("update_territory", territory_id=east, version=1, name="East", parent_id=city)
        with pytest.raises(Conflict):
            desk.ask("register_territory", name="Other", states=["NEW YORK"])


def test_staff_are_copied_with_their_sequence(desk: Desk) -> None:
    rita = a_staff(desk)["id"]
    desk.ask("grant_role", staff_id=rita, version=1, role="agent")

    page = desk.ask("staff_changed_since", as_=desk.token_of_service("sales"))

    (item,) = page["items"]
    assert (item["staff_id"], item["roles"], item["sequence"]) == (rita, ["agent", "rep"], 2)
    assert (page["next"], page["more"]) == (None, False)


def test_a_foreign_service_may_call_what_is_written_down_and_nothing_else(desk: Desk) -> None:
    sales = desk.token_of_service("sales")

    assert desk.ask("find_matches", as_=sales, name="Nobody") == {"matches": [], "shared": []}
    with pytest.raises(Forbidden):
        desk.ask("token_claims", as_=sales, staff_id="any")
