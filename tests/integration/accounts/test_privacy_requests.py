"""Data subjects ask what we know of them: a copy that machines read, in time."""

import base64
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from chassis import timers
from chassis.cursors import write_cursor
from chassis.errors import Conflict, Forbidden, Invalid, NotFound
from contracts import SERVICES
from tests.support.accounts import Desk, a_customer, a_file, a_row, a_staff
from tests.support.merging import answer, merge, two
from tests.support.persons import NAME, SECRET, a_known_person, settle_merges, verified
from tests.support.pools import outcomes
from tests.support.sales import StandingClock


def _handed_over(desk: Desk, request_id: str, token: str) -> list[dict[str, Any]]:
    """Return all that accounts hands over for a request, each row with its table."""
    whom = desk.ask("data_subject", as_=token, request_id=request_id)["customer_id"]
    found: list[dict[str, Any]] = []
    page: dict[str, Any] = {"next": None}
    while not found or page["next"]:
        asked = {"customer_id": whom, "limit": 7, "after": page["next"]}
        page = desk.ask("customer_data", as_=token, **asked)
        assert len(page["items"]) <= 7
        found += [one["row"] | {"table": one["table"]} for one in page["items"]]
    return found


def _noted(desk: Desk, request: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Note that a file was made in which every service is."""
    whom = {"request_id": request["id"], "version": request["version"]}
    whom |= {"customer_id": request["customer_id"]}
    made = {"sha256": "a" * 64, "size": 1, "services": {one: {} for one in SERVICES}}
    return dict(desk.ask("note_access_file", **whom | made | more))


class TestACopy:
    """Whoever asks gets all that accounts holds."""

    def test_everything_that_accounts_holds_is_in_the_file(self, desk: Desk) -> None:
        customer_id = a_known_person(desk)
        settle_merges(desk)
        token = desk.token_of(a_staff(desk, "admin")["id"])

        request = verified(desk, customer_id, "access")

        lines = _handed_over(desk, request["id"], token)

        found = Counter(line["table"] for line in lines)
        assert found["customers"] == 1
        assert found["interactions"] == desk.count("interactions")
        assert found["contacts"] == desk.count("contacts")
        assert found["import_images"] == desk.count("import_images")
        assert found["merged_customers"] == desk.count("merged_customers") == 1
        assert [one["value"] for one in lines if one["table"] == "traits"] == [SECRET]

    def test_a_file_of_a_touch_is_in_it_whole(self, desk: Desk) -> None:
        customer_id = a_known_person(desk)
        settle_merges(desk)
        token = desk.token_of(a_staff(desk, "admin")["id"])

        lines = _handed_over(desk, verified(desk, customer_id, "access")["id"], token)

        (piece,) = [one for one in lines if one["table"] == "file_pieces"]
        assert base64.b64decode(piece["content"]) == f"letter of {NAME}".encode()

    def test_what_became_of_a_record_that_is_gone_is_in_it(self, desk: Desk) -> None:
        customer_id = a_customer(desk)["customer_id"]
        point = desk.ask("add_contact_point", customer_id=customer_id, medium="mail",
                         value="old@lee.org")  # fmt: skip
        desk.ask("remove_contact_point", point_id=point["id"], version=point["version"])
        token = desk.token_of(a_staff(desk, "admin")["id"])

        lines = _handed_over(desk, verified(desk, customer_id, "access")["id"], token)

        verbs = [one["verb"] for one in lines if one.get("record_id") == point["id"]]
        assert verbs == ["created", "deleted"]

    def test_a_refused_row_of_a_file_is_found_by_what_it_says(self, desk: Desk) -> None:
        bad = a_row(1, name="Ann Lee", email="ann@lee.org", phone="", country="?")
        desk.imported(a_file(bad, a_row(2, name="Bo", email="bo@bo.example", country="?")))
        customer_id = a_customer(desk, email="ann@lee.org")["customer_id"]
        request_id = verified(desk, customer_id, "access")["id"]
        known = desk.ask("subject_identities", request_id=request_id)["items"]

        found = desk.ask("customer_data", customer_id=customer_id, identities=known)["items"]

        assert [one["table"] for one in found] == ["import_refusals"]
        assert "ann@lee.org" in found[0]["row"]["raw"]

    def test_nothing_of_anybody_else_is_in_it(self, desk: Desk) -> None:
        mine = a_customer(desk, name="Mina Mine")["customer_id"]
        other = a_customer(desk, name="Olga Other")["customer_id"]
        desk.ask("register_contact", customer_id=other, name="Her Sister")
        token = desk.token_of(a_staff(desk, "admin")["id"])

        lines = _handed_over(desk, verified(desk, mine, "access")["id"], token)

        assert {line.get("customer_id", line["id"]) for line in lines if "id" in line} == {mine}
        assert {one["record_id"] for one in lines if one["table"] == "audit"} >= {mine}
        assert other not in str(lines)

    def test_the_request_is_done_when_somebody_says_that_it_was_handed_over(
        self, desk: Desk
    ) -> None:
        request = verified(desk, a_customer(desk)["customer_id"], "access")
        now = _noted(desk, request)

        done = desk.ask("complete_request", request_id=request["id"], version=now["version"])

        assert done["status"] == "done"

    def test_a_request_is_not_done_before_a_file_was_made(self, desk: Desk) -> None:
        request = verified(desk, a_customer(desk)["customer_id"], "export")

        with pytest.raises(Conflict) as refused:
            desk.ask("complete_request", request_id=request["id"], version=request["version"])

        assert refused.value.code == "accounts.privacy.state"

    def test_a_file_in_which_a_service_is_missing_is_not_taken(self, desk: Desk) -> None:
        request = verified(desk, a_customer(desk)["customer_id"], "export")
        some = {one: {} for one in SERVICES if one != "telephony"}

        with pytest.raises(Conflict) as refused:
            _noted(desk, request, services=some)

        assert refused.value.code == "accounts.privacy.file_incomplete"
        assert desk.ask("privacy_requests", status="running")["items"] == []

    def test_a_file_about_other_records_is_not_taken(self, desk: Desk) -> None:
        request = verified(desk, a_customer(desk)["customer_id"], "access")

        with pytest.raises(Conflict) as refused:
            _noted(desk, request, old_ids=["somebody-else"])

        assert refused.value.code == "accounts.privacy.file_outdated"

    @pytest.mark.parametrize("kind", ["erasure", "correction"])
    def test_nobody_who_asked_for_something_else_gets_one(self, desk: Desk, kind: str) -> None:
        request = verified(desk, a_customer(desk)["customer_id"], kind)

        for method in ("data_subject", "subject_identities"):
            with pytest.raises(Conflict) as refused:
                desk.ask(method, request_id=request["id"])
            assert refused.value.code == "accounts.privacy.state"

    @pytest.mark.parametrize(
        "cursor", ["nonsense", write_cursor([0, 0, "x", ""]), write_cursor([0, 0, "", ""][:3])]
    )
    def test_a_cursor_of_another_list_is_refused(self, desk: Desk, cursor: str) -> None:
        asked = {"customer_id": a_customer(desk)["customer_id"], "after": cursor}

        with pytest.raises(Invalid) as refused:
            desk.ask("customer_data", **asked)

        assert refused.value.code == "page.cursor"

    @pytest.mark.parametrize("place", [(-1, 0), (0, -9), (0, 9999), (9, 9)])
    def test_a_place_that_there_is_not_is_the_end_or_the_beginning(
        self, desk: Desk, place: tuple[int, int]
    ) -> None:
        asked = {"customer_id": a_customer(desk)["customer_id"]}
        said = [{"kind": "mail", "value": "ann@lee.org"}]

        for more in ({}, {"identities": said}):
            page = desk.ask("customer_data", **asked, after=write_cursor([*place, "", ""]), **more)
            assert page["next"] is None

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

        lines = _handed_over(desk, request["id"], token)

        assert [one["id"] for one in lines if one["table"] == "customers"] == [winner]
        subject = desk.ask("data_subject", request_id=request["id"])
        assert (subject["customer_id"], subject["old_ids"]) == (winner, [loser])

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
