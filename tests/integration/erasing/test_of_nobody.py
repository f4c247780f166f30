"""An erasure reaches what hangs on no customer and yet names the person (pain point 24)."""

import pytest

from chassis import claiming, following
from chassis.errors import NotFound, Unavailable
from chassis.tables import TIMERS
from services.sales.tables import Lead
from services.service_desk.tables import Case
from services.telephony.tables import Call, Callback
from tests.support.erasures import (
    a_call_of_nobody,
    a_case_of_nobody,
    a_lead_of_nobody,
    a_lead_on_its_way,
    a_person,
    erased,
    everywhere,
    followed,
    let_go_on,
    statuses,
    told,
    told_since,
    traces_of_nobody,
    wanted,
)
from tests.support.fuzz_rooms import Rooms
from tests.support.persons import MAIL, PHONE, SECRET

FOLLOWING = ("sales", "telephony", "service_desk")


@pytest.fixture
def person(rooms: Rooms) -> str:
    """A customer of whom the departments have written before it was one."""
    traces_of_nobody(rooms)
    return a_person(rooms, external_ids={"shop": SECRET})


class TestWhatHangsOnNobody:
    """Personal data stays in corners nobody thinks of (pain point 24)."""

    def test_is_there_before(self, rooms: Rooms, person: str) -> None:
        places = {place.partition(".")[0] for place in everywhere(rooms)}

        assert places >= {"sales", "telephony", "service_desk"}
        assert {one.customer_id for one in rooms.sales.rows(Lead)} == {None}
        assert {one.customer_id for one in rooms.telephony.rows(Call)} == {None}
        assert {one.customer_id for one in rooms.service_desk.rows(Case)} == {None}

    def test_is_erased_and_counted(self, rooms: Rooms, person: str) -> None:
        certificate = erased(rooms, person)

        assert everywhere(rooms) == []
        assert certificate["status"] == "done"
        services = certificate["services"]
        assert services["sales"]["leads_of_nobody"] == services["sales"]["leads"] == 4
        assert services["telephony"]["calls_of_nobody"] == services["telephony"]["calls"] == 1
        assert services["telephony"]["callbacks_of_nobody"] == 1
        assert services["service_desk"]["cases_of_nobody"] == 2
        assert services["service_desk"]["cases"] == 2
        (completed,) = rooms.accounts.told("accounts.erasure.completed.v1")
        assert completed["counts"]["sales"] == sum(
            count for name, count in services["sales"].items() if "nobody" not in name
        )

    def test_nothing_that_is_told_says_who_it_was(self, rooms: Rooms, person: str) -> None:
        before = told(rooms)

        erased(rooms, person)

        assert sum(told(rooms).values()) > sum(before.values())
        assert told_since(rooms, before) == []

    def test_nobody_is_reminded_of_it(self, rooms: Rooms, person: str) -> None:
        rooms.call("service_desk.open_case", type="question", channel="mail", subject="Of nobody")
        timed = {row.key for room in FOLLOWING for row in rooms.all[room].rows(TIMERS)}
        wiped = {one.id for one in (*rooms.sales.rows(Lead), *rooms.telephony.rows(Callback))}
        assert timed >= wiped != set()

        erased(rooms, person)

        left = {row.key for room in FOLLOWING for row in rooms.all[room].rows(TIMERS)}
        assert left.isdisjoint(wiped)

    def test_goes_chunk_by_chunk(
        self, rooms: Rooms, person: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(claiming, "CHUNK", 1)
        monkeypatch.setattr(following, "IDENTITIES_AT_ONCE", 1)

        certificate = erased(rooms, person)

        assert certificate["services"]["sales"]["leads_of_nobody"] == 4
        assert certificate["services"]["service_desk"]["cases_of_nobody"] == 2
        assert everywhere(rooms) == []

    def test_by_what_somebody_was_known_before(self, rooms: Rooms) -> None:
        a_lead_of_nobody(rooms, name="Z. Q.", email=MAIL)
        id_ = a_person(rooms)
        changes = {"email": "new@zq.org"}
        rooms.call("accounts.update_customer", customer_id=id_, version=1, changes=changes)

        certificate = erased(rooms, id_)

        assert certificate["services"]["sales"]["leads_of_nobody"] == 1
        assert everywhere(rooms) == []

    def test_waits_for_what_has_yet_to_find_out_whose_it_is(self, rooms: Rooms) -> None:
        id_ = a_person(rooms)
        a_lead_on_its_way(rooms, name="Z. Q.", email=MAIL, message=SECRET)
        known = wanted(rooms, id_)
        rooms.call("accounts.erase_customer", **known)
        rooms.carry()

        let_go_on(rooms.sales, "follow_customer")
        waits = statuses(rooms.sales)
        certificate = followed(rooms, known["request_id"])

        assert waits == {"capture_lead": "running", "follow_customer": "running"}
        assert certificate["services"]["sales"]["leads"] == 1
        assert everywhere(rooms) == []


class TestWhatIsOfOthers:
    """Who is like the person, or shares something with it, loses nothing."""

    def test_stays(self, rooms: Rooms) -> None:
        a_lead_of_nobody(rooms, name="Other", email=f"not-{MAIL}")
        a_lead_of_nobody(rooms, name="Other", phone="212-555-7734")
        a_lead_of_nobody(rooms, name="Other", external_ids={"club": "K-1"})
        a_call_of_nobody(rooms, "other-1", "+442125557733")
        a_case_of_nobody(rooms, description=f"number 9{PHONE[2:]}1 and {MAIL}.org")
        id_ = a_person(rooms, external_ids={"shop": "K-1"})

        erased(rooms, id_)

        assert [one.name for one in rooms.sales.rows(Lead)] == ["Other"] * 3
        assert [one.number for one in rooms.telephony.rows(Call)] == ["+442125557733"]
        assert len(rooms.telephony.rows(Callback)) == 1
        assert rooms.service_desk.rows(Case)[0].description is not None

    def test_a_number_that_somebody_else_has_too_tells_nothing(self, rooms: Rooms) -> None:
        a_lead_of_nobody(rooms, name="Other", phone=PHONE)
        id_ = a_person(rooms)
        rooms.call("accounts.register_customer", name="Olga Other", phone=PHONE, on_match="warn")

        certificate = erased(rooms, id_)

        assert "leads_of_nobody" not in certificate["services"]["sales"]
        assert [one.phone for one in rooms.sales.rows(Lead)] == [PHONE]


class TestWhoIsAsked:
    """accounts says how the person was known as long as somebody has yet to look, and no longer."""

    def test_until_all_have_answered_the_identities_are_kept(self, rooms: Rooms) -> None:
        known = wanted(rooms, a_person(rooms))

        rooms.call("accounts.erase_customer", **known)

        asked = {"request_id": known["request_id"]}
        found = rooms.call("accounts.erased_identities", **asked)["items"]
        assert [one["value"] for one in found] == [MAIL, PHONE]
        followed(rooms, known["request_id"])
        assert rooms.call("accounts.erased_identities", **asked)["items"] == []

    def test_nobody_is_asked_about_a_request_that_there_is_not(self, rooms: Rooms) -> None:
        with pytest.raises(NotFound):
            rooms.call("accounts.erased_identities", request_id="none")

    def test_a_service_waits_while_accounts_does_not_answer(self, rooms: Rooms) -> None:
        a_lead_of_nobody(rooms, name="Z. Q.", email=MAIL)
        known = wanted(rooms, a_person(rooms))
        rooms.call("accounts.erase_customer", **known)

        rooms.link.closed = Unavailable("Nobody answers.", code="rpc.timeout")
        half = followed(rooms, known["request_id"])
        rooms.link.closed = None
        whole = followed(rooms, known["request_id"])

        assert set(half["missing"]) == {"sales", "service_desk", "telephony"}
        assert (whole["missing"], whole["status"]) == ([], "done")
        assert everywhere(rooms) == []
