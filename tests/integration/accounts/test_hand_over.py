"""Somebody leaves: everything of his is somebody else's in one operation, and nothing is lost."""

from collections import Counter
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from chassis.errors import Conflict, Forbidden, Invalid, Refused, Unavailable
from chassis.housekeeping import purge
from chassis.tables import PROCESSES
from services.accounts.usecases import allocations
from tests.support.accounts import Desk, a_staff
from tests.support.pools import a_team, free, to_the_end

OWNED = ("customers", "contacts", "interactions")


def furnished(desk: Desk, owner: str, count: int) -> list[str]:
    """Enter customers of somebody, each with a contact and a touch."""
    mine = free(desk, count, owner_id=owner)
    for one in mine:
        desk.ask("register_contact", customer_id=one, name="Bob")
        desk.ask("record_interaction", customer_id=one, kind="call", subject="Hello",
                 source="desk", source_key=one)  # fmt: skip
    return mine


def of(desk: Desk, *owners: str) -> dict[str, Counter[str]]:
    """Count what these people have."""
    return {
        table: Counter(
            {one: n for one in owners if (n := desk.count(table, f"WHERE owner_id = '{one}'"))}
        )
        for table in OWNED
    }


def forget_months(desk: Desk) -> None:
    """Let what is finished be as old as what housekeeping forgets."""
    with desk.runtime.database.begin() as session:
        session.execute(PROCESSES.update().values(next_try=0.0))
    purge(desk.runtime)


@pytest.fixture
def people(desk: Desk) -> list[str]:
    """Who leaves, and two who stay."""
    return a_team(desk, "Leaver", "Rita", "Rolf")[1]


class TestHandOver:
    @pytest.mark.spec("ACC-29")
    def test_to_one_person_leaves_nothing_behind_and_loses_nothing(
        self, desk: Desk, people: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(allocations, "TAKEN_AT_ONCE", 4)
        leaver, rita, rolf = people
        furnished(desk, leaver, 10)
        furnished(desk, rolf, 1)
        everything = {table: desk.count(table) for table in OWNED}
        desk.ask("update_staff", staff_id=leaver, version=1, changes={"active": False})

        job = desk.ask("hand_over", staff_id=leaver, recipients=[{"staff_id": rita}])
        desk.run()

        assert of(desk, *people) == {key: Counter({rita: 10, rolf: 1}) for key in OWNED}
        assert {table: desk.count(table) for table in OWNED} == everything
        told = desk.told("accounts.customer.owner_changed.v1")
        assert [(one["previous_owner_id"], one["owner_id"], one["reason"]) for one in told] == [
            (leaver, rita, "handed_over")
        ] * 10
        (over,) = desk.told("accounts.staff.handed_over.v1")
        assert (over["staff_id"], over["recipient_ids"]) == (leaver, [rita])
        done = desk.ask("get_record", kind="allocation", id=job["id"])
        assert (done["status"], done["total"], done["given"], done["refused"]) == (
            "finished", 10, 10, 0,
        )  # fmt: skip

    @pytest.mark.spec("ACC-29")
    def test_the_new_owner_sees_the_whole_history(self, desk: Desk, people: list[str]) -> None:
        leaver, rita, _ = people
        (one,) = furnished(desk, leaver, 1)
        desk.ask("hand_over", staff_id=leaver, recipients=[{"staff_id": rita}])
        desk.run()
        token = desk.token_of(rita)

        touches = desk.ask("timeline", as_=token, customer_id=one)["items"]
        owners = desk.ask("ownership_history", as_=token, customer_id=one)["items"]

        assert [one["subject"] for one in touches] == ["Hello"]
        assert [(one["reason"], one["owner_id"]) for one in owners] == [
            ("handed_over", rita), ("registered", leaver),
        ]  # fmt: skip

    def test_by_a_rule_is_as_fair_as_any_batch(self, desk: Desk, people: list[str]) -> None:
        leaver, rita, rolf = people
        furnished(desk, leaver, 7)
        to = [{"staff_id": one} for one in people]

        desk.ask("hand_over", staff_id=leaver, recipients=to)
        desk.run()

        counts = of(desk, *people)["customers"]
        assert (counts[leaver], sorted((counts[rita], counts[rolf]))) == (0, [3, 4])

    @pytest.mark.spec("ACC-29")
    def test_goes_on_after_a_death_with_nothing_twice(
        self, desk: Desk, people: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(allocations, "TAKEN_AT_ONCE", 4)
        leaver, rita, _ = people
        furnished(desk, leaver, 10)
        job = desk.ask("hand_over", staff_id=leaver, recipients=[{"staff_id": rita}])
        give, given = allocations._give, 0

        def dying(*asked: Any) -> Any:
            nonlocal given
            given += 1
            if given == 7:  # in the middle of the second step
                raise OperationalError("the process is gone", None, Exception())
            return give(*asked)

        monkeypatch.setattr(allocations, "_give", dying)
        with pytest.raises(Unavailable):
            to_the_end(desk, job["id"])
        half = of(desk, *people)["customers"]
        desk.run()

        assert half == {leaver: 6, rita: 4}
        assert of(desk, *people) == {key: Counter({rita: 10}) for key in OWNED}
        assert desk.count("allocation_items") == 10
        assert desk.count("ownerships", "WHERE reason = 'handed_over'") == 10
        assert len(desk.told("accounts.staff.handed_over.v1")) == 1

    def test_is_not_done_again_for_whoever_asks_for_it_after_months(
        self, desk: Desk, people: list[str]
    ) -> None:
        leaver, rita, _ = people
        furnished(desk, leaver, 1)
        job = desk.ask("hand_over", staff_id=leaver, recipients=[{"staff_id": rita}])
        desk.run()
        forget_months(desk)
        free(desk, 1, owner_id=leaver)  # who has come back

        answer = desk.ask("await_allocation", allocation_id=job["id"])

        assert answer == {"allocation_id": job["id"], "status": "finished"}
        assert of(desk, *people)["customers"] == {leaver: 1, rita: 1}
        assert len(desk.told("accounts.staff.handed_over.v1")) == 1

    @pytest.mark.parametrize(
        ("asked", "kind", "code"),
        [
            ({"to": "leaver"}, Invalid, "accounts.allocation.no_recipients"),
            ({"to": None}, Invalid, "accounts.allocation.no_recipients"),
            ({"to": "gone"}, Conflict, "accounts.staff.inactive"),
        ],
    )
    def test_is_refused_to_nobody(
        self, desk: Desk, people: list[str], asked: dict[str, Any], kind: type[Refused], code: str
    ) -> None:
        gone = a_staff(desk, name="Gone")["id"]
        desk.ask("update_staff", staff_id=gone, version=1, changes={"active": False})
        furnished(desk, people[0], 1)
        whom = {"leaver": people[0], "gone": gone}
        to = [{"staff_id": whom[asked["to"]]}] if asked["to"] else []

        with pytest.raises(kind) as refused:
            desk.ask("hand_over", staff_id=people[0], recipients=to)

        assert refused.value.code == code
        assert desk.count("allocations") == 0

    def test_a_supervisor_hands_nobody_over(self, desk: Desk, people: list[str]) -> None:
        boss = desk.token_of(a_staff(desk, role="supervisor", name="Boss")["id"])

        with pytest.raises(Forbidden):
            desk.ask("hand_over", as_=boss, staff_id=people[0],
                     recipients=[{"staff_id": people[1]}])  # fmt: skip

        assert desk.count("allocations") == 0
