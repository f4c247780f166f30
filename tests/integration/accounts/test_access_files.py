"""What accounts hands over to who asks what we know, and which file it takes for an answer."""

import base64
from collections import Counter

import pytest
from sqlalchemy import update

from chassis.cursors import write_cursor
from chassis.errors import Conflict, Forbidden, Invalid
from contracts import SERVICES
from services.accounts.domain.privacy import RequestStatus
from services.accounts.tables import PrivacyRequest
from tests.support.accounts import Desk, a_customer, a_file, a_row, a_staff
from tests.support.persons import (
    NAME,
    SECRET,
    a_known_person,
    handed_over,
    noted,
    settle_merges,
    verified,
)


class TestACopy:
    """Whoever asks gets all that accounts holds."""

    def test_everything_that_accounts_holds_is_in_the_file(self, desk: Desk) -> None:
        customer_id = a_known_person(desk)
        settle_merges(desk)
        token = desk.token_of(a_staff(desk, "admin")["id"])

        request = verified(desk, customer_id, "access")

        lines = handed_over(desk, request["id"], token)

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

        lines = handed_over(desk, verified(desk, customer_id, "access")["id"], token)

        (piece,) = [one for one in lines if one["table"] == "file_pieces"]
        assert base64.b64decode(piece["content"]) == f"letter of {NAME}".encode()

    def test_what_became_of_a_record_that_is_gone_is_in_it(self, desk: Desk) -> None:
        customer_id = a_customer(desk)["customer_id"]
        point = desk.ask("add_contact_point", customer_id=customer_id, medium="mail",
                         value="old@lee.org")  # fmt: skip
        desk.ask("remove_contact_point", point_id=point["id"], version=point["version"])
        token = desk.token_of(a_staff(desk, "admin")["id"])

        lines = handed_over(desk, verified(desk, customer_id, "access")["id"], token)

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

        lines = handed_over(desk, verified(desk, mine, "access")["id"], token)

        assert {line.get("customer_id", line["id"]) for line in lines if "id" in line} == {mine}
        assert {one["record_id"] for one in lines if one["table"] == "audit"} >= {mine}
        assert other not in str(lines)

    def test_the_request_is_done_when_somebody_says_that_it_washanded_over(
        self, desk: Desk
    ) -> None:
        request = verified(desk, a_customer(desk)["customer_id"], "access")
        now = noted(desk, request)

        done = desk.ask("complete_request", request_id=request["id"], version=now["version"])

        assert done["status"] == "done"

    def test_a_request_is_not_done_before_a_file_was_made(self, desk: Desk) -> None:
        request = verified(desk, a_customer(desk)["customer_id"], "export")

        with pytest.raises(Conflict) as refused:
            desk.ask("complete_request", request_id=request["id"], version=request["version"])

        assert refused.value.code == "accounts.privacy.state"

    def test_nor_one_for_which_a_release_before_collected_what_accounts_knew(
        self, desk: Desk
    ) -> None:
        request = verified(desk, a_customer(desk)["customer_id"], "export")
        with desk.runtime.database.begin() as session:
            session.execute(update(PrivacyRequest).values(status=RequestStatus.RUNNING))

        with pytest.raises(Conflict) as refused:
            desk.ask("complete_request", request_id=request["id"], version=request["version"])

        assert refused.value.code == "accounts.privacy.state"

    def test_a_file_in_which_a_service_is_missing_is_not_taken(self, desk: Desk) -> None:
        request = verified(desk, a_customer(desk)["customer_id"], "export")
        some = {one: {} for one in SERVICES if one != "telephony"}

        with pytest.raises(Conflict) as refused:
            noted(desk, request, services=some)

        assert refused.value.code == "accounts.privacy.file_incomplete"
        assert desk.ask("privacy_requests", status="running")["items"] == []

    def test_a_file_about_other_records_is_not_taken(self, desk: Desk) -> None:
        request = verified(desk, a_customer(desk)["customer_id"], "access")

        with pytest.raises(Conflict) as refused:
            noted(desk, request, old_ids=["somebody-else"])

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
