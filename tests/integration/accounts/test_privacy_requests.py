"""Data subjects ask what we know of them: in time, and by whatever id."""

from datetime import timedelta
from functools import partial

import pytest

from chassis import timers
from chassis.errors import Conflict, NotFound
from tests.support.accounts import Desk, a_customer, a_staff
from tests.support.merging import answer, merge, two
from tests.support.persons import handed_over, verified
from tests.support.pools import outcomes
from tests.support.sales import StandingClock


class TestTheDeadline:
    """The time to answer runs from the day of the request."""

    def test_somebody_is_warned_a_week_before_and_on_the_day(
        self, desk: Desk, clock: StandingClock
    ) -> None:
        request = desk.ask(
            "receive_request", customer_id=a_customer(desk)["customer_id"], kind="access"
        )
        told = []
        for days in (22, 2, 6):
            clock.pass_(days=days)
            timers.fire_due(desk.runtime)
            told.append(
                [one["is_over"] for one in desk.told("accounts.privacy_request.overdue.v1")]
            )

        assert told == [[], [False], [False, True]]
        assert desk.told("accounts.privacy_request.overdue.v1")[0]["request_id"] == request["id"]

    def test_what_is_over_when_it_is_entered_is_told_at_once_and_once(
        self, desk: Desk, clock: StandingClock
    ) -> None:
        since = clock.now() - timedelta(days=40)
        asked = {"customer_id": a_customer(desk)["customer_id"], "kind": "access"}
        desk.ask("receive_request", **asked, received_at=since.isoformat())

        timers.fire_due(desk.runtime)

        assert [one["is_over"] for one in desk.told("accounts.privacy_request.overdue.v1")] == [
            True
        ]
        assert desk.count("timers", "WHERE kind = 'privacy.deadline'") == 0

    def test_nobody_is_warned_of_what_was_refused(self, desk: Desk, clock: StandingClock) -> None:
        request = verified(desk, a_customer(desk)["customer_id"], "correction")
        asked = {"request_id": request["id"], "version": request["version"]}
        desk.ask("refuse_request", **asked, reason="unfounded")

        clock.pass_(days=40)
        timers.fire_due(desk.runtime)

        assert desk.told("accounts.privacy_request.overdue.v1") == []


class TestWhoWasMergedSince:
    """Merge loses relations (pain point 3): a request follows whoever made it."""

    def test_gets_a_copy_of_what_is_known_of_the_winner(self, desk: Desk) -> None:
        winner, loser = two(desk)
        token = desk.token_of(a_staff(desk, "admin")["id"])
        request = verified(desk, loser, "access")
        answer(desk, merge(desk, winner, loser)["merge_id"])

        lines = handed_over(desk, request["id"], token)

        assert [one["id"] for one in lines if one["table"] == "customers"] == [winner]
        subject = desk.ask("data_subject", request_id=request["id"])
        assert (subject["customer_id"], subject["old_ids"]) == (winner, [loser])
        # What stays under the old id is hers as well: the request itself, and the trail of the record.
        assert [one["customer_id"] for one in lines if one["table"] == "privacy_requests"] == [
            loser
        ]
        mine = [one for one in lines if one.get("record_id") == loser]
        entered = [one["changes"] for one in mine if one["record_kind"] == "customers"]
        assert entered[0]["email"] == [None, "anna@lee.org"]

    def test_is_erased_with_the_winner(self, desk: Desk) -> None:
        winner, loser = two(desk)
        request = verified(desk, loser, "erasure")
        answer(desk, merge(desk, winner, loser)["merge_id"])

        desk.ask("erase_customer", request_id=request["id"], version=request["version"])

        assert desk.count("customers") == 0
        (told,) = desk.told("accounts.customer.erased.v1")
        assert (told["customer_id"], told["old_ids"]) == (winner, [loser])
        certificate = desk.ask("erasure_certificate", request_id=request["id"])
        assert certificate["customer_id"] == winner

    def test_asks_once_by_whatever_id(self, desk: Desk) -> None:
        winner, loser = two(desk)
        desk.ask("receive_request", customer_id=loser, kind="access")
        merge(desk, winner, loser)

        with pytest.raises(Conflict) as refused:
            desk.ask("receive_request", customer_id=winner, kind="access")

        assert refused.value.code == "accounts.privacy.open"


class TestReceiveRequest:
    def test_asked_for_by_many_at_once_it_is_one_request(self, desk: Desk, crowd: Desk) -> None:
        asked = {"customer_id": a_customer(desk)["customer_id"], "kind": "access"}

        found = outcomes([partial(crowd.ask, "receive_request", **asked)] * 20)

        assert found == {"won": 1, "accounts.privacy.open": 19}
        assert desk.count("privacy_requests") == 1

    def test_is_handled_by_somebody_who_is_there(self, desk: Desk) -> None:
        asked = {"customer_id": a_customer(desk)["customer_id"], "kind": "access"}
        gone = a_staff(desk)["id"]
        desk.ask("update_staff", staff_id=gone, version=1, changes={"active": False})

        for handler, refusal in (("nobody", NotFound), (gone, Conflict)):
            with pytest.raises(refusal):
                desk.ask("receive_request", **asked, handler_id=handler)

        assert desk.count("privacy_requests") == 0
