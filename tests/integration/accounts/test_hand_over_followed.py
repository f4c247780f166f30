"""A hand-over is complete when every service has answered, and may say that somebody has left."""

from typing import Any

import pytest

from chassis.errors import Conflict, Forbidden
from contracts.owning import (
    SalesStaffFollowed,
    ServiceDeskStaffFollowed,
    TelephonyStaffFollowed,
)
from tests.support.accounts import Desk, a_staff
from tests.support.pools import a_pool, a_team, allocate, free
from tests.support.sales import StandingClock

FOLLOWED = {
    "sales_took_over": SalesStaffFollowed,
    "desk_took_over": ServiceDeskStaffFollowed,
    "telephony_took_over": TelephonyStaffFollowed,
}


@pytest.fixture
def people(desk: Desk) -> list[str]:
    """Who leaves, and two who stay."""
    return a_team(desk, "Leaver", "Rita", "Rolf")[1]


def handed(desk: Desk, people: list[str], **asked: Any) -> str:
    """Hand the first one's over to the second, as far as accounts does that; return the batch."""
    to = [{"staff_id": people[1]}]
    id_ = str(desk.ask("hand_over", staff_id=people[0], recipients=to, **asked)["id"])
    desk.run()
    return id_


def answer(desk: Desk, row: str, task_id: str, **counts: int) -> None:
    """Let a service say what it has given away."""
    desk.hear(row, FOLLOWED[row](task_id=task_id, staff_id="s", counts=counts))


def status(desk: Desk, id_: str) -> dict[str, Any]:
    """Return how far a hand-over is."""
    return dict(desk.ask("hand_over_status", allocation_id=id_))


class TestFollowing:
    @pytest.mark.spec("ACC-29")
    def test_says_of_each_service_what_went_over_and_who_has_not_answered(
        self, desk: Desk, people: list[str]
    ) -> None:
        (one, _) = free(desk, 2, owner_id=people[0])
        desk.ask("register_contact", customer_id=one, name="Bob")
        id_ = handed(desk, people)

        answer(desk, "sales_took_over", id_, leads=3)
        half = status(desk, id_)
        answer(desk, "desk_took_over", id_, assigned_cases=2, cases_left=1)
        answer(desk, "telephony_took_over", id_)
        whole = status(desk, id_)

        assert (half["missing"], half.get("completed_at")) == (["service_desk", "telephony"], None)
        assert whole["missing"] == []
        assert whole["completed_at"] is not None
        assert {one["service"]: one["counts"] for one in whole["acknowledgements"]} == {
            "accounts": {"customers": 2, "contacts": 1},
            "sales": {"leads": 3},
            "service_desk": {"assigned_cases": 2, "cases_left": 1},
            "telephony": {},
        }

    def test_an_answer_that_comes_twice_counts_once(self, desk: Desk, people: list[str]) -> None:
        id_ = handed(desk, people)

        for _ in range(2):
            answer(desk, "sales_took_over", id_, leads=3)

        assert desk.count("acknowledgements", "WHERE service = 'sales'") == 1

    def test_whoever_does_not_answer_is_named_until_he_does(
        self, desk: Desk, clock: StandingClock, people: list[str]
    ) -> None:
        id_ = handed(desk, people)
        overdue = "WHERE kind = 'hand_over.overdue'"
        clock.pass_(minutes=11)

        late = status(desk, id_)
        for row in FOLLOWED:
            answer(desk, row, id_)

        assert (late["is_overdue"], len(late["missing"])) == (True, 3)
        assert (status(desk, id_)["is_overdue"], desk.count("timers", overdue)) == (False, 0)

    def test_what_nobody_could_take_is_told_as_left(self, desk: Desk, people: list[str]) -> None:
        free(desk, 1, owner_id=people[0])

        job = desk.ask("hand_over", staff_id=people[0], method="territory")
        desk.run()

        (over,) = desk.told("accounts.staff.handed_over.v1")
        assert over["kept"] == 1
        (said,) = status(desk, job["id"])["acknowledgements"]
        assert said["counts"] == {"customers_left": 1}

    def test_another_batch_is_none(self, desk: Desk, people: list[str]) -> None:
        batch = allocate(desk, people, customer_ids=free(desk, 1))

        with pytest.raises(Conflict) as refused:
            status(desk, batch)

        assert refused.value.code == "accounts.allocation.not_a_hand_over"


class TestDeactivating:
    @pytest.mark.spec("ACC-29")
    def test_in_the_same_operation_he_has_left_from_this_instant_on(
        self, desk: Desk, people: list[str]
    ) -> None:
        leaver, rita, _ = people
        (mine,), (prey,) = free(desk, 1, owner_id=leaver), free(desk, 1)
        pool, token = a_pool(desk, member_ids=[leaver]), desk.token_of(leaver)

        to = [{"staff_id": rita}]
        desk.ask("hand_over", staff_id=leaver, recipients=to, deactivates=True)

        with pytest.raises(Conflict) as refused:  # before a single customer went over
            desk.ask("claim_customer", as_=token, pool_id=pool, customer_id=prey)
        desk.run()
        assert refused.value.code == "accounts.staff.inactive"
        assert desk.ask("get_record", kind="staff", id=leaver)["active"] is False
        assert desk.ask("get_record", kind="customer", id=mine)["owner_id"] == rita
        told = [one for one in desk.told("accounts.staff.recorded.v1") if not one["active"]]
        assert [one["staff_id"] for one in told] == [leaver]

    def test_is_a_choice(self, desk: Desk, people: list[str]) -> None:
        handed(desk, people)

        assert desk.ask("get_record", kind="staff", id=people[0])["active"] is True

    def test_is_for_whoever_keeps_the_directory(self, desk: Desk, people: list[str]) -> None:
        free(desk, 1, owner_id=people[0])
        director = desk.token_of(a_staff(desk, role="sales_director", name="Boss")["id"])

        with pytest.raises(Forbidden) as refused:
            desk.ask("hand_over", as_=director, staff_id=people[0], deactivates=True,
                     recipients=[{"staff_id": people[1]}])  # fmt: skip

        assert refused.value.detail == {"permission": "directory.write"}
        assert desk.count("allocations") == 0
        assert desk.ask("get_record", kind="staff", id=people[0])["active"] is True

    def test_is_undone_with_all_else_where_the_hand_over_is_refused(
        self, desk: Desk, people: list[str]
    ) -> None:
        with pytest.raises(Exception, match="Nobody hands over"):
            desk.ask("hand_over", staff_id=people[0], deactivates=True,
                     recipients=[{"staff_id": people[0]}])  # fmt: skip

        assert desk.ask("get_record", kind="staff", id=people[0])["active"] is True
