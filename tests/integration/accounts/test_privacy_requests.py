"""Data subjects ask what we know of them: a copy that machines read, in time."""

import base64
import json
from datetime import timedelta
from functools import partial

import pytest

from chassis import timers
from chassis.errors import Conflict, Forbidden, NotFound
from services.accounts.reads.gathering import KINDS
from tests.support.accounts import Desk, a_customer, a_staff
from tests.support.merging import answer, merge, two
from tests.support.persons import SECRET, a_known_person, settle_merges, verified
from tests.support.pools import outcomes
from tests.support.sales import StandingClock


def _collected(desk: Desk, customer_id: str, token: str) -> tuple[dict[str, object], list[dict]]:
    request = verified(desk, customer_id, "access")
    asked = {"request_id": request["id"], "version": request["version"]}
    file_id = desk.ask("gather_customer", as_=token, **asked)["file_id"]
    piece = desk.ask("file_piece", as_=token, file_id=file_id)
    content = base64.b64decode(piece["content"])
    return request, [json.loads(line) for line in content.splitlines()]


class TestACopy:
    """Whoever asks gets all that accounts holds."""

    def test_everything_that_accounts_holds_is_in_the_file(self, desk: Desk) -> None:
        customer_id = a_known_person(desk)
        settle_merges(desk)
        token = desk.token_of(a_staff(desk, "admin")["id"])

        _, lines = _collected(desk, customer_id, token)

        found = dict.fromkeys((one.name for one in KINDS), 0)
        for line in lines:
            found[line["table"]] += 1
        assert found["customers"] == 1
        assert found["interactions"] == desk.count("interactions")
        assert found["contacts"] == desk.count("contacts")
        assert [one["value"] for one in lines if one["table"] == "traits"] == [SECRET]

    def test_nothing_of_anybody_else_is_in_it(self, desk: Desk) -> None:
        mine = a_customer(desk, name="Mina Mine")["customer_id"]
        other = a_customer(desk, name="Olga Other")["customer_id"]
        desk.ask("register_contact", customer_id=other, name="Her Sister")
        token = desk.token_of(a_staff(desk, "admin")["id"])

        _, lines = _collected(desk, mine, token)

        assert {line.get("customer_id", line["id"]) for line in lines if "id" in line} == {mine}

    def test_the_request_is_done_when_somebody_says_that_it_was_handed_over(
        self, desk: Desk
    ) -> None:
        token = desk.token_of(a_staff(desk, "admin")["id"])
        request, _ = _collected(desk, a_customer(desk)["customer_id"], token)
        (now,) = desk.ask("privacy_requests", status="running")["items"]

        done = desk.ask("complete_request", request_id=request["id"], version=now["version"])

        assert done["status"] == "done"

    def test_a_request_is_not_done_before_anything_was_collected(self, desk: Desk) -> None:
        request = verified(desk, a_customer(desk)["customer_id"], "export")

        with pytest.raises(Conflict) as refused:
            desk.ask("complete_request", request_id=request["id"], version=request["version"])

        assert refused.value.code == "accounts.privacy.state"

    def test_a_rep_may_not_ask(self, desk: Desk) -> None:
        token = desk.token_of(a_staff(desk, "rep")["id"])

        with pytest.raises(Forbidden):
            desk.ask("privacy_requests", as_=token)


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
        asked = {"request_id": request["id"], "version": request["version"]}

        file_id = desk.ask("gather_customer", as_=token, **asked)["file_id"]

        content = desk.ask("file_piece", as_=token, file_id=file_id)["content"]
        lines = [json.loads(line) for line in base64.b64decode(content).splitlines()]
        assert [one["id"] for one in lines if one["table"] == "customers"] == [winner]

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
