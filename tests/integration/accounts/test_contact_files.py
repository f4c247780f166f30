"""A contact asks what is known: the file is about this person alone (pain point 24)."""

from typing import Any

import pytest

from chassis.errors import Conflict
from contracts import SERVICES
from tests.support.accounts import Desk
from tests.support.contacts import a_house, asked
from tests.support.persons import MAIL, NAME, SECRET


class TestAFileForAContact:
    """Whoever asks gets what is known of this person, and nothing of the others."""

    def test_holds_the_contact_and_what_was_done_together(self, desk: Desk) -> None:
        house, contact = a_house(desk)
        whose: dict[str, Any] = {"customer_id": house, "contact_id": contact}
        desk.ask("register_contact", customer_id=house, name="Bo Carpenter")
        touch = {"kind": "call", "source": "desk"}
        desk.ask("record_interaction", **whose, **touch, subject=SECRET, source_key="1")
        desk.ask("record_interaction", customer_id=house, **touch, subject="No", source_key="2")
        request = asked(desk, house, contact, "access")

        rows = desk.ask("customer_data", **whose)["items"]

        told = [one["row"] for one in rows if one["table"] != "audit"]
        assert [one.get("name") or one.get("subject") for one in told] == [NAME, SECRET, None]
        assert told[2]["id"] == request["request_id"]
        trail = {one["row"]["record_id"] for one in rows if one["table"] == "audit"}
        assert trail == {one["id"] for one in told}

    def test_is_found_by_nothing_that_others_have_too(self, desk: Desk) -> None:
        house, contact = a_house(desk, phone="+12125550177")
        change = {"customer_id": house, "changes": {"phone": "+12125550177"}}
        desk.ask("update_customer", **change, version=1)
        request_id = asked(desk, house, contact, "access")["request_id"]

        known = desk.ask("subject_identities", request_id=request_id)["items"]

        assert [(one["kind"], one["value"]) for one in known] == [("mail", MAIL), ("name", NAME)]

    def test_is_not_one_about_the_house(self, desk: Desk) -> None:
        house, contact = a_house(desk)
        request = asked(desk, house, contact, "access")
        made = {"sha256": "a" * 64, "size": 1, "services": {one: {} for one in SERVICES}}

        with pytest.raises(Conflict) as refused:
            desk.ask("note_access_file", **request, **made, customer_id=house)

        assert refused.value.code == "accounts.privacy.file_outdated"
        whose = {"customer_id": house, "contact_id": contact}
        assert desk.ask("note_access_file", **request, **made, **whose)["status"] == "running"
